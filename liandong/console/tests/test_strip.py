"""The custody bar: to scale where it can be, reachable where it can't."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.console.strip import places, widths

SPANS = st.lists(st.floats(0, 1e7), min_size=1, max_size=60)


@given(SPANS)
def test_the_widths_fill_the_strip_and_none_is_too_thin(spans: list[float]) -> None:
    found = widths(spans, 100, 1.2)
    assert sum(found) == pytest.approx(100)
    assert min(found) >= min(1.2, 100 / len(spans)) - 1e-9


@given(SPANS)
def test_what_lasted_longer_is_never_drawn_shorter(spans: list[float]) -> None:
    drawn = sorted(zip(spans, widths(spans, 100, 1.2), strict=True))
    assert all(left[1] <= right[1] + 1e-6 for left, right in pairwise(drawn))


def test_without_short_ones_it_is_to_scale() -> None:
    assert widths([1, 1, 2], 100, 1) == pytest.approx([25, 25, 50])


def test_seconds_beside_days_can_still_be_pointed_at() -> None:
    found = widths([5, 86_400 * 3, 2], 100, 1.2)
    assert found == pytest.approx([1.2, 97.6, 1.2])


def test_what_is_at_the_same_time_stands_above_one_another() -> None:
    lead, joint = places([(0, 100), (40, 100)], 100, 1)
    assert lead == pytest.approx((0, 100))
    assert joint == pytest.approx((40, 60))


def test_a_moment_without_length_is_drawn_and_stays_on_the_strip() -> None:
    assert places([(0, 10), (10, 10)], 100, 2)[1] == pytest.approx((98, 2))
    assert places([(5, 5)], 100, 2) == [pytest.approx((0, 2))]
    assert places([], 100, 2) == []
