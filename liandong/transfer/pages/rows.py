"""A transfer as a row of the desk: what it says, and what can be done with it by one key without leaving the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from liandong.audit.by import By
from liandong.identity.queries import desk, desk_name
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.transfer.actions.notes import speaker_of
from liandong.transfer.baton import Around
from liandong.transfer.choices import open_notes, open_steps
from liandong.transfer.models import Transfer
from liandong.transfer.notes import NOTES, right_to_write
from liandong.transfer.pages import forms
from liandong.transfer.queries import CLUE, is_danger, onward_of, replica_of, signed_at
from liandong.transfer.states import KINDS, TRANSFER

# What can be done from a row, in the order of its buttons: verb → (key, look). Letters that move between rows (j, k)
# are left out. What is decided in a negotiation is decided in its room.
ROW_STEPS: dict[str, tuple[str, str]] = {
    "accept": ("a", "main"),
    "refuse": ("r", ""),
    "conclude": ("f", "main"),
    "hand_back": ("r", ""),
    "confirm": ("c", "main"),
    "not_solved": ("n", ""),
    "take_back": ("t", "main"),
    "contest": ("e", ""),
    "offer_again": ("g", ""),
}
ROW_NOTES: dict[str, str] = {"arrival": "v", "progress": "p", "urge": "u", "withdraw": "w"}
RELAY_KEY, ROOM_KEY = "o", "x"
# Labels too long for a button in a row.
SHORT = {"not_solved": "未解决", "offer_again": "更正再移交", "relay": "签收并转出"}


@dataclass(frozen=True, slots=True)
class RowAct:
    """One button of a row. `asks`: it opens a small form first; without, pressing it does it."""

    name: str
    label: str
    key: str
    look: str
    address: str
    asks: bool


@dataclass(frozen=True, slots=True)
class Latency:
    """S3.6: how long a clue took from sent to signed for; it still runs while `signed` is None."""

    sent: datetime
    signed: datetime | None
    took: timedelta


@dataclass(frozen=True, slots=True)
class TransferLine:
    """`mine`: the baton is with the actor's desk. `between`: the actor looks at the two from outside.

    `opens`: the order whose page shows the transfer to the actor.

    `chain`: the desks a relayed matter goes through, first to last. `version` tells a fresher row from a staler one.
    """

    number: str
    opens: str
    title: str
    kind: str
    clause: str
    danger: bool
    inbound: bool
    between: bool
    origin: str
    target: str
    state: str
    mine: bool
    holder: str
    urgency: str
    reason: str
    problem: str
    late: int
    chain: list[str]
    room: str
    started: datetime
    due: datetime | None
    latency: Latency | None
    version: int
    acts: list[RowAct]


def transfer_lines(by: By, rows: Iterable[Transfer]) -> list[TransferLine]:
    """The rows of a list; one more statement when relays are among them, and one when clues are."""
    listed = list(rows)
    onward, signed = onward_of(listed), signed_at(listed)
    return [_line(by, row, onward.get(row.pk, []), signed.get(row.pk)) for row in listed]


def _line(by: By, row: Transfer, onward: Iterable[Transfer], signed: datetime | None) -> TransferLine:
    own = row.target_order if row.target == by.party and row.target_order else row.origin_order
    holder = replica_of(row).holder
    return TransferLine(
        number=row.number,
        opens=own.number,
        title=own.title,
        kind=KINDS[row.kind].label,
        clause=KINDS[row.kind].clause,
        danger=is_danger(row),
        inbound=row.target == by.party,
        between=_between(by, row),
        origin=desk_name(row.origin),
        target=desk_name(row.target),
        state=TRANSFER.states[row.state],
        mine=holder == by.party and not _between(by, row),
        holder=_waited_for(by, row, holder),
        urgency=rulebook().label("urgency", row.urgency),
        reason=row.reason,
        problem=row.matter.problem_why,
        late=row.silent_urges,
        chain=list(_chain(row, onward)),
        room=reverse("room", args=[row.number]) if row.state == "negotiating" else "",
        started=row.moved_at,
        due=row.due_at,
        latency=Latency(row.opened_at, signed, (signed or clock.now()) - row.opened_at) if row.kind == CLUE else None,
        version=row.version,
        acts=list(row_acts(by, row)),
    )


def rules_only(by: By) -> bool:
    """Whether the actor decides what desks negotiate and acts for none: the conference office."""
    return by.may("transfer.decide") and not by.may("transfer.act")


def _between(by: By, row: Transfer) -> bool:
    return rules_only(by) or by.party not in (row.origin, row.target)


def _waited_for(by: By, row: Transfer, holder: str | None) -> str:
    """Whose turn it is: between two desks one says the other; who belongs to neither is told the name."""
    if holder is None:
        return ""
    return desk_name(holder) if _between(by, row) else "对方"


def _chain(row: Transfer, onward: Iterable[Transfer]) -> Iterator[str]:
    """S3.2: the way of a relay, as far as it is known from this row; nothing for a hand-over between two desks."""
    above, below = row.parent, list(onward)
    if above is None and not below:
        return
    if above is not None:
        yield desk_name(above.origin)
    yield desk_name(row.origin)
    yield desk_name(row.target)
    for child in below:
        yield f"{desk_name(child.target)}（{TRANSFER.states[child.state]}）"


def row_acts(by: By, row: Transfer) -> Iterator[RowAct]:
    """What the actor may do with the transfer from its row, asked of the same rules as on the order's page."""
    if row.ended_at is not None or by.desk is None:
        return
    if by.may("transfer.act"):
        if row.kind == "relay" and row.state == "offered" and row.target == by.desk and by.may("transfer.offer"):
            yield _act(row, "relay", SHORT["relay"], RELAY_KEY, "main", asks=True)
        for edge in open_steps(replica_of(row), by.desk, around(row), clock.now()):
            if edge.verb in ROW_STEPS:
                key, look = ROW_STEPS[edge.verb]
                look = "" if row.kind == "relay" and edge.verb == "accept" else look  # handing on is what it is for
                asks = bool(forms.step_form(edge.verb).base_fields)
                yield _act(row, edge.verb, SHORT.get(edge.verb, edge.label), key, look, asks=asks)
    for kind, key in ROW_NOTES.items():
        if by.may(right_to_write(kind)) and kind in open_notes(speaker_of(by, row, kind), row.kind, row.state):
            if not _sensible(kind, row, by):
                continue
            yield _act(row, kind, NOTES[kind].label, key, "quiet", asks=True)


def _sensible(kind: str, row: Transfer, by: By) -> bool:
    """Of the notes that may be written, those a row offers: who works on it reports, who waits for the other urges."""
    if kind == "progress":
        return row.target == by.desk and row.state == "accepted"
    return kind != "urge" or replica_of(row).holder != by.desk


def _act(row: Transfer, name: str, label: str, key: str, look: str, *, asks: bool) -> RowAct:
    return RowAct(name, label, key, look, reverse("row-act", args=[row.number, name]), asks)


def around(row: Transfer) -> Around:
    """What the guards see of a row that was read in a list: its own columns and its matter's, no notes.

    Steps that rest on a note (a release, an award) are therefore not offered in a row but on the pages.
    """
    return Around(
        refusals=row.matter.sent_back,
        limit=int(rulebook().parameter("loop_guard_refusals", clock.now())),
        settle_by=row.settle_by,
        objection_until=row.objection_until,
    )


def desk_kind(by: By) -> str:
    return desk(by.desk).kind if by.desk else ""
