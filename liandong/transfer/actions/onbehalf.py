"""Type in what the other side answered on paper (ADR 0026): steps and notes of a paper desk, and what is left.

A step is written at the node of its holder, and nowhere else. A paper desk lives here and has no people here, so its
step is written here by whoever has its document in hand; so are its order and its first step, where it hands something
over. A desk that writes its own steps, at another node or by its own people, is never written for: its answer is kept
as a note of our own desk, and its step comes from itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import IO, Any
from uuid import uuid4

from django.db import transaction

from liandong.audit.by import By
from liandong.identity.queries import desk_name, is_here, is_on_paper, must_be_here
from liandong.intake.accepting import Incoming, Key
from liandong.intake.actions import accept_orders, add_document, trace
from liandong.intake.queries import access_order
from liandong.kernel import clock
from liandong.kernel.errors import NotAllowed
from liandong.kernel.ids import local_day
from liandong.transfer.actions.notes import keep_note, speaker_of, write_note
from liandong.transfer.actions.offers import offer_for
from liandong.transfer.actions.steps import held, take
from liandong.transfer.errors import NotOnPaper, NotYours
from liandong.transfer.models import NoteRow, Transfer
from liandong.transfer.notes import check_note
from liandong.transfer.onbehalf import FIELD, Paper, check_paper, told, typist
from liandong.transfer.queries import access_transfer, replica_of

RIGHT = "report.type"
SCAN = "incoming"


@dataclass(frozen=True, slots=True)
class Scan:
    """The scan of a document, as it is sent."""

    name: str
    file: IO[bytes]


@transaction.atomic
def step_on_behalf(*, by: By, number: str, verb: str, paper: Paper, body: Mapping[str, Any] | None = None) -> Transfer:
    """Take a step of a paper desk that holds the baton, as its document says it.

    Raises NotAllowed, NotFound, NotOnPaper, PaperMissing and what `take_step` raises.
    """
    row = _let_in(by, number, paper)
    holder = replica_of(row).holder
    # With no holder the table is asked all the same, and says that the transfer has ended.
    desk = holder or row.target
    _must_be_on_paper(by, row, desk)
    said = {**(body or {}), FIELD: told(paper, typist=by.name, desk=by.party)}
    taken = take(_for(by, desk), row, verb, said, person=paper.signed_by.strip())
    _trace(by, taken, desk, paper, verb=verb, seq=taken.seq)
    return taken


@transaction.atomic
def note_on_behalf(
    *, by: By, number: str, kind: str, desk: str, paper: Paper, body: Mapping[str, Any] | None = None
) -> NoteRow:
    """Write a note of a paper desk: what it thinks in a negotiation, how far it has come.

    Raises NotAllowed, NotFound, NotOnPaper, PaperMissing, NotYours, Invalid.
    """
    row = _let_in(by, number, paper)
    _must_be_on_paper(by, row, desk)
    spoken, content = _for(by, desk), dict(body or {})
    check_note(kind, speaker_of(spoken, row, kind), row.kind, row.state, content)
    content[FIELD] = told(paper, typist=by.name, desk=by.party)
    note = NoteRow(
        transfer=row,
        kind=kind,
        author=desk,
        person=paper.signed_by.strip(),
        at=clock.now(),
        after_seq=row.seq,
        body=content,
        uid=uuid4(),
    )
    kept = keep_note(spoken, note)
    _trace(by, row, desk, paper, kind=kind)
    return kept


@transaction.atomic
def note_paper_answer(*, by: By, number: str, paper: Paper, said: str, text: str) -> NoteRow:
    """Keep what a desk that writes its own steps answered on paper, as a note of our desk. No state changes.

    `said`: the answer in a word, `text` the rest of it. Raises NotAllowed, NotFound, PaperMissing, NotYours, Invalid.
    """
    row = _let_in(by, number, paper)
    speaker = speaker_of(by, row, "supplement")
    if speaker not in ("origin", "target"):
        raise NotYours
    other = row.target if speaker == "origin" else row.origin
    words = f"{desk_name(other)}以“{paper.number.strip()}”书面答复：{said}。{text}".strip()
    content = {"text": words, FIELD: told(paper, typist=by.name, desk=by.party, said=said)}
    check_note("supplement", speaker, row.kind, row.state, content)
    kept = write_note(by, row, "supplement", content)
    _trace(by, row, other, paper, kind="supplement")
    return kept


@transaction.atomic
def offer_on_behalf(
    *, by: By, desk: str, incoming: Incoming, key: Key, kind: str, paper: Paper, scan: Scan, body: Mapping[str, Any]
) -> Transfer:
    """Open what a paper desk hands to ours by a document: its order, the scan with it, and the first step.

    `paper` without the place of its scan, which is where the order is. A key used before gets the transfer of then.
    Raises NotAllowed, NotOnPaper, PaperMissing and what `accept_orders`, `add_document` and `offer_for` raise; then
    nothing was accepted.
    """
    by.needs(RIGHT)
    must_be_here(by.desk)
    if by.desk is None or desk == by.desk or not is_on_paper(desk):
        raise NotOnPaper
    spoken = _for(by, desk)
    (outcome,) = accept_orders(by=spoken, incoming=[incoming], keys=[key])
    if outcome.error is not None:
        raise outcome.error
    order = access_order(spoken, outcome.answer["order_number"])
    if outcome.replayed:
        return Transfer.objects.filter(origin_order=order).earliest("id")
    kept = add_document(by=spoken, number=order.number, name=scan.name, file=scan.file, kind=SCAN)
    paper = replace(paper, order=order.number, scan=kept.pk, hash=bytes(kept.sm3).hex())
    check_paper(paper, local_day(clock.now()))
    said = told(paper, typist=by.name, desk=by.party)
    row = offer_for(by=spoken, matter_id=order.matter_id, kind=kind, target=by.desk, body=body, paper=said)
    _trace(by, row, desk, paper, verb="offer", seq=row.seq)
    return row


def _let_in(by: By, number: str, paper: Paper) -> Transfer:
    """The transfer under the lock of its matter, for who may type for others."""
    by.needs(RIGHT)
    must_be_here(by.desk)
    check_paper(paper, local_day(clock.now()))
    row = access_transfer(by, number)
    return held(row.number, row.matter_id)


def _must_be_on_paper(by: By, row: Transfer, desk: str) -> None:
    """Who types is the other party; where that lives at another node, somebody here who sees every desk."""
    if desk not in (row.origin, row.target) or not is_on_paper(desk):
        raise NotOnPaper
    other = row.origin if desk == row.target else row.target
    if by.desk != other and not (by.may("desk.all") and not is_here(other)):
        raise NotAllowed("代录由该移交的另一方台席进行，请转告对方台的人员录入。")


def _for(by: By, desk: str) -> By:
    """Who types, at the desk it is typed for: the effects are that desk's, the trail names the typist."""
    return replace(by, desk=desk, unit=None, name=typist(by.name))


def _trace(by: By, row: Transfer, desk: str, paper: Paper, **what: Any) -> None:
    detail = {
        "transfer": row.number,
        "desk": desk,
        "document_number": paper.number.strip(),
        "order": paper.order,
        "document": paper.scan,
        "sm3": paper.hash,
        "why": paper.why.strip(),
        **what,
    }
    trace("transfer.typed", by=by, matter=row.matter, detail=detail)
