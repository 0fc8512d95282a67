"""A danger alarms the desk it was sent to until somebody there says that they know; nothing is accepted by that."""

from __future__ import annotations

import pytest

from liandong.audit.models import Event
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import NotAllowed, NotFound
from liandong.kernel.models import Fact
from liandong.transfer import actions
from liandong.transfer.errors import NotYours
from liandong.transfer.models import Transfer
from liandong.transfer.queries import alarms, replica_of
from tests.cast import AUDITOR, COUNTY, HOTLINE, POLICE, POLICE_TAKER, SUPERVISOR, fresh, hand_over, new_order, step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]


def danger() -> Transfer:
    row = actions.raise_danger(by=HOTLINE, matter_id=new_order().matter_id, signal="有人持刀")
    assert row is not None
    return row


def numbers(rows: list[Transfer]) -> list[str]:
    return [row.number for row in rows]


def test_it_is_there_for_the_people_of_the_desk_who_can_see_to_it() -> None:
    row = danger()
    assert numbers(alarms(POLICE)) == numbers(alarms(POLICE_TAKER)) == [row.number]
    for other in (HOTLINE, COUNTY, SUPERVISOR, AUDITOR):
        assert alarms(other) == []


def test_the_oldest_stands_first_and_other_hand_overs_alarm_nobody(clock: VirtualClock) -> None:
    first = danger()
    clock.advance(seconds=5)
    second = danger()
    hand_over(new_order())
    assert numbers(alarms(POLICE)) == [first.number, second.number]


def test_to_know_is_not_to_accept_and_no_clock_stops(clock: VirtualClock) -> None:
    row = danger()
    before = replica_of(fresh(row)), row.accept_by, row.due_at, row.version
    clock.advance(seconds=9)
    known = actions.acknowledge(by=POLICE_TAKER, number=row.number)
    after = fresh(row)
    assert (replica_of(after), after.accept_by, after.due_at, after.version) == before
    assert (known.acknowledged_who, known.acknowledged_at) == (POLICE_TAKER.name, clock.now())
    assert alarms(POLICE) == []
    step(row, "accept", by=POLICE)
    assert fresh(row).state == "accepted"


def test_it_is_recorded_who_knew_and_announced() -> None:
    row = danger()
    actions.acknowledge(by=POLICE, number=row.number)
    event = Event.objects.get(kind="transfer.acknowledged")
    assert event.subject == row.matter.number
    assert POLICE.name in event.body
    fact = Fact.objects.get(kind="transfer.acknowledged")
    assert fact.payload["transfer"] == row.number
    assert fact.payload["way"] == "danger"


def test_the_second_is_told_who_was_first() -> None:
    row = danger()
    actions.acknowledge(by=POLICE_TAKER, number=row.number)
    known = actions.acknowledge(by=POLICE, number=row.number)
    assert known.acknowledged_who == POLICE_TAKER.name
    assert Event.objects.filter(kind="transfer.acknowledged").count() == 1


def test_a_danger_that_was_signed_for_needs_no_more() -> None:
    row = danger()
    step(row, "accept", by=POLICE)
    assert alarms(POLICE) == []
    assert actions.acknowledge(by=POLICE, number=row.number).acknowledged_at is None


def test_a_second_signal_alarms_again() -> None:
    row = danger()
    actions.acknowledge(by=POLICE, number=row.number)
    actions.raise_danger(by=HOTLINE, matter_id=row.matter_id, signal="又有一人受伤")
    assert numbers(alarms(POLICE)) == [row.number]


def test_only_the_receiving_desk_may() -> None:
    row = danger()
    with pytest.raises(NotYours):
        actions.acknowledge(by=HOTLINE, number=row.number)
    with pytest.raises(NotFound):
        actions.acknowledge(by=COUNTY, number=row.number)
    with pytest.raises(NotAllowed):
        actions.acknowledge(by=AUDITOR, number=row.number)
    with pytest.raises(NotYours):
        actions.acknowledge(by=POLICE, number=hand_over(new_order()).number)
    assert fresh(row).acknowledged_at is None
