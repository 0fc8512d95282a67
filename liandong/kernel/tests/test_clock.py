from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from liandong.kernel import clock as kernel_clock
from liandong.kernel.clock import SystemClock, VirtualClock, now, running_on

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_outside_of_tests_time_is_the_machines_time_and_aware() -> None:
    before = datetime.now(UTC)
    with running_on(SystemClock()):
        assert before <= now() <= datetime.now(UTC)
        assert now().tzinfo is UTC


def test_a_virtual_clock_stands_still_until_it_is_moved() -> None:
    virtual = VirtualClock(NINE)
    with running_on(virtual):
        assert now() == now() == NINE
        assert virtual.advance(minutes=30) == NINE + timedelta(minutes=30)
        assert now() == NINE + timedelta(minutes=30)


def test_a_virtual_clock_never_goes_back() -> None:
    virtual = VirtualClock(NINE)
    virtual.move_to(NINE - timedelta(days=1))
    assert virtual.now() == NINE
    assert virtual.advance(minutes=-5) == NINE


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        VirtualClock(datetime(2026, 3, 2, 9, 0))  # noqa: DTZ001 - the naive moment is what is refused


def test_the_clock_before_is_back_after_the_block_even_when_it_fails() -> None:
    before = kernel_clock._clock
    with pytest.raises(RuntimeError), running_on(VirtualClock(NINE)):
        raise RuntimeError
    assert kernel_clock._clock is before


def test_the_fixture_starts_at_nine_on_a_working_monday(clock: VirtualClock) -> None:
    assert now() == NINE
