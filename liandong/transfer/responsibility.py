"""事事有人管: who is responsible for a matter, derived from its transfers. Pure.

The first receiver is responsible until somebody else has taken the matter. A transfer whose kind passes the duty takes
it from its origin when the target has accepted; other kinds add the target while the origin goes on with its own part.
A desk that handed on what it was handed (a relay) is followed through to the desk that has it now. A hand-over that
outlives the one above it stands on its own: who took it goes on being responsible until it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


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
    """The desks responsible now, in the order in which the duty reached them; never empty.

    A transfer is followed from its parent only while the parent's target is known to have taken the matter. On another
    node the parent may be known late: who handed on must have taken it before, and who took it from there is
    responsible whatever is known of what lies above.
    """
    given = tuple(open_transfers)
    taken = {t.transfer for t in given if t.target_duty}
    return follow_all(first_receiver, tuple(t if t.parent in taken else replace(t, parent=None) for t in given))


def follow_all(first_receiver: str, transfers: Sequence[Duty]) -> tuple[str, ...]:
    """Follow the duty from the first receiver, and from whoever took what stands on its own."""
    found = _follow(first_receiver, None, transfers, ())
    for orphan in transfers:
        if orphan.parent is None and orphan.origin != first_receiver and orphan.target_duty:
            found += _follow(orphan.target, orphan.transfer, transfers, (orphan.transfer,))
    return tuple(dict.fromkeys(found))


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
