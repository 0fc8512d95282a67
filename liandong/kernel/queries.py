"""Reads of the kernel's own tables."""

from __future__ import annotations

from datetime import date, timedelta

from liandong.kernel.models import Fact, SetAside, Workday
from liandong.kernel.workdays import WorkCalendar

# The longest span any clock asks for is a long-cycle matter of 180 days with its extensions.
HORIZON_DAYS = 400


def work_calendar(start: date) -> WorkCalendar:
    """The working days from `start` to the horizon, as far as the table knows them."""
    rows = Workday.objects.filter(day__gte=start, day__lte=start + timedelta(days=HORIZON_DAYS))
    return WorkCalendar(dict(rows.values_list("day", "working")))


def known_years() -> list[int]:
    """Years for which the calendar has at least one row, ascending."""
    return sorted({day.year for day in Workday.objects.dates("day", "year")})


def troubles() -> dict[str, int]:
    """Counts of work set aside, for health pages and `liandong check`."""
    return {
        "facts": Fact.objects.filter(set_aside_at__isnull=False).count(),
        "due": SetAside.objects.filter(retry_at__isnull=True).count(),
    }
