"""The try mode's little city: calls come in and people act, on the house's own clock."""

from __future__ import annotations

from random import Random

import pytest

from config.citypack import CITIES
from liandong.intake.models import Order
from liandong.transfer.models import Transfer
from simulation.habits import Habits, read_habits
from simulation.live import SmallCity, hurried
from simulation.tests.conftest import PACK, a_city


@pytest.mark.django_db
def test_calls_flow_in_and_some_are_handed_over() -> None:
    with a_city():
        city = SmallCity(CITIES / PACK, Random(1), per_minute=1e9)
        for _ in range(60):
            city.go_on()
        # Who is still on the line has no order yet: an order settled in the call is entered at its end.
        assert Order.objects.count() >= 30
        assert Transfer.objects.exists()


def test_people_in_a_hurry_are_faster_but_a_danger_is_not_slower() -> None:
    usual: Habits = read_habits()
    fast = hurried(usual)
    assert fast["minutes_accept"] < usual["minutes_accept"]
    assert fast["minutes_accept_danger"] == usual["minutes_accept_danger"]
    assert fast["refuse"] == usual["refuse"]
