"""What the forms of the order page are posted to. Each does one act and goes back to the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.intake import actions as intake
from liandong.intake.models import Order
from liandong.intake.pages.forms import DeskForm, LinkForm, UrgeForm
from liandong.intake.queries import access_order
from liandong.intake.states import ORDER
from liandong.routing import actions as routing
from liandong.transfer import actions
from liandong.transfer.choices import onward
from liandong.transfer.models import Transfer
from liandong.transfer.notes import right_to_write
from liandong.transfer.pages import forms
from liandong.transfer.pages.acts import ORDER_VERBS, all_desks, hotlines, ways_now
from liandong.transfer.pages.order import done, perform
from liandong.transfer.pages.reading import read
from liandong.transfer.paths import targets
from liandong.transfer.queries import access_transfer
from liandong.transfer.states import TRANSFER

ORDER_DOES: dict[str, Callable[..., object]] = {
    "start": intake.start,
    "answer": intake.answer,
    "guide": intake.guide,
    "confirm": intake.confirm,
    "not_satisfied": intake.not_satisfied,
    "drop": intake.drop,
}
PEOPLE_DO: dict[str, tuple[Callable[..., object], type[DeskForm], str]] = {
    "urge": (intake.urge, UrgeForm, "登记催办"),
    "link": (intake.link, LinkForm, "关联"),
}
ORDER_LABELS = {edge.verb: edge.label for edge in ORDER.edges}
STEP_LABELS = {edge.verb: edge.label for edge in TRANSFER.edges if edge.source is not None}


@page(right="order.read")
@require_POST
def order_act(request: HttpRequest, by: By, number: str, verb: str) -> HttpResponse:
    """A verb of the order's own life, an urge or a link."""
    order = access_order(by, number)
    if verb in PEOPLE_DO:
        by.needs("note.add")
        verb_action, form, label = PEOPLE_DO[verb]

        def act(said: dict[str, Any]) -> str:
            verb_action(by=by, number=order.number, **said)
            done(request, label)
            return order.number
    elif verb in ORDER_DOES:
        right, form = ORDER_VERBS[verb]
        by.needs(right)

        def act(said: dict[str, Any]) -> str:
            ORDER_DOES[verb](by=by, order=order, **said)
            done(request, ORDER_LABELS[verb])
            return order.number
    else:
        raise Http404
    return perform(request, by, order.number, verb, form(request.POST, auto_id=f"{verb}-%s"), act)


@page(right="transfer.offer")
@require_POST
def offer(request: HttpRequest, by: By, number: str) -> HttpResponse:
    """Hand the matter over by the way that was chosen."""
    reading = read(by, number)
    form = forms.OfferForm(request.POST, auto_id="offer-%s", ways=ways_now(reading))

    def act(said: dict[str, Any]) -> str:
        kind, target, body = form.way_and_body()
        actions.offer(by=by, order=reading.order.number, kind=kind, target=target, body=body)
        done(request, "移交")
        return reading.order.number

    return perform(request, by, reading.order.number, "offer", form, act)


@page(right="transfer.offer")
@require_POST
def danger(request: HttpRequest, by: By, number: str) -> HttpResponse:
    """A danger signal: to the city's 110 at once, or from there to a linked hotline."""
    reading = read(by, number)
    to_police = "city_110" in targets("danger", reading.desk_kind)
    found = () if to_police else hotlines(reading.desk_kind)
    form: DeskForm
    if to_police:
        form = forms.DangerForm(request.POST, auto_id="danger-%s")
    else:
        form = forms.HotlineDangerForm(request.POST, auto_id="danger-%s", ways=found)

    def act(said: dict[str, Any]) -> str:
        order = reading.order
        if to_police:
            actions.raise_danger(by=by, matter_id=order.matter_id, signal=said["signal"])
        else:
            body = {"signal": said["signal"]}
            actions.offer(by=by, order=order.number, kind="danger", target=said["target"], body=body)
        done(request, "联动派警" if to_police else "通知联动热线")
        return order.number

    return perform(request, by, reading.order.number, "danger", form, act)


@page(right="transfer.act")
@require_POST
def step(request: HttpRequest, by: By, number: str, verb: str) -> HttpResponse:
    """Take a step on a transfer."""
    transfer = access_transfer(by, number)
    if verb not in STEP_LABELS or verb.endswith("_at_limit"):
        raise Http404
    key = f"{verb}-{transfer.number}"
    cited = {"documents": read(by, _order_of(by, transfer).number).citable} if verb == "conclude" else {}
    form = forms.step_form(verb)(request.POST, auto_id=f"{key}-%s", **cited)

    def act(said: dict[str, Any]) -> str:
        body = {name: value for name, value in said.items() if value}
        taken = actions.take_step(by=by, number=transfer.number, verb=verb, body=body)
        done(request, STEP_LABELS[verb])
        return _order_of(by, taken).number

    return perform(request, by, _order_of(by, transfer).number, key, form, act)


@page(right="order.read")
@require_POST
def note(request: HttpRequest, by: By, number: str, kind: str) -> HttpResponse:
    """Write a note to a transfer."""
    transfer = access_transfer(by, number)
    if kind not in forms.NOTE_FORMS:
        raise Http404
    by.needs(right_to_write(kind))
    key = f"note-{kind}-{transfer.number}"
    form = forms.NOTE_FORMS[kind](request.POST, auto_id=f"{key}-%s")
    home = _order_of(by, transfer).number

    def act(said: dict[str, Any]) -> str:
        body = {name: value for name, value in said.items() if value}
        actions.add_note(by=by, number=transfer.number, kind=kind, body=body)
        done(request, forms.note_label(kind))
        return home

    return perform(request, by, home, key, form, act)


@page(right="transfer.act")
@require_POST
def relay(request: HttpRequest, by: By, number: str) -> HttpResponse:
    """S3.2: the middle desk signs for what a county's desk sent and hands it on, in one act."""
    by.needs("transfer.offer")
    transfer = access_transfer(by, number)
    key = f"relay-{transfer.number}"
    kinds = dict(all_desks())
    found = onward(kinds.get(by.party, ""), kinds.items(), transfer.origin)
    form = forms.OfferForm(request.POST, auto_id=f"{key}-%s", ways=found)

    def act(said: dict[str, Any]) -> str:
        kind, target, body = form.way_and_body()
        passed = actions.relay_onward(by=by, number=transfer.number, kind=kind, target=target, body=body)
        done(request, "签收并转出")
        return passed.origin_order.number

    return perform(request, by, _order_of(by, transfer).number, key, form, act)


def _order_of(by: By, transfer: Transfer) -> Order:
    """The order from which the actor's desk sees the transfer: its own, where it has one."""
    if transfer.target == by.desk and transfer.target_order is not None:
        return transfer.target_order
    return transfer.origin_order


@page(right="order.accept")
@require_POST
def correct(request: HttpRequest, by: By, number: str, decided: int) -> HttpResponse:
    """Say what a kept suggestion should have been."""
    form = forms.CorrectForm(request.POST, auto_id="correct-%s")

    def act(said: dict[str, Any]) -> str:
        routing.correct(by=by, decided=decided, right=form.right(), why=said["why"])
        messages.success(request, "改正建议已记录，待另一有权人员确认。")
        return number

    return perform(request, by, number, "correct", form, act)
