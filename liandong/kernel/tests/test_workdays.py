from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.kernel.actions import seed_workdays
from liandong.kernel.ids import CITY_ZONE
from liandong.kernel.queries import known_years, work_calendar
from liandong.kernel.workdays import CLOSING, OPENING, CalendarMissing, WorkCalendar

FIRST = date(2026, 1, 1)
MINUTE = timedelta(minutes=1)

calendars = st.lists(st.booleans(), min_size=14, max_size=14).map(
    # Two invented weeks, then worked days without end, so that every span fits.
    lambda days: WorkCalendar({FIRST + timedelta(days=i): (days[i] if i < 14 else True) for i in range(120)})
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 14, 23, 59)).map(  # noqa: DTZ001 - the zone follows
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=CITY_ZONE)
)


def by_counting_days(calendar: WorkCalendar, start: datetime, whole: int) -> datetime:
    """The same, slowly: walk from day to day."""
    at = start
    if not calendar.days[at.date()]:
        while not calendar.days[at.date()]:
            at += timedelta(days=1)
        at = datetime.combine(at.date(), OPENING, tzinfo=CITY_ZONE)
    while whole:
        at += timedelta(days=1)
        whole -= calendar.days[at.date()]
    return at


def by_counting_minutes(calendar: WorkCalendar, start: datetime, minutes: int) -> datetime:
    """Walk minute by minute; only minutes between opening and closing of a worked day count."""
    at = start
    while minutes:
        if calendar.days[at.date()] and OPENING <= at.time() < CLOSING:
            minutes -= 1
        at += MINUTE
    return at


@given(calendars, moments, st.integers(0, 40))
def test_whole_days_are_what_counting_them_gives(calendar: WorkCalendar, start: datetime, whole: int) -> None:
    assert calendar.add(start, whole) == by_counting_days(calendar, start, whole)


@given(calendars, moments)
def test_half_a_day_is_what_counting_office_minutes_gives(calendar: WorkCalendar, start: datetime) -> None:
    half = (datetime.combine(FIRST, CLOSING) - datetime.combine(FIRST, OPENING)) / 2
    assert calendar.add(start, 0.5) == by_counting_minutes(calendar, start, half // MINUTE)


@given(calendars, moments, st.integers(0, 10))
def test_one_day_more_is_never_earlier(calendar: WorkCalendar, start: datetime, whole: int) -> None:
    assert start <= calendar.add(start, whole) < calendar.add(start, whole + 0.5) < calendar.add(start, whole + 1.5)


@pytest.fixture
def year_2026(db: None) -> WorkCalendar:
    assert seed_workdays(2026, 2026) == []
    return work_calendar(FIRST)


def test_make_up_days_of_2026_are_worked_and_holidays_are_not(year_2026: WorkCalendar) -> None:
    # 国务院办公厅关于2026年部分节假日安排的通知: 4 January (Sunday), 14 and 28 February (Saturdays) are worked for
    # New Year's Day and the spring festival, which lasts from 15 to 23 February.
    assert year_2026.works_on(date(2026, 1, 4))
    assert year_2026.works_on(date(2026, 2, 14))
    assert year_2026.works_on(date(2026, 2, 28))
    assert not any(year_2026.works_on(date(2026, 2, day)) for day in range(15, 24))
    assert not year_2026.works_on(date(2026, 10, 1))


def test_two_days_from_the_eve_of_spring_festival_end_after_it(year_2026: WorkCalendar) -> None:
    start = datetime(2026, 2, 14, 15, 0, tzinfo=CITY_ZONE)
    assert year_2026.add(start, 2) == datetime(2026, 2, 25, 15, 0, tzinfo=CITY_ZONE)


def test_a_span_is_given_back_in_the_zone_it_was_asked_in(year_2026: WorkCalendar) -> None:
    start = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    assert year_2026.add(start, 1).tzinfo is UTC


@pytest.mark.django_db
def test_a_year_nobody_has_announced_is_reported_and_not_guessed() -> None:
    assert seed_workdays(2026, 2027) == [2027]
    assert known_years() == [2026]
    calendar = work_calendar(date(2026, 12, 1))
    with pytest.raises(CalendarMissing) as missing:
        calendar.add(datetime(2026, 12, 31, 10, 0, tzinfo=CITY_ZONE), 1)
    assert "2027年" in missing.value.message


@pytest.mark.django_db
def test_a_day_somebody_corrected_is_not_overwritten_by_the_next_seeding() -> None:
    from liandong.kernel.models import Workday

    seed_workdays(2026, 2026)
    Workday.objects.filter(day=date(2026, 3, 3)).update(working=False, source="市政府通知")
    seed_workdays(2026, 2026)
    assert Workday.objects.get(day=date(2026, 3, 3)).source == "市政府通知"


def test_a_span_that_runs_backwards_or_from_a_moment_without_zone_is_refused() -> None:
    calendar = WorkCalendar({FIRST: True})
    with pytest.raises(ValueError, match="forward"):
        calendar.add(datetime(2026, 1, 1, tzinfo=CITY_ZONE), -1)
    with pytest.raises(ValueError, match="aware"):
        calendar.add(datetime(2026, 1, 1), 1)  # noqa: DTZ001 - the naive moment is what is refused
