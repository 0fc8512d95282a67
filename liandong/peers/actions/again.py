"""对端拒收: somebody at the duty desk sends a message again that takes no effect at the peer."""

from __future__ import annotations

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.kernel import clock
from liandong.kernel.errors import Conflict, NotFound
from liandong.kernel.ids import uuid7
from liandong.kernel.telling import write
from liandong.peers.facts import traffic_with
from liandong.peers.models import Outgoing, Peer
from liandong.peers.queries.desk import MANAGE


@transaction.atomic
def send_again(*, by: By, outgoing: int) -> Outgoing:
    """Let a refused message go once more, under its id and serial. Raises NotAllowed, NotFound, Conflict (not refused).

    What the peer has not kept is signed anew with the key of today; what it has kept goes in the same bytes, and is
    tried there once more.
    """
    by.needs(MANAGE)
    row = Outgoing.objects.select_for_update().filter(pk=outgoing).first()
    if row is None:
        raise NotFound
    if not row.refused:
        raise Conflict("该报文没有被对端拒收，不必重新发送。")
    detail = {"message": str(row.message), "serial": row.serial, "subject": row.subject, "code": row.refused}
    record("message.sent_again", by=by, subject=f"node:{row.peer}", detail=detail)
    if row.stored_at is None:
        row.raw = None
    if row.journal != (Peer.objects.filter(code=row.peer).values_list("journal", flat=True).first() or 0):
        # Its journal has ended, and what is said in that takes no effect any more.
        row.message, row.serial, row.raw = uuid7(clock.now()), None, None
    row.refused, row.refused_at, row.stored_at = "", None, None
    row.sent_at = None
    row.tries, row.next_try_at = 0, clock.now()
    write([traffic_with(row.peer)])
    row.save(
        update_fields=[
            "message",
            "serial",
            "raw",
            "refused",
            "refused_at",
            "sent_at",
            "stored_at",
            "tries",
            "next_try_at",
        ]
    )
    return row
