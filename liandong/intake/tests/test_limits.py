"""Which dated row holds, and when its span ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from liandong.intake.limits import Limit, LimitMissing, due, pick
from liandong.kernel.workdays import CalendarMissing, WorkCalendar

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def limit(kind: str = "*", urgency: str = "*", amount: float = 1, start: str = "2020-01-01", end: str = "") -> Limit:
    until = date.fromisoformat(end) if end else None
    return Limit("accept_by", kind, urgency, amount, "hour", date.fromisoformat(start), until, "x")


ANY, URGENT = limit(), limit(urgency="life")
DIVERT, BOTH = limit(kind="divert"), limit(kind="divert", urgency="life")


def test_the_most_specific_row_holds_in_whatever_order_they_stand() -> None:
    for rows in permutations((ANY, URGENT, DIVERT, BOTH)):
        assert pick(rows, "accept_by", "divert", "life", NOW) is BOTH
        assert pick(rows, "accept_by", "divert", "ordinary", NOW) is DIVERT
        assert pick(rows, "accept_by", "relay", "life", NOW) is URGENT
        assert pick(rows, "accept_by", "relay", "ordinary", NOW) is ANY
    assert pick((ANY, URGENT, DIVERT), "accept_by", "divert", "life", NOW) is DIVERT, "kind goes before urgency"


def test_of_several_in_force_the_latest_holds_and_ends_are_exclusive() -> None:
    old, new = limit(amount=1, end="2026-03-03"), limit(amount=2, start="2026-03-02")
    assert pick((new, old), "accept_by", "divert", "life", NOW) is new
    assert pick((new, old), "accept_by", "divert", "life", NOW - timedelta(days=1)) is old
    ended = limit(end="2026-03-02")
    with pytest.raises(LimitMissing):
        pick((ended,), "accept_by", "divert", "life", NOW)


def test_the_day_is_the_citys_and_not_greenwichs() -> None:
    from_march = limit(start="2026-03-02")
    late_evening = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    assert pick((from_march,), "accept_by", "divert", "life", late_evening) is from_march
    with pytest.raises(LimitMissing):
        pick((from_march,), "accept_by", "divert", "life", late_evening - timedelta(microseconds=1))


def test_a_row_for_another_clock_is_no_row() -> None:
    with pytest.raises(LimitMissing) as why:
        pick((ANY,), "settle_by", "divert", "life", NOW)
    assert why.value.message == "时限表中没有“settle_by”的有效配置，请系统管理员补充。"


def test_spans_on_both_clocks() -> None:
    week = WorkCalendar({date(2026, 3, 2) + timedelta(days=n): n % 7 < 5 for n in range(14)})
    for unit, span in (("second", 1), ("minute", 60), ("hour", 3600)):
        row = Limit("accept_by", "*", "*", 1.5, unit, date(2020, 1, 1), None, "x")
        assert due(row, NOW, WorkCalendar({})) == NOW + timedelta(seconds=1.5 * span)
    five = Limit("accept_by", "*", "*", 5, "working_day", date(2020, 1, 1), None, "x")
    assert due(five, NOW, week) == NOW + timedelta(days=7)
    with pytest.raises(CalendarMissing):
        due(five, NOW + timedelta(days=10), week)
