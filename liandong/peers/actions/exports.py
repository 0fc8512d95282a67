"""A chain leaves the house as a file; whoever took it out is in the trail."""

from __future__ import annotations

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.kernel.canonical import canonical
from liandong.peers.chain import step_data
from liandong.peers.envelope import parse
from liandong.peers.messages import STEP
from liandong.peers.models import Incoming, Outgoing
from liandong.transfer.queries import access_transfer, step_of, steps_of

Name = tuple[int, str]


@transaction.atomic
def export_chain(*, by: By, number: str) -> list[bytes]:
    """The steps of the transfer `number` in their order, one a line: in the envelope its author's node has signed.

    A step that has no envelope here is its bare data: one between two desks of this node, one not sent yet, and one
    that came before envelopes were kept. Raises NotFound.
    """
    row = access_transfer(by, number)
    steps = sorted(steps_of([row]), key=lambda step: step.seq)
    proofs = _proofs(row.number)
    lines = [
        proofs.get((step.seq, bytes(step.hash).hex())) or canonical(step_data(step_of(step, row))) for step in steps
    ]
    detail = {"transfer": row.number, "seq": row.seq, "hash": bytes(row.head).hex()}
    record("chain.exported", by=by, subject=row.matter.number, detail=detail)
    return lines


def _proofs(transfer: str) -> dict[Name, bytes]:
    """The signed envelopes of the transfer's steps by seq and hash: a step that was never applied is in no chain."""
    sent = Outgoing.objects.filter(kind=STEP, subject=transfer, raw__isnull=False).order_by("-id")
    came = Incoming.objects.filter(kind=STEP, subject=transfer, raw__isnull=False).order_by("-id")
    found: dict[Name, bytes] = {}
    # Of several with the same content the first one stays: the step was told to several nodes, or came twice.
    for row in (*sent.values_list("raw", flat=True), *came.values_list("raw", flat=True)):
        envelope = parse(bytes(row or b""))
        # Whoever sent it may have laid it out in lines; the signature is over the value.
        found[envelope.data["seq"], envelope.data["hash"]] = canonical(envelope.document)
    return found
