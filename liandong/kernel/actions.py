"""Writes of the kernel's own tables."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar

from liandong.kernel.models import Workday

SEED_SOURCE = "国务院办公厅年度节假日安排（chinesecalendar）"


def seed_workdays(first: int, last: int) -> list[int]:
    """Fill the calendar for the years `first`..`last` where rows are missing; rows people edited are kept.

    Returns the years the source does not know yet; they are an alarm for the administrator, not a guess.
    """
    unknown = []
    for year in range(first, last + 1):
        day, rows = date(year, 1, 1), []
        try:
            while day.year == year:
                _, label = chinese_calendar.get_holiday_detail(day)
                rows.append(
                    Workday(day=day, working=chinese_calendar.is_workday(day), label=label or "", source=SEED_SOURCE)
                )
                day += timedelta(days=1)
        except NotImplementedError:
            unknown.append(year)
            continue
        Workday.objects.bulk_create(rows, ignore_conflicts=True)
    return unknown
