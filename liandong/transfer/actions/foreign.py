"""Steps and notes of desks at other nodes: the same table, the same rows, the same effects and facts as our own.

What their authors might do was asked at their node. Here is asked what makes two nodes agree: the table, the baton,
the chain, and that the author is a desk of the node that sends. Everything may come twice and in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, Max, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest

from liandong.audit.by import By
from liandong.identity.queries import desk as desk_row
from liandong.identity.queries import is_here, must_live_at
from liandong.intake.actions import lock_matter, lock_order_numbered
from liandong.intake.models import Matter, Order
from liandong.intake.numbering import TRANSFER, read
from liandong.intake.queries import rulebook
from liandong.intake.queries.heldback import is_held_back
from liandong.kernel import atonce, clock
from liandong.kernel.asking import Question
from liandong.kernel.canonical import canonical
from liandong.kernel.errors import Invalid, LiandongError, NotFound
from liandong.kernel.seals import sm3
from liandong.transfer.actions.notes import keep_note
from liandong.transfer.actions.offers import enter
from liandong.transfer.actions.steps import CLOCK_COLUMNS, held, refresh_custody, settle
from liandong.transfer.deadlines import deadlines
from liandong.transfer.errors import ChainBroken, HistoryForked, NotYet
from liandong.transfer.models import NoteRow, StepRow, Transfer
from liandong.transfer.notes import NOTES, Speaker, check_note
from liandong.transfer.onbehalf import on_behalf_of
from liandong.transfer.queries import replica_of
from liandong.transfer.replica import Replica, Step, apply
from liandong.transfer.states import CLOCK_OF, KINDS


@transaction.atomic
def take_foreign_step(
    *, by: By, node: str, step: Step, digest: bytes, origin_order: str, target_order: str = ""
) -> bool:
    """Apply a step of a desk at `node`; False when it was here already.

    `origin_order`, `target_order`: the numbers of the two desks' orders as the author's node has them. Raises
    NotItsDesk, ChainBroken, NoSuchEdge, NotHolder, HistoryForked (another step stands at its place), NotYet (what
    comes before it, or an order, has not come), Invalid.
    """
    must_live_at(step.author, node)
    if step.digest() != digest:
        raise ChainBroken(field="hash", transfer=step.transfer, seq=step.seq)
    # At once, the first step of a hand-over that is here already shows when its matter's are read.
    known = None if step.seq == 1 and atonce.running() is not None else _transfer.first(number=step.transfer)
    if known is None:
        return _begin(by, step, digest, origin_order)
    row = held(step.transfer, known.matter_id)
    if step.seq <= row.seq:
        _check_same(row, step, digest)
        return False
    if step.seq > row.seq + 1:
        raise NotYet(waits_for=f"step:{row.number}:{step.seq - 1}", expected=row.seq + 1, got=step.seq)
    after = apply(replica_of(row), step)
    _name_target_order(row, target_order)
    running = _running(row, step, str(after.state))
    settle(
        by,
        row,
        after,
        step,
        running=running,
        at=_since(row.matter, row.origin, row.target, step.at),
        held_back=is_held_back(row.matter),
    )
    return True


@Question
def _transfer(number: str) -> QuerySet[Transfer]:
    return Transfer.objects.filter(number=number)


@Question
def _of_matter(matter: int) -> QuerySet[Transfer]:
    return Transfer.objects.filter(matter=matter).select_related("parent").order_by("id")


@Question
def _note(uid: UUID) -> QuerySet[NoteRow]:
    return NoteRow.objects.filter(uid=uid).select_related("transfer")


def _running(row: Transfer, step: Step, state: str) -> dict[str, datetime]:
    """The clocks the step starts. One that acts at a desk here runs its whole span from now, when the step was heard.

    A feedback that was three days on the way must not be confirmed by a silence that nobody could break.
    """
    told = {name: moment for name, moment in step.deadlines.items() if name in CLOCK_OF}
    mine = [name for name in told if is_here(row.origin if CLOCK_OF[name] == "origin" else row.target)]
    if not mine:
        return told
    now, book = clock.now(), rulebook()
    try:
        own = deadlines(row.kind, step.verb, state, row.urgency, book.limits, book.calendar, now)
    except LiandongError:
        return told  # a limit that is missing here must not stop the other node's step
    return {name: max(moment, own.get(name, moment)) if name in mine else moment for name, moment in told.items()}


def _begin(by: By, step: Step, digest: bytes, origin_order: str) -> bool:
    """The transfer of a first step. Its matter and the origin's order have been mirrored, or it waits for them."""
    number, target = read(step.transfer, TRANSFER), step.body.get("target")
    if step.seq != 1:
        raise NotYet(waits_for=f"step:{number}:{step.seq - 1}", expected=1, got=step.seq)
    if step.kind not in KINDS or not isinstance(target, str) or target == step.author:
        raise Invalid(field="body")
    desk_row(target)
    order = lock_order_numbered(origin_order)
    if order is None:
        raise NotYet(waits_for=f"order:{origin_order}")
    matter = order.matter
    if order.desk != step.author or matter.number != step.body.get("matter"):
        raise Invalid(field="origin_order")
    beside = _of_matter(matter=matter.pk)
    for row in beside:
        if row.number == number:  # somebody else was faster
            _check_same(row, step, digest)
            return False
    after = apply(Replica(transfer=number, kind=step.kind, origin=step.author, target=target), step)
    same = (step.kind, step.author, target)
    for row in beside:
        if row.ended_at is None and (row.kind, row.origin, row.target) == same:
            raise NotYet(waits_for=f"end:{row.number}")
    parent = next((row for row in beside if row.number == step.body.get("parent")), None)
    enter(by, order, parent, step, after, at=_since(matter, step.author, target, step.at), beside=beside)
    if beside and _adopt(matter, number):
        refresh_custody(by, matter, why=step.verb, via=number)
    return True


def _adopt(matter: Matter, number: str) -> int:
    """What was handed on of the transfer and came here before it: now it is known by which transfer it came."""
    steps = StepRow.objects.filter(transfer__matter=matter, transfer__parent=None, seq=1, body__parent=number)
    waiting = list(steps.values_list("transfer", flat=True))
    if not waiting:
        return 0
    return Transfer.objects.filter(pk__in=waiting).update(parent=Transfer.objects.get(number=number))


def _check_same(row: Transfer, step: Step, digest: bytes) -> None:
    ours = bytes(row.steps.values_list("hash", flat=True).get(seq=step.seq))
    if ours != digest:
        raise HistoryForked(transfer=row.number, seq=step.seq, ours=ours.hex(), theirs=digest.hex())


def _name_target_order(row: Transfer, number: str) -> None:
    """The order that another node's desk opened for the transfer, or one of ours whose step comes back to us after a
    restored backup; effects on our own desks' orders name them themselves.
    """
    if not number or (is_here(row.target) and not is_held_back(row.matter)):
        return
    order = Order.objects.filter(number=number).first()
    if order is None:
        raise NotYet(waits_for=f"order:{number}")
    if order.matter_id != row.matter_id or order.desk != row.target:
        raise Invalid(field="target_order")
    order.matter = row.matter
    row.target_order = order
    Transfer.objects.filter(pk=row.pk).update(target_order=order)


def _since(matter: Matter, origin: str, target: str, at: datetime) -> datetime | None:
    """From when what a step says of responsibility counts here: from now for desks of our own, who hear of it now.

    Among desks of other nodes the author's moment, but not before what is known already and not in the future.
    """
    if is_here(origin) or is_here(target):
        return None
    latest = matter.custody.filter(until__isnull=True).aggregate(latest=Max("since"))["latest"]
    return max(min(at, clock.now()), latest or at)


@transaction.atomic
def keep_foreign_note(
    *,
    by: By,
    node: str,
    uid: UUID,
    number: str,
    kind: str,
    at: datetime,
    after_seq: int,
    body: Mapping[str, Any],
) -> bool:
    """Keep a note of a desk at `node`, also one written after steps that have not come; False when it was here.

    Raises NotItsDesk, HistoryForked (another note has its name), NotYet (the transfer has not come), Invalid, NotYours.
    """
    _check_author(by.party, node)
    found = _transfer.first(number=number)
    if found is None:
        raise NotYet(waits_for=f"step:{number}:1")
    row = found
    row.matter = lock_matter(found.matter_id)
    note = NoteRow(
        transfer=row,
        kind=kind,
        author=by.party,
        person=by.name,
        at=at,
        after_seq=after_seq,
        body=dict(body),
        uid=uid,
    )
    # At once, one that is here already shows by its name, which is here once.
    known = None if atonce.running() is not None else _note.first(uid=uid)
    if known is not None:
        ours, theirs = note_digest(known), note_digest(note)
        if ours != theirs:
            raise HistoryForked(transfer=number, note=str(uid), ours=ours.hex(), theirs=theirs.hex())
        return False
    if kind not in NOTES:
        raise Invalid(field="kind")
    # In which state it was written was asked where it was written; here the transfer may stand elsewhere.
    check_note(kind, _speaker(row, note), row.kind, min(NOTES[kind].states), body)
    keep_note(by, note)
    _heard_of(row, note)
    return True


def _check_author(party: str, node: str) -> None:
    """A desk must be of the node; a unit is of none and may speak at any."""
    try:
        desk_row(party)
    except NotFound:
        return
    must_live_at(party, node)


def _speaker(row: Transfer, note: NoteRow) -> Speaker:
    if note.kind == "ruling":
        return "conference"
    return {row.origin: "origin", row.target: "target"}.get(note.author, "supervisor")  # type: ignore[return-value]


def _heard_of(row: Transfer, note: NoteRow) -> None:
    """What the author's node also did when it wrote the note, as far as it shows here."""
    same: QuerySet[Transfer] = Transfer.objects.filter(pk=row.pk, seq=note.after_seq)
    if note.kind == "urge" and note.body.get("clock") in CLOCK_COLUMNS:
        times = note.body.get("times")
        # The row was read before its matter was locked.
        urges = Greatest("silent_urges", Value(times if isinstance(times, int) else 1))
        same.update(silent_urges=urges, overdue_at=Coalesce("overdue_at", Value(note.at, DateTimeField())))
    signal = note.kind == "supplement" and row.kind == "danger" and note.author == row.origin
    if signal and on_behalf_of(note.body) is None:
        # A second signal of the same danger alarms again: who knew of the first does not know of this one. What was
        # typed in from paper is the other side's answer and no signal.
        same.update(acknowledged_at=None, acknowledged_who="")


def note_digest(note: NoteRow) -> bytes:
    """SM3 over everything a note says, the same at every node."""
    said = {
        "id": str(note.name),
        "transfer": note.transfer.number,
        "kind": note.kind,
        "author": note.author,
        "person": note.person,
        "at": note.at,
        "after_seq": note.after_seq,
        "body": note.body,
    }
    return sm3(canonical(said))
