"""The order page: one template for all, its parts by right and by what the state tables allow now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.forms import BoundField, ChoiceField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.choices import flatten_choices
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import desk_name, division_name
from liandong.intake.models import Order
from liandong.intake.pages.forms import DeskForm
from liandong.intake.pages.rows import category_label, state_label
from liandong.intake.queries import caller_masked, rulebook
from liandong.kernel.errors import LiandongError
from liandong.routing.queries import first_judged
from liandong.transfer.models import Transfer
from liandong.transfer.pages import acts, papers, story
from liandong.transfer.pages.acts import Act, Maker
from liandong.transfer.pages.reading import Reading, read
from liandong.transfer.pages.suggesting import kept_in_words
from liandong.transfer.queries import replica_of
from liandong.transfer.states import KINDS, TRANSFER

# What can be said on the page itself, beside what was typed; other failures are pages of their own.
SAID_HERE = frozenset({409, 422})
# So many lines of the story are in sight; the earlier ones are folded, and a matter of years stays readable.
LINES = 40
POLICE_WORDS = {
    "weapons": "涉及凶器",
    "dangerous_goods": "涉及危险物品",
    "trapped": "被困人数",
    "injured": "受伤人数",
    "dead": "死亡人数",
}


@page(right="order.read")
@require_safe
def order(request: HttpRequest, by: By, number: str) -> HttpResponse:
    return show(request, read(by, number), Maker())


def attempt(
    form: DeskForm, do: Callable[[dict[str, Any]], HttpResponse], again: Callable[[int], HttpResponse]
) -> HttpResponse:
    """Do what the posted `form` asks; what fails is put beside what was typed, and `again` shows it with a status."""
    status = 422
    if form.is_valid():
        try:
            return do(form.cleaned_data)
        except LiandongError as why:
            if why.status not in SAID_HERE:
                raise
            form.put(why.field, why.message)
            status = why.status
    return again(status)


def perform(
    request: HttpRequest, by: By, number: str, key: str, form: DeskForm, do: Callable[[dict[str, Any]], str]
) -> HttpResponse:
    """Do what the posted `form` (the act `key` of the page of order `number`) asks, and go to the page `do` names.

    `do` returns the number of the order to show next. What fails is said on the fresh page beside what was typed.
    """
    return attempt(
        form,
        lambda said: redirect("order", do(said)),
        lambda status: show(request, read(by, number), Maker(key, form), status=status),
    )


def done(request: HttpRequest, what: str) -> None:
    messages.success(request, f"{what}：已完成。")


@dataclass(frozen=True, slots=True)
class OrderCard:
    """One side's order as the page shows it beside the other's."""

    order: Order
    desk: str
    side: str
    state: str
    facts: list[tuple[str, str]]
    focus: bool


@dataclass(frozen=True, slots=True)
class TransferCard:
    transfer: Transfer
    kind: str
    state: str
    origin: str
    target: str
    cited: story.Cited
    answers: list[story.Cited]
    steps: list[Act]
    notes: list[Act]
    running: bool
    mine: bool
    holder: str


def show(request: HttpRequest, reading: Reading, make: Maker, *, status: int = 200) -> HttpResponse:
    """Render the page; a failed act that is no longer offered stands on top with what was typed in it."""
    # In the order in which keys are given: danger first, then what runs, then the desk's own order.
    danger = acts.danger_act(reading, make)
    cards = [transfer_card(one, reading, make) for one in reversed(reading.transfers)]
    judged = first_judged(reading.orders)
    lines, bar = story.timeline(reading), story.bar(reading.custody, reading.now)
    context = {
        "page": reading,
        "order": reading.order,
        "matter": reading.matter,
        "caller": caller_masked(reading.order),
        "cards": [order_card(one, reading) for one in reading.orders],
        "danger_act": danger,
        "running": [card for card in cards if card.running],
        "ended": [card for card in cards if not card.running],
        "order_acts": list(acts.order_acts(reading, make)),
        "offer_act": acts.offer_act(reading, make),
        "people_acts": list(acts.people_acts(reading, make)),
        "kept": kept_in_words(*judged) if judged else None,
        "correct_act": acts.correct_act(reading, make, judged[0]) if judged else None,
        "documents": papers.documents(reading, make),
        "coming": papers.on_their_way(reading),
        "document_act": papers.add_act(reading, make),
        "bar": bar,
        "holders": story.holders(bar),
        "chains": story.chains(reading.transfers),
        "clocks": story.clocks(reading),
        "lines": lines[:LINES],
        "earlier": lines[LINES:],
        "failed": make.failed_key,
        **lost(make),
    }
    return render(request, "transfer/order.html", context, status=status)


def lost(make: Maker) -> dict[str, Any]:
    """What was typed into an act that is no longer offered, with why it failed."""
    if make.failed_form is None or make.failed_key in make.made:
        return {}
    errors = [error for errors in make.failed_form.errors.values() for error in errors]
    return {"lost": _typed(make.failed_form), "lost_errors": errors}


def _typed(form: DeskForm) -> list[tuple[str, str]]:
    """What was typed into a form that has no place on the page any more; what was chosen, by its label."""
    return [(str(field.label), _chosen(field)) for field in form.visible_fields() if field.value()]


def _chosen(field: BoundField) -> str:
    """Several values stand one after the other; of a file its name is told."""
    value = field.value()
    several = value if isinstance(value, list) else [value]
    return "、".join(_label(field, str(getattr(one, "name", one))) for one in several)


def _label(field: BoundField, value: str) -> str:
    if not isinstance(field.field, ChoiceField):
        return value
    offered = cast("Iterable[tuple[object, object]]", flatten_choices(cast(Any, field.field.choices)))
    return next((str(label) for code, label in offered if str(code) == value), value)


def order_card(one: Order, reading: Reading) -> OrderCard:
    book = rulebook()
    facts = [
        ("属地", division_name(one.division)),
        ("性质", book.label("nature", one.nature)),
        ("紧急程度", book.label("urgency", one.urgency)),
        ("来源渠道", book.label("channel", one.channel)),
    ]
    if one.category:
        facts.append(("分类", category_label(one.category)))
    if one.level:
        facts.append(("警情等级", book.label("level", one.level)))
    facts += _police(one)
    if one.result:
        facts.append(("办理结果", book.label("result", one.result)))
    return OrderCard(
        order=one,
        desk=desk_name(one.desk),
        side=story.side_of(one.desk),
        state=state_label(one),
        facts=facts,
        focus=one.pk == reading.order.pk,
    )


def _police(one: Order) -> list[tuple[str, str]]:
    police = one.details.get("police") or {}
    return [
        (label, "是" if police[name] is True else str(police[name]))
        for name, label in POLICE_WORDS.items()
        if police.get(name)
    ]


def transfer_card(one: Transfer, reading: Reading, make: Maker) -> TransferCard:
    running, holder = one.ended_at is None, replica_of(one).holder
    cited, answers = story.why_sent(reading, one)
    return TransferCard(
        transfer=one,
        kind=KINDS[one.kind].label,
        state=TRANSFER.states[one.state],
        origin=desk_name(one.origin),
        target=desk_name(one.target),
        cited=cited,
        answers=answers,
        steps=list(acts.step_acts(reading, one, make)) if running else [],
        notes=list(acts.note_acts(reading, one, make)) if running else [],
        running=running,
        mine=holder is not None and holder == reading.by.desk,
        holder=desk_name(holder) if holder else "",
    )
