"""Which clocks a step starts and when they end: rows of limits in, moments out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from liandong.intake.limits import Limit, due, pick
from liandong.kernel.workdays import WorkCalendar
from liandong.transfer.states import CLOCKS, KINDS


def deadlines(
    kind: str,
    verb: str,
    target_state: str,
    urgency: str,
    limits: Sequence[Limit],
    calendar: WorkCalendar,
    now: datetime,
) -> dict[str, datetime]:
    """Clock → moment for every clock that runs in `target_state`.

    The objection window opens only with a first acceptance of what was offered; a rework has a limit of its own.
    Raises LimitMissing, CalendarMissing.
    """
    found: dict[str, datetime] = {}
    for clock in CLOCKS.get(target_state, ()):
        if clock == "objection_until" and not (verb == "accept" and KINDS[kind].refusable):
            continue
        row = "rework_by" if clock == "conclude_by" and verb == "not_solved" else clock
        found[clock] = due(pick(limits, row, kind, urgency, now), now, calendar)
    return found
