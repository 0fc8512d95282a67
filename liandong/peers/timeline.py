"""责任链 of a matter from its steps alone, equal on every node that has them. Pure.

Nodes have clocks of their own. A step counts as made no earlier than the step before it and than the matter, so that no
segment is negative and the segments tile the matter's life whatever the clocks said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from liandong.peers.holdings import Held, Order
from liandong.peers.standings import responsible_for
from liandong.transfer.replica import Replica, apply
from liandong.transfer.responsibility import lead_of


@dataclass(frozen=True, slots=True)
class Segment:
    party: str
    since: datetime
    until: datetime


def lead_segments(
    first_desk: str, opened_at: datetime, transfers: Sequence[Held], closed_at: datetime
) -> list[Segment]:
    """Who led from when to when, from the opening of the matter to its end."""
    moves = []
    for held in transfers:
        at = opened_at
        for signed in held.steps:
            at = max(at, signed.step.at)
            moves.append((at, held.replica.transfer, signed.step.seq, signed, held))
    moves.sort(key=lambda move: move[:3])
    now: dict[str, Held] = {}
    segments, lead, since = [], first_desk, opened_at
    for at, transfer, _, signed, whole in moves:
        before = now.get(transfer)
        empty = Replica(transfer, whole.replica.kind, whole.replica.origin, whole.replica.target)
        after = apply(before.replica if before else empty, signed.step, signed.digest)
        now[transfer] = Held(after, whole.matter, whole.parent, whole.beside, whole.urgency)
        leads = lead_of(lead, responsible_for(first_desk, now.values()), signed.step.author)
        if leads != lead:
            if at > since:
                segments.append(Segment(lead, since, at))
            lead, since = leads, at
    if closed_at > since or not segments:
        segments.append(Segment(lead, since, max(closed_at, since)))
    return segments


def closed_at(opened_at: datetime, transfers: Sequence[Held], orders: Sequence[Order]) -> datetime | None:
    """When the matter ended: with the last of its orders and transfers; None while one is open."""
    if any(order.state != "closed" for order in orders) or any(not t.replica.ended for t in transfers):
        return None
    ends = [order.at for order in orders] + [signed.step.at for t in transfers for signed in t.steps]
    return max([opened_at, *ends])
