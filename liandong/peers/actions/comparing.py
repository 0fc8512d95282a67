"""现在对账: somebody asks for a comparison with a peer at once; the loop of the reconciliation carries it on."""

from __future__ import annotations

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.identity.queries import other_nodes
from liandong.kernel import clock
from liandong.kernel.errors import NotFound
from liandong.kernel.telling import write
from liandong.peers.actions.reconciling import ask
from liandong.peers.facts import traffic_with
from liandong.peers.models import Peer, Reconciliation
from liandong.peers.queries import last_reconciliation, pace
from liandong.peers.queries.desk import MANAGE


@transaction.atomic
def compare_now(*, by: By, peer: str) -> tuple[Reconciliation, bool]:
    """Begin a comparison with the peer, of the matters of the last weeks. Returns it, and whether this call began it.

    False: one was begun a moment ago and is not answered yet. Raises NotAllowed, NotFound.
    """
    by.needs(MANAGE)
    if peer not in {one.code for one in other_nodes()}:
        raise NotFound
    Peer.objects.get_or_create(code=peer)
    Peer.objects.select_for_update().get(code=peer)
    last = last_reconciliation(peer)
    if last is not None and last.ended_at is None and clock.now() - last.asked_at < pace().degraded:
        return last, False
    row = ask(peer=peer)
    record("accounts.compared", by=by, subject=f"node:{peer}", detail={"round": row.round, "days": row.days})
    write([traffic_with(peer)])
    return row, True
