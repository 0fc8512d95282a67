"""A chain leaves the house as a file; whoever took it out is in the trail."""

from __future__ import annotations

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.kernel.canonical import canonical
from liandong.peers.chain import step_data
from liandong.transfer.queries import access_transfer, step_of, steps_of


@transaction.atomic
def export_chain(*, by: By, number: str) -> list[bytes]:
    """The steps of the transfer `number` in their order, one canonical step message a line. Raises NotFound."""
    row = access_transfer(by, number)
    steps = sorted(steps_of([row]), key=lambda step: step.seq)
    lines = [canonical(step_data(step_of(step, row))) for step in steps]
    detail = {"transfer": row.number, "seq": row.seq, "hash": bytes(row.head).hex()}
    record("chain.exported", by=by, subject=row.matter.number, detail=detail)
    return lines
