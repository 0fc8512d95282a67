"""The acts an order page offers: one form each, exactly those the state tables and the actor's rights allow now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from liandong.identity.queries import desk_name, desks
from liandong.intake.pages import forms as intake
from liandong.intake.pages.forms import DeskForm
from liandong.intake.states import ORDER
from liandong.routing.models import Decided
from liandong.transfer.actions.notes import speaker_of
from liandong.transfer.choices import Standing, Way, onward, open_notes, open_steps, ways
from liandong.transfer.models import Transfer
from liandong.transfer.notes import right_to_write
from liandong.transfer.pages import forms
from liandong.transfer.pages.reading import Reading
from liandong.transfer.pages.rows import RELAY_KEY, ROW_NOTES, ROW_STEPS
from liandong.transfer.paths import targets
from liandong.transfer.queries import replica_of
from liandong.transfer.states import KINDS

# The verbs people take on an order; the others of the table follow from hand-overs. (right, form)
ORDER_VERBS: dict[str, tuple[str, type[DeskForm]]] = {
    "start": ("order.handle", intake.NoFieldsForm),
    "answer": ("order.handle", intake.AnswerForm),
    "guide": ("order.handle", intake.GuideForm),
    "confirm": ("order.close", intake.NoFieldsForm),
    "not_satisfied": ("order.close", intake.NotSatisfiedForm),
    "drop": ("order.close", intake.DropForm),
}
ENDING = frozenset({"guide", "confirm", "drop"})
# While the order serves a hand-over its answer is the feedback of that, judged by the other desk.
BY_FEEDBACK = frozenset({"answer", "not_satisfied"})
# Letters stand for themselves on the order page; where a verb is in a row of the desk too, it has the same one there.
PRESS: dict[str, str] = {
    **{verb: key for verb, (key, _) in ROW_STEPS.items()},
    **{f"note-{kind}": key for kind, key in ROW_NOTES.items()},
    "award": "g",
    "settle": "h",
    "award_jointly": "i",
    "fall_back": "j",
    "release": "l",
    "relay": RELAY_KEY,
    "note-position": "p",
    "note-ruling": "r",
    "note-call_record": "b",
    "note-supplement": "s",
    "start": "s",
    "answer": "d",
    "guide": "y",
    "not_satisfied": "n",
    "offer": "F4",
    "danger": "F9",
    "correct": "z",
}
DANGEROUS = frozenset({"refuse", "hand_back", "drop"})


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done: where its form is posted, and what it says. `key` names it on the page.

    `press`: the keyboard key that presses it; of several acts that would share one only the first has it.
    """

    key: str
    label: str
    action: str
    form: DeskForm
    look: str = ""
    about: str = ""
    press: str = ""

    @property
    def fields(self) -> bool:
        return bool(self.form.fields)


@dataclass(slots=True)
class Maker:
    """Makes acts; the one that was posted and failed keeps the form as it was typed.

    `step_route`, `note_route`: where steps and notes are posted to; a room of its own takes them itself.
    """

    failed_key: str = ""
    failed_form: DeskForm | None = None
    made: list[str] = field(default_factory=list)
    pressed: set[str] = field(default_factory=set)
    step_route: str = "transfer-step"
    note_route: str = "transfer-note"

    def act(self, key: str, label: str, action: str, form: type[DeskForm], **rest: Any) -> Act:
        look, about, press = rest.pop("look", ""), rest.pop("about", ""), rest.pop("press", "")
        press = "" if press in self.pressed else press
        self.pressed.add(press)
        self.made.append(key)
        if key == self.failed_key and self.failed_form is not None:
            return Act(key, label, action, self.failed_form, look, about, press)
        return Act(key, label, action, form(auto_id=f"{key}-%s", **rest), look, about, press)


def order_acts(page: Reading, make: Maker) -> Iterator[Act]:
    """What the actor's desk may do with its own order."""
    own = page.own
    if own is None:
        return
    serves = any(transfer.target_order_id == own.pk for transfer in page.running)
    for edge in ORDER.out_of(own.state):
        if edge.verb not in ORDER_VERBS:
            continue
        right, form = ORDER_VERBS[edge.verb]
        if not page.by.may(right) or (edge.verb in ENDING and page.running) or (edge.verb in BY_FEEDBACK and serves):
            continue
        look = "danger" if edge.verb in DANGEROUS else ""
        address, press = reverse("order-act", args=[own.number, edge.verb]), PRESS.get(edge.verb, "")
        yield make.act(edge.verb, edge.label, address, form, look=look, press=press)


def offer_act(page: Reading, make: Maker) -> Act | None:
    """The hand-overs open to the actor's desk, as one form."""
    open_ways = ways_now(page)
    if page.own is None or not open_ways:
        return None
    address = reverse("order-offer", args=[page.own.number])
    return make.act("offer", "移交", address, forms.OfferForm, press=PRESS["offer"], ways=open_ways)


def ways_now(page: Reading) -> list[Way]:
    own = page.own
    if own is None or own.closed_at or not page.by.may("transfer.offer") or page.matter.closed_at:
        return []
    standing = Standing(
        responsible=page.is_responsible(),
        in_hand=own.state in ("received", "handling"),
        came_from=frozenset(t.origin for t in page.running if t.target == page.by.desk and t.target_duty),
        running=frozenset((t.kind, t.target) for t in page.running if t.origin == page.by.desk),
    )
    return ways(page.desk_kind, all_desks(), standing)


def all_desks() -> list[tuple[str, str]]:
    return [(desk.code, desk.kind) for desk in desks()]


def danger_act(page: Reading, make: Maker) -> Act | None:
    """Danger first: always there while the matter is open and the desk has a part in it (S3.4)."""
    own = page.own
    if own is None or own.closed_at or page.matter.closed_at or not page.by.may("transfer.offer"):
        return None
    address = reverse("order-danger", args=[own.number])
    if "city_110" in targets("danger", page.desk_kind):
        return make.act("danger", "联动派警", address, forms.DangerForm, look="danger")
    found = hotlines(page.desk_kind)
    if not found:
        return None
    return make.act("danger", "通知联动热线", address, forms.HotlineDangerForm, look="danger", ways=found)


def hotlines(desk_kind: str) -> list[Way]:
    reach = targets("danger", desk_kind)
    return [Way(KINDS["danger"], code) for code, kind in all_desks() if kind in reach and kind == "hotline"]


def step_acts(page: Reading, transfer: Transfer, make: Maker) -> Iterator[Act]:
    """The steps the actor's desk may take on one transfer, and relaying it onward."""
    desk, number = page.by.desk, transfer.number
    if desk is None or not page.by.may("transfer.act"):
        return
    relay = transfer.kind == "relay" and transfer.state == "offered" and transfer.target == desk
    if relay and page.by.may("transfer.offer"):
        found = onward(page.desk_kind, all_desks(), transfer.origin)
        address = reverse("transfer-relay", args=[number])
        yield make.act(
            f"relay-{number}", "签收并转出", address, forms.OfferForm, look="main", press=PRESS["relay"], ways=found
        )
    for edge in open_steps(replica_of(transfer), desk, page.around(transfer), page.now):
        look = "danger" if edge.verb in DANGEROUS else "main" if edge.verb in ("accept", "confirm") else ""
        address, press = reverse(make.step_route, args=[number, edge.verb]), PRESS.get(edge.verb, "")
        cited = {"documents": page.citable} if edge.verb == "conclude" else {}
        yield make.act(
            f"{edge.verb}-{number}", edge.label, address, forms.step_form(edge.verb), look=look, press=press, **cited
        )


def note_acts(
    page: Reading,
    transfer: Transfer,
    make: Maker,
    other_forms: Mapping[str, type[DeskForm]] | None = None,
    given: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[Act]:
    """The notes the actor may write to one transfer; `other_forms` with what is `given` them replace the usual ones."""
    if not page.by.may("note.add") and not page.by.may("transfer.decide"):
        return
    for kind, form in {**forms.NOTE_FORMS, **(other_forms or {})}.items():
        speaker = speaker_of(page.by, transfer, kind)
        allowed = page.by.may(right_to_write(kind))
        if allowed and kind in open_notes(speaker, transfer.kind, transfer.state):
            address, press = reverse(make.note_route, args=[transfer.number, kind]), PRESS.get(f"note-{kind}", "")
            rest = dict((given or {}).get(kind, {}))
            yield make.act(f"note-{kind}-{transfer.number}", forms.note_label(kind), address, form, press=press, **rest)


def correct_act(page: Reading, make: Maker, judged: Decided) -> Act | None:
    """Saying what the suggestion should have been, for who takes calls."""
    if not page.by.may("order.accept"):
        return None
    about = "由另一有权人员确认后，供系统学习；不改变单的去向。"
    address = reverse("order-correct", args=[page.order.number, judged.pk])
    return make.act("correct", "改正建议", address, forms.CorrectForm, about=about, press=PRESS["correct"])


def people_acts(page: Reading, make: Maker) -> Iterator[Act]:
    """Urging the order of the page and linking it to another."""
    if not page.by.may("note.add"):
        return
    number = page.order.number
    if page.order.closed_at is None:
        about = f"记在{desk_name(page.order.desk)}的{page.order.get_kind_display()}上，不另立新单。"
        address = reverse("order-act", args=[number, "urge"])
        yield make.act("urge", "登记催办", address, intake.UrgeForm, about=about)
    yield make.act("link", "关联其他单", reverse("order-act", args=[number, "link"]), intake.LinkForm)
