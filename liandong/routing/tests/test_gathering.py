"""The same caller again, and several callers of one place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from liandong.routing.gathering import Report, gathered, repeats

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def report(key: str, minutes: float, caller: str = "", east: float | None = None) -> Report:
    point = {} if east is None else {"longitude": 112.7460 + east, "latitude": 38.4042}
    return Report(key, NOW - timedelta(minutes=minutes), caller, **point)


def test_a_caller_again_between_eight_minutes_and_three_days_is_a_repeat() -> None:
    earlier = [report("soon", 7.9, "x"), report("edge", 8, "x"), report("late", 72 * 60 + 1, "x"), report("y", 60, "y")]
    found = repeats(report("new", 0, "x"), earlier, least=timedelta(minutes=8), most=timedelta(hours=72))
    assert [one.key for one in found] == ["edge"]
    assert not repeats(report("new", 0), [report("a", 60)], least=timedelta(0), most=timedelta(hours=1))


def test_reports_of_others_near_in_place_and_time_gather() -> None:
    earlier = [
        report("near", 30, "b", 0.0005),  # about 44 m
        report("far", 30, "c", 0.0007),  # about 61 m
        report("old", 61, "d", 0.0001),
        report("own", 30, "a", 0.0),
        report("nowhere", 30, "e"),
    ]
    found = gathered(report("new", 0, "a", 0.0), earlier, metres=50, within=timedelta(hours=1))
    assert [one.key for one in found] == ["near"]
