"""Rates out of groups, and how far weeks drift from those before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from liandong.hindsight.quality import RIGHT, WRONG, Group, drift, quality
from liandong.routing.calibration import Rate

MONDAY = date(2026, 11, 2)
ONE = Group(MONDAY, "12345", "H01", False, "12345", "", False, False, False, 10, 9.0)


def classes(code: str) -> str:
    return {"H01": "噪声", "P02": "治安"}.get(code, "未列条目")


def test_what_has_not_ended_says_nothing_about_who_was_right() -> None:
    found = quality([ONE, replace(ONE, truth="110", count=5), replace(ONE, truth="", count=100)], classes, 0)
    assert (found.count, found.known) == (115, 15)
    assert found.accuracy == Rate(10, 15)
    assert found.by_side == {"12345": Rate(5, 15)}


def test_what_was_left_to_a_person_is_counted_apart() -> None:
    found = quality([ONE, replace(ONE, truth="110", unsure=True, count=10)], classes, 0)
    assert found.unsure == Rate(10, 20)
    assert found.surely == Rate(10, 10)


def test_an_item_is_wrong_where_somebody_said_so_and_unsure_ones_were_no_decision() -> None:
    told = [replace(ONE, item_was=RIGHT), replace(ONE, item_was=WRONG, count=2)]
    told += [replace(ONE, item_was=WRONG, unsure=True), replace(ONE, item="", item_was=WRONG)]
    assert quality(told, classes, 0).by_item == {"H01": Rate(2, 12)}


def test_a_danger_the_gate_let_pass_is_missed_and_one_that_was_none_is_false() -> None:
    danger = replace(ONE, side="110", item="P02", truth="110", flagged=True, alarm=True)
    groups = [
        danger,
        replace(danger, flagged=False, side="12345", item="H01", count=3),  # somebody sent it
        replace(danger, false=True, truth="12345", count=2),  # nothing was there
        replace(danger, alarm=False, truth="12345", count=4),  # nobody sent it, and it was the hotline's
        replace(danger, alarm=False, truth="", count=50),  # nobody knows yet
    ]
    found = quality(groups, classes, 0)
    assert found.danger_caught == Rate(10, 13)
    assert found.missed_by_class == {"噪声": Rate(3, 3), "治安": Rate(0, 10)}
    assert found.danger_false == Rate(6, 16)


def test_a_week_is_compared_with_those_before_it_and_only_if_both_have_enough() -> None:
    later = replace(ONE, week=MONDAY + timedelta(days=7))
    same, other = replace(later, count=10), replace(later, side="110", item="P02", count=90)
    weeks = quality([ONE, same, other], classes, 10).weeks
    assert [week.count for week in weeks] == [10, 100]
    assert weeks[0].drift_of_sides is None
    assert weeks[1].drift_of_sides is not None
    assert weeks[1].drift_of_sides > 0.25
    assert weeks[1].shares == {"110": 0.9, "12345": 0.1}
    assert quality([ONE, same], classes, 11).weeks[1].drift_of_sides is None
    assert quality([ONE, same], classes, 10).weeks[1].drift_of_sides == 0


COUNTS = st.dictionaries(st.sampled_from("abcdefg"), st.integers(1, 1000), max_size=7)


@given(COUNTS, COUNTS)
def test_drift_is_never_negative_and_the_same_both_ways(one: dict[str, int], other: dict[str, int]) -> None:
    assert drift(one, other) >= 0
    assert abs(drift(one, other) - drift(other, one)) < 1e-9
    assert drift(one, one) == 0


def test_nothing_is_no_rate() -> None:
    found = quality([], classes, 0)
    assert (found.count, found.accuracy.interval, found.weeks) == (0, (0.0, 1.0), ())
