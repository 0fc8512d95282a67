"""Working-day arithmetic over a calendar given as rows. Pure: no database, no clock, no guess about a missing year.

Moments are read in the city's zone. A span of n working days that starts on a working day ends at the same time of
day n working days later; one that starts on a rest day starts to run at the opening of the next working day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from liandong.kernel.errors import LiandongError
from liandong.kernel.ids import CITY_ZONE

OPENING = time(9, 0)
CLOSING = time(17, 30)


class CalendarMissing(LiandongError):
    """The working-day table has no row for a day that a span needs."""

    code = "calendar_missing"
    status = 503
    message = "工作日历缺少所需年份，无法计算期限，请系统管理员先导入该年度工作日历。"


@dataclass(frozen=True)
class WorkCalendar:
    """`days` maps each known day to whether it is worked (make-up days are true)."""

    days: Mapping[date, bool]

    def works_on(self, day: date) -> bool:
        """Raises CalendarMissing for a day the table does not know."""
        try:
            return self.days[day]
        except KeyError:
            raise CalendarMissing(
                f"工作日历缺少{day.year}年的数据，请系统管理员先导入。", day=day.isoformat()
            ) from None

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        day += timedelta(days=1)
        while not self.works_on(day):
            day += timedelta(days=1)
        return day

    def add(self, start: datetime, amount: float) -> datetime:
        """`amount` working days after `start`; halves are halves of the span from opening to closing.

        Raises CalendarMissing when the table ends too early, ValueError for a negative amount or a naive `start`.
        """
        if amount < 0 or start.tzinfo is None:
            raise ValueError("a span runs forward from an aware moment")
        local = start.astimezone(CITY_ZONE)
        day, at = local.date(), local.time()
        if not self.works_on(day):
            day, at = self.next_working_day(day), OPENING
        whole, part = divmod(amount, 1)
        if part:
            at = min(max(at, OPENING), CLOSING)
            left = datetime.combine(day, CLOSING) - datetime.combine(day, at)
            span = (datetime.combine(day, CLOSING) - datetime.combine(day, OPENING)) * part
            if span > left:
                day, at, span = self.next_working_day(day), OPENING, span - left
            at = (datetime.combine(day, at) + span).time()
        day = self._later(day, int(whole))
        return datetime.combine(day, at, tzinfo=CITY_ZONE).astimezone(start.tzinfo)

    def _later(self, day: date, whole: int) -> date:
        """The `whole`th working day after `day`; remembered, as every order of a day asks the same."""
        found = self._known.get((day, whole))
        if found is None:
            found = day
            for _ in range(whole):
                found = self.next_working_day(found)
            self._known[day, whole] = found
        return found

    @cached_property
    def _known(self) -> dict[tuple[date, int], date]:
        return {}
