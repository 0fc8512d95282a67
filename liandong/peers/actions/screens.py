"""Open screens hear what a turn of the courier has changed."""

from __future__ import annotations

import logging

from django.db import transaction

from liandong.kernel import clock
from liandong.kernel.telling import write
from liandong.peers import facts
from liandong.peers.models import Peer
from liandong.peers.queries import pace
from liandong.peers.queries.desk import reach_of

log = logging.getLogger("liandong.peers")


def tell_screens(before: Peer, done: int) -> None:
    """`before`: the peer's row at the beginning of the turn; `done`: how much it did.

    That the peer is called otherwise now is kept with its moment, and everybody who hands over hears of it; of mere
    traffic those who look after the nodes.
    """
    row, now = Peer.objects.get(code=before.code), clock.now()
    found = reach_of(row, now, pace())
    with transaction.atomic():
        if found.condition != row.condition:
            Peer.objects.filter(code=row.code).update(condition=found.condition, condition_at=found.since or now)
            log.warning("对端 %s：%s", row.code, found.label)
            write([facts.reach_of(row.code)])
        elif done or row.trouble != before.trouble:
            write([facts.traffic_with(row.code)])
