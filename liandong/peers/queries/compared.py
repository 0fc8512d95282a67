"""对账 as people see it: when this node and a peer compared last, with what result, and what still differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from liandong.peers.models import Peer, Reconciliation


@dataclass(frozen=True, slots=True)
class Compared:
    """`last`: the comparison begun here last, if there was any. `open`: how many differences are not mended."""

    last: Reconciliation | None
    open: int

    @property
    def running(self) -> bool:
        return self.last is not None and self.last.ended_at is None


def compared_with(peers: Iterable[Peer], open_ones: Mapping[str, int]) -> dict[str, Compared]:
    """By peer's code; for who was asked whether they may see it. `open_ones`: the differences, by peer."""
    rows = list(peers)
    rounds = Reconciliation.objects.filter(round__in=[row.round for row in rows if row.round])
    last = {one.peer: one for one in rounds}
    return {row.code: Compared(last.get(row.code), open_ones.get(row.code, 0)) for row in rows}
