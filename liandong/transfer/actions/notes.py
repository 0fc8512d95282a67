"""Write a note: either side may, at any time its rule allows; no state changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.db import transaction

from liandong.audit.by import By
from liandong.identity.queries import must_be_here
from liandong.intake.actions import lock_matter, trace
from liandong.kernel import clock
from liandong.kernel.canonical import canonical
from liandong.kernel.outbox import announce
from liandong.kernel.seals import sm3
from liandong.transfer.facts import NOTED, named
from liandong.transfer.models import NoteRow, Transfer
from liandong.transfer.notes import Speaker, check_note, right_to_write
from liandong.transfer.onbehalf import FIELD
from liandong.transfer.queries import access_transfer


@transaction.atomic
def add_note(*, by: By, number: str, kind: str, body: Mapping[str, Any] | None = None) -> NoteRow:
    """Add a note to a transfer the actor may see. Raises NotFound, NotYours, NotAllowed, DeskElsewhere, Invalid."""
    must_be_here(by.desk)
    content = dict(body or {})
    content.pop(FIELD, None)  # only `onbehalf` says that, with a document in hand
    if by.may("clock"):
        row = Transfer.objects.get(number=number)
    else:
        by.needs(right_to_write(kind))
        row = access_transfer(by, number)
    row.matter = lock_matter(row.matter_id)
    row.refresh_from_db(fields=["state", "seq"])
    check_note(kind, speaker_of(by, row, kind), row.kind, row.state, content)
    return write_note(by, row, kind, content)


def speaker_of(by: By, row: Transfer, kind: str) -> Speaker | None:
    """In which role the actor would write a note of `kind`; None when in none."""
    if kind == "ruling":
        return "conference" if by.may("transfer.decide") else None
    if by.desk == row.origin:
        return "origin"
    if by.desk == row.target:
        return "target"
    return "supervisor" if by.may("supervise.read") else None


def write_note(by: By, row: Transfer, kind: str, body: Mapping[str, Any]) -> NoteRow:
    """Write it; the matter is locked and the rule was asked."""
    return keep_note(
        by,
        NoteRow(
            transfer=row,
            kind=kind,
            author=by.party,
            person=by.name,
            at=clock.now(),
            after_seq=row.seq,
            body=dict(body),
            uid=uuid4(),
        ),
    )


def keep_note(by: By, note: NoteRow) -> NoteRow:
    """Write a note of whichever node, leave it in the trail and tell of it; the matter is locked."""
    row, body = note.transfer, note.body
    note.save(force_insert=True)
    digest = sm3(canonical(body)).hex()
    detail = {"transfer": row.number, "kind": note.kind, "after_seq": note.after_seq, "note": digest}
    trace("transfer.note", by=by, matter=row.matter, detail=detail)
    announce(NOTED, note=note.pk, kind=note.kind, **named(row))
    return note
