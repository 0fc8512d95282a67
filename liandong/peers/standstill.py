"""停滞: which hand-overs do not get on, why, and whose desk has to see to it. Pure.

Found by rule and not by being looked at: sent and not stored, stored and not signed, signed and not worked on, worked
on and not fed back. The spans are those of the city: of the exchange for the first and the last, of the step's own
clock for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from liandong.peers.pace import Pace

Standstill = Literal["not_stored", "not_signed", "not_worked", "not_fed_back"]
LABELS: dict[Standstill, str] = {
    "not_stored": "已发未收：对端尚未回执",
    "not_signed": "已收未签：逾期未签收",
    "not_worked": "已签未办：逾期未办结",
    "not_fed_back": "已办未馈：本单已答复，移交未反馈",
}


@dataclass(frozen=True, slots=True)
class Case:
    """An open hand-over. `unstored_since`: its oldest message without receipt, by `author`'s desk. `due_at`: the clock
    that ran first since the last step, `overdue_at`: when one ran out. `answered_at`: the receiving desk's own answer.
    """

    transfer: str
    state: str
    origin: str
    target: str
    author: str = ""
    unstored_since: datetime | None = None
    due_at: datetime | None = None
    overdue_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stuck:
    """`owner`: the desk that has to see to it."""

    transfer: str
    why: Standstill
    owner: str
    since: datetime

    @property
    def label(self) -> str:
        return LABELS[self.why]


def standstill(case: Case, now: datetime, pace: Pace) -> Stuck | None:
    """Why the hand-over does not get on, the first cause only: what was not stored can't be signed."""
    if case.unstored_since is not None and now - case.unstored_since >= pace.stuck:
        return Stuck(case.transfer, "not_stored", case.author or case.origin, case.unstored_since)
    late = case.overdue_at or (case.due_at if case.due_at is not None and case.due_at <= now else None)
    if case.state in ("offered", "awarded") and late is not None:
        return Stuck(case.transfer, "not_signed", case.target, late)
    if case.state != "accepted":
        return None
    if case.answered_at is not None and now - case.answered_at >= pace.stuck:
        return Stuck(case.transfer, "not_fed_back", case.target, case.answered_at)
    return Stuck(case.transfer, "not_worked", case.target, late) if late is not None else None
