"""Time limits as dated rows: which row holds, and when its span ends. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from liandong.kernel.errors import LiandongError
from liandong.kernel.ids import local_day
from liandong.kernel.workdays import WorkCalendar

ANY = "*"


class LimitMissing(LiandongError):
    code = "limit_missing"
    status = 503
    message = "缺少所需的时限配置，请系统管理员补充时限表。"


@dataclass(frozen=True, slots=True)
class Limit:
    """`amount` of `unit` (second, minute, hour, working_day) for a clock, for a kind and urgency or for any (`*`)."""

    clock: str
    kind: str
    urgency: str
    amount: float
    unit: str
    effective_from: date
    effective_to: date | None
    source: str
    clause: str = ""

    def holds_on(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_to is None or day < self.effective_to)


def pick(limits: Sequence[Limit], clock: str, kind: str, urgency: str, at: datetime) -> Limit:
    """The most specific row in force: kind and urgency, then kind, then urgency, then any. Raises LimitMissing."""
    day = local_day(at)
    fitting = [
        row
        for row in limits
        if row.clock == clock and row.kind in (kind, ANY) and row.urgency in (urgency, ANY) and row.holds_on(day)
    ]
    if not fitting:
        raise LimitMissing(
            f"时限表中没有“{clock}”的有效配置，请系统管理员补充。", clock=clock, kind=kind, urgency=urgency
        )
    return max(fitting, key=lambda row: (row.kind != ANY, row.urgency != ANY, row.effective_from))


def due(limit: Limit, start: datetime, calendar: WorkCalendar) -> datetime:
    """The moment `limit` after `start`: on the calendar clock (24×7) or the working-day clock, as the unit says."""
    if limit.unit == "working_day":
        return calendar.add(start, limit.amount)
    return start + timedelta(**{f"{limit.unit}s": limit.amount})
