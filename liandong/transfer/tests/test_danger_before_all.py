"""What follows from a danger is done before what waited when it came."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liandong.kernel.clock import VirtualClock
from liandong.kernel.outbox import handle_waiting
from liandong.transfer.models import Transfer
from tests.cast import POLICE, hand_over, new_order, react, step

pytestmark = [pytest.mark.django_db, pytest.mark.external]


def heard() -> list[tuple[str, str]]:
    """Kind and matter of the facts of the next batch."""
    from config.reactions import REACTIONS

    told: list[tuple[str, str]] = []
    listening = {kind: (lambda fact: told.append((fact.kind, fact.payload["matter"])),) for kind in REACTIONS}
    handle_waiting(listening)
    return told


def test_an_order_taken_in_as_danger_is_followed_before_those_that_wait(city: VirtualClock) -> None:
    for _ in range(3):
        new_order()
    city.advance(seconds=5)
    danger = new_order(urgency="danger")
    assert heard() == [("order.accepted", danger.matter.number)]
    assert len(heard()) == 3


def test_the_steps_of_a_danger_are_followed_before_those_of_other_matters(city: VirtualClock) -> None:
    danger = new_order(urgency="danger")
    react()
    row = Transfer.objects.get(matter=danger.matter, kind="danger")
    ordinary = hand_over(new_order())
    step(ordinary, "accept")
    city.move_to(city.now() + timedelta(seconds=5))
    step(row, "accept", by=POLICE)
    first = heard()
    assert ("transfer.accept", danger.matter.number) in first
    assert ("transfer.accept", ordinary.matter.number) not in first
    assert ("transfer.accept", ordinary.matter.number) in heard()
