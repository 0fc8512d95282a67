"""Steps that were taken while a clock ran fast do not keep a matter from its end when the clock is set right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liandong.intake.models import Matter
from liandong.intake.queries import custody_of
from liandong.kernel.clock import VirtualClock, running_on
from tests.cast import assert_whole, fresh, hand_over, new_order, react, step

pytestmark = [pytest.mark.django_db, pytest.mark.external]
FAST = timedelta(minutes=5)


def test_a_matter_that_was_worked_on_by_a_fast_clock_can_be_confirmed_and_closed(city: VirtualClock) -> None:
    row = hand_over(new_order())
    fast = city.now() + FAST
    with running_on(VirtualClock(fast)):
        step(row, "accept")
        step(row, "conclude")
        react()
    city.advance(seconds=3)
    step(row, "confirm")
    react()
    matter = fresh(Matter.objects.get(pk=row.matter_id))
    assert (matter.state, matter.closed_at) == ("closed", fast)
    assert all(one.until is not None and one.since <= one.until for one in custody_of(matter))
    assert_whole(matter)


def test_a_matter_that_was_worked_on_by_the_right_clock_is_closed_by_it(city: VirtualClock) -> None:
    row = hand_over(new_order())
    step(row, "accept")
    step(row, "conclude")
    city.advance(seconds=3)
    step(row, "confirm")
    react()
    assert fresh(Matter.objects.get(pk=row.matter_id)).closed_at == city.now()
