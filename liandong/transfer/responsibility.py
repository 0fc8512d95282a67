"""事事有人管: who is responsible for a matter, derived from its transfers. Pure.

The first receiver is responsible until somebody else has taken the matter. A transfer whose kind passes the duty takes
it from its origin when the target has accepted; other kinds add the target while the origin goes on with its own part.
A desk that handed on what it was handed (a relay) is followed through to the desk that has it now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Duty:
    """One open transfer, as far as responsibility goes. `parent`: the transfer by which the origin has the matter."""

    transfer: str
    parent: str | None
    origin: str
    target: str
    passes: bool
    origin_duty: bool
    target_duty: bool


def responsible(first_receiver: str, open_transfers: Iterable[Duty]) -> tuple[str, ...]:
    """The desks responsible now, in the order in which the duty reached them; never empty."""
    transfers = tuple(open_transfers)
    return tuple(dict.fromkeys(_follow(first_receiver, None, transfers, ())))


def _follow(desk: str, parent: str | None, transfers: Sequence[Duty], seen: tuple[str, ...]) -> list[str]:
    mine = [t for t in transfers if t.origin == desk and t.parent == parent and t.transfer not in seen]
    passed_on = any(t.passes and t.target_duty for t in mine)
    still_mine = any(t.passes and t.origin_duty for t in mine)
    found = [desk] if not passed_on or still_mine else []
    for transfer in mine:
        if transfer.target_duty:
            found += _follow(transfer.target, transfer.transfer, transfers, (*seen, transfer.transfer))
    return found


def lead_of(before: str | None, now_responsible: Sequence[str], author: str) -> str:
    """Which of the responsible parties leads: who led before, else who has just taken, else who was there first."""
    if before in now_responsible:
        return str(before)
    return author if author in now_responsible else now_responsible[0]
