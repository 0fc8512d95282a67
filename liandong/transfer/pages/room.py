"""协商室: both desks on one page until it is settled who handles the matter (S3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import desk_name
from liandong.intake.pages.forms import DeskForm
from liandong.routing.errors import NoListInForce
from liandong.routing.queries import cited, version_in_force
from liandong.transfer import actions
from liandong.transfer.choices import verdicts
from liandong.transfer.models import NoteRow, StepRow, Transfer
from liandong.transfer.notes import NOTES, POSITIONS, RULINGS, right_to_write
from liandong.transfer.pages import acts, forms, story
from liandong.transfer.pages.acts import Act, Maker
from liandong.transfer.pages.order import attempt, done, lost, order_card
from liandong.transfer.pages.reading import Reading, read
from liandong.transfer.queries import access_transfer, replica_of
from liandong.transfer.states import KINDS, TRANSFER

STEP_LABELS = {edge.verb: edge.label for edge in TRANSFER.edges}
# The steps that end a negotiation, and the notes that are its words.
DECIDING = ("settle", "award", "award_jointly", "fall_back")
SPOKEN = ("position", "ruling", "supplement", "call_record")
HEEDED = frozenset({"position", "ruling"})


@dataclass(frozen=True, slots=True)
class Statement:
    """What one side said: when, who, as what, in words. `counts`: said in this round, so the next step heeds it;
    `typed`: who typed it in for a desk on paper.
    """

    at: datetime
    who: str
    desk: str
    side: str
    what: str
    item: str
    text: str
    counts: bool
    typed: story.Typed | None


@dataclass(frozen=True, slots=True)
class Argued:
    """An item of the list that was argued with, by which desks, and to which side the list gives it."""

    version: str
    code: str
    text: str
    gives: str
    clause: str
    desks: list[str]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two desks in the room: what it may do now, what it may not and why."""

    name: str
    colour: str
    role: str
    mine: bool
    may: list[str]
    may_not: list[tuple[str, str]]


@page(right="order.read")
@require_safe
def room(request: HttpRequest, by: By, number: str) -> HttpResponse:
    return show(request, by, access_transfer(by, number), _maker())


@page(right="transfer.act")
@require_POST
def step(request: HttpRequest, by: By, number: str, verb: str) -> HttpResponse:
    """Settle, award, award jointly or fall back."""
    transfer = access_transfer(by, number)
    if verb not in DECIDING:
        raise Http404
    key = f"{verb}-{transfer.number}"
    form = forms.step_form(verb)(request.POST, auto_id=f"{key}-%s")

    def act(said: dict[str, Any]) -> None:
        actions.take_step(by=by, number=transfer.number, verb=verb)
        done(request, STEP_LABELS[verb])

    return _attempt(request, by, transfer, key, form, act)


@page(right="order.read")
@require_POST
def note(request: HttpRequest, by: By, number: str, kind: str) -> HttpResponse:
    """A position, a statement, a ruling or the record of a call."""
    transfer = access_transfer(by, number)
    if kind not in SPOKEN:
        raise Http404
    by.needs(right_to_write(kind))
    key = f"note-{kind}-{transfer.number}"
    form = _note_form(transfer, kind, request.POST, f"{key}-%s")

    def act(said: dict[str, Any]) -> None:
        body = form.body() if isinstance(form, forms.CallForm) else {k: v for k, v in said.items() if v}
        actions.add_note(by=by, number=transfer.number, kind=kind, body=body)
        done(request, forms.note_label(kind))

    return _attempt(request, by, transfer, key, form, act)


def _attempt(
    request: HttpRequest, by: By, transfer: Transfer, key: str, form: DeskForm, act: Callable[[dict[str, Any]], None]
) -> HttpResponse:
    def do(said: dict[str, Any]) -> HttpResponse:
        act(said)
        return redirect("room", transfer.number)

    def again(status: int) -> HttpResponse:
        return show(request, by, access_transfer(by, transfer.number), _maker(key, form), status=status)

    return attempt(form, do, again)


def _maker(key: str = "", form: DeskForm | None = None) -> Maker:
    return Maker(key, form, step_route="room-step", note_route="room-note")


def _note_form(transfer: Transfer, kind: str, data: Any, auto_id: str) -> DeskForm:
    if kind == "call_record":
        names = {"origin": desk_name(transfer.origin), "target": desk_name(transfer.target)}
        return forms.CallForm(data, auto_id=auto_id, **names)
    return forms.NOTE_FORMS[kind](data, auto_id=auto_id)


def show(request: HttpRequest, by: By, transfer: Transfer, make: Maker, *, status: int = 200) -> HttpResponse:
    """The room, also after it is settled: then it tells how."""
    reading = read(by, _seen_from(by, transfer), whole=False)
    # The page speaks of one moment: the row as it was read with everything else.
    transfer = next(one for one in reading.transfers if one.pk == transfer.pk)
    said = statements(reading, transfer)
    context = {
        "page": reading,
        "matter": reading.matter,
        "order": reading.order,
        "transfer": transfer,
        "kind": KINDS[transfer.kind],
        "state": TRANSFER.states[transfer.state],
        "talking": transfer.state == "negotiating",
        "cards": [order_card(one, reading) for one in reading.orders],
        "origin": desk_name(transfer.origin),
        "target": desk_name(transfer.target),
        "statements": said,
        "calls": [one for one in _spoken(reading, transfer) if one.what == NOTES["call_record"].label],
        "argued": argued(reading, transfer),
        "sides": sides(reading, transfer),
        "steps": [one for one in acts.step_acts(reading, transfer, make) if one.key.startswith(DECIDING)],
        "notes": list(_note_acts(reading, transfer, make)),
        "failed": make.failed_key,
        **lost(make),
    }
    return render(request, "transfer/room.html", context, status=status)


def _seen_from(by: By, transfer: Transfer) -> str:
    if transfer.target == by.desk and transfer.target_order is not None:
        return transfer.target_order.number
    return transfer.origin_order.number


def _note_acts(reading: Reading, transfer: Transfer, make: Maker) -> Iterator[Act]:
    names = {"origin": desk_name(transfer.origin), "target": desk_name(transfer.target)}
    for act in acts.note_acts(reading, transfer, make, {"call_record": forms.CallForm}, {"call_record": names}):
        if act.key.split("-")[1] in SPOKEN:
            yield act


def statements(reading: Reading, transfer: Transfer) -> list[Statement]:
    """What both sides argued: with the steps that led here, and with notes; oldest first."""
    steps = [_of_step(one, reading) for one in reading.steps_of(transfer)]
    notes = [one for one in _spoken(reading, transfer) if one.what != NOTES["call_record"].label]
    return sorted([*steps, *notes], key=lambda one: one.at)


def _of_step(row: StepRow, reading: Reading) -> Statement:
    text = "\n".join(str(row.body[name]) for name in ("reason", "signal", "basis", "text") if row.body.get(name))
    return Statement(
        row.at, row.person, desk_name(row.author), story.side_of(row.author), STEP_LABELS[row.verb],
        str(row.body.get("list_item") or ""), text, False, story.typed_of(row.body, reading),
    )  # fmt: skip


def _spoken(reading: Reading, transfer: Transfer) -> list[Statement]:
    rows = [one for one in reading.notes if one.transfer_id == transfer.pk and one.kind in SPOKEN]
    # Of several positions or rulings of a round the last one counts, as `notes.hear` hears them.
    counting = {one.kind: one.pk for one in rows if one.kind in HEEDED and one.after_seq == transfer.seq}
    return [_of_note(one, reading, counts=counting.get(one.kind) == one.pk) for one in rows]


def _of_note(row: NoteRow, reading: Reading, *, counts: bool) -> Statement:
    what = POSITIONS.get(row.body.get("position", ""), "") or RULINGS.get(row.body.get("ruling", ""), "")
    return Statement(
        row.at, row.person, desk_name(row.author), story.side_of(row.author), what or NOTES[row.kind].label,
        str(row.body.get("list_item") or ""), str(row.body.get("text") or ""),
        counts, story.typed_of(row.body, reading),
    )  # fmt: skip


def argued(reading: Reading, transfer: Transfer) -> list[Argued]:
    """The items of the list both sides argued with, each once, as the list had them when they were named."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in reading.steps_of(transfer):
        if one.body.get("list_item"):
            key = (str(one.body.get("list_version") or ""), str(one.body["list_item"]))
            found.setdefault(key, []).append(desk_name(one.author))
    for row in reading.notes:
        if row.transfer_id == transfer.pk and row.body.get("list_item"):
            found.setdefault((_version_at(row.at), str(row.body["list_item"])), []).append(desk_name(row.author))
    return [_argued(version, code, names) for (version, code), names in found.items()]


def _version_at(at: datetime) -> str:
    """A note names an item and no version: it speaks of the list in force when it was written."""
    try:
        return version_in_force(at)
    except NoListInForce:
        return ""


def _argued(version: str, code: str, names: list[str]) -> Argued:
    item = cited(version, code)
    return Argued(
        version=version,
        code=code,
        text=f"{item.class_name}：{item.text}" if item else "",
        gives=forms.SIDES.get(item.side, "") if item else "",
        clause=item.clause if item else "",
        desks=list(dict.fromkeys(names)),
    )


def sides(reading: Reading, transfer: Transfer) -> list[Side]:
    """What each desk may do now and why not the rest."""
    if transfer.state != "negotiating":
        return []
    judged = verdicts(replica_of(transfer), reading.around(transfer), reading.now)
    origin = Side(
        name=desk_name(transfer.origin),
        colour=story.side_of(transfer.origin),
        role="首接台：由它走下一步",
        mine=reading.by.desk == transfer.origin,
        may=[one.edge.label for one in judged if not one.why_not],
        may_not=[(one.edge.label, one.why_not) for one in judged if one.why_not],
    )
    target = Side(
        name=desk_name(transfer.target),
        colour=story.side_of(transfer.target),
        role="接收台：表示意见，由首接台据此议定",
        mine=reading.by.desk == transfer.target,
        may=[NOTES["position"].label, NOTES["call_record"].label, NOTES["supplement"].label],
        may_not=[(label, "只由首接台操作，两台不会各走一步。") for label in ("议定", "首接负责收回")],
    )
    return [origin, target]
