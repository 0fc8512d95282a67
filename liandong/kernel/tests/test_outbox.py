from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.db import connection, transaction

from liandong.kernel import outbox
from liandong.kernel.clock import VirtualClock
from liandong.kernel.models import Fact, Workday
from liandong.kernel.outbox import (
    TRIES_BEFORE_SET_ASIDE,
    Gathered,
    Told,
    announce,
    announce_with,
    handle_waiting,
)
from liandong.kernel.queries import troubles
from liandong.kernel.tests.beside import another_connection

pytestmark = [pytest.mark.django_db, pytest.mark.external]


def tell(kind: str = "heard", **payload: object) -> int:
    with transaction.atomic():
        return announce(kind, **payload).id


def tell_urgently(kind: str = "heard") -> int:
    with transaction.atomic():
        return announce_with(kind, {"order": "1"}, urgent=True).id


def write_a_day(told: Told) -> None:
    Workday.objects.create(day=told.payload["day"], working=True, source="test")


def fail(told: Told) -> None:
    raise RuntimeError("the printer is out of paper")


def test_a_fact_reaches_its_reaction_with_what_it_was_told(clock: VirtualClock) -> None:
    heard: list[Told] = []
    number = tell(order="140900W", at=clock.now())
    assert handle_waiting({"heard": (heard.append,)}) == 1
    assert [(told.id, told.kind, told.payload["order"]) for told in heard] == [(number, "heard", "140900W")]
    assert heard[0].occurred_at == clock.now()
    assert handle_waiting({"heard": (heard.append,)}) == 0


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        announce("heard")


def test_what_was_undone_was_never_announced() -> None:
    with transaction.atomic():
        announce("heard")
        transaction.set_rollback(True)
    assert not Fact.objects.exists()


def test_facts_are_handled_in_the_order_they_happened(clock: VirtualClock) -> None:
    heard: list[int] = []
    numbers = [tell() for _ in range(5)]
    handle_waiting({"heard": (lambda told: heard.append(told.id),)})
    assert heard == numbers


def test_an_urgent_fact_is_handled_before_all_that_wait_and_alone(clock: VirtualClock) -> None:
    heard: list[int] = []
    reactions = {"heard": (lambda told: heard.append(told.id),)}
    before = [tell() for _ in range(5)]
    clock.advance(seconds=1)
    first, second = tell_urgently(), tell_urgently()
    assert handle_waiting(reactions) == 2
    assert heard == [first, second]
    assert handle_waiting(reactions) == 5
    assert heard == [first, second, *before]


def test_urgent_is_no_part_of_what_a_fact_tells(clock: VirtualClock) -> None:
    heard: list[Told] = []
    tell_urgently()
    handle_waiting({"heard": (heard.append,)})
    assert dict(heard[0].payload) == {"order": "1"}
    assert heard[0].occurred_at == clock.now()


def test_an_urgent_fact_that_fails_no_longer_keeps_the_others_waiting(clock: VirtualClock) -> None:
    heard: list[int] = []
    tell_urgently("broken")
    ordinary = tell()
    reactions = {"heard": (lambda told: heard.append(told.id),), "broken": (fail,)}
    handle_waiting(reactions)
    assert heard == []
    handle_waiting(reactions)
    assert heard == [ordinary]


def test_what_gathers_a_batch_follows_once_after_all_of_it(clock: VirtualClock) -> None:
    heard: list[object] = []
    numbers = [tell("heard"), tell("other"), tell("heard")]
    gathered = Gathered(lambda facts: heard.append([told.id for told in facts]))
    reactions = {"heard": (gathered, lambda told: heard.append(told.id)), "other": (gathered,)}
    assert handle_waiting(reactions) == 3
    assert heard == [numbers[0], numbers[2], numbers]


def test_a_fact_that_what_gathers_fails_on_is_put_off_alone(clock: VirtualClock) -> None:
    def write_all(facts: Sequence[Told]) -> None:
        for told in facts:
            write_a_day(told)

    numbers = [tell(day=day) for day in ("2026-03-03", "no day", "2026-03-04")]
    assert handle_waiting({"heard": (Gathered(write_all),)}) == 3
    assert Workday.objects.count() == 2
    assert Fact.objects.get(handled_at=None).id == numbers[1]


def test_a_failing_reaction_is_put_off_longer_each_time_and_at_last_set_aside(clock: VirtualClock) -> None:
    number = tell()
    waits = []
    for _ in range(TRIES_BEFORE_SET_ASIDE):
        assert handle_waiting({"heard": (fail,)}) == 1
        fact = Fact.objects.get(id=number)
        waits.append((fact.next_try_at - clock.now()).total_seconds())
        assert handle_waiting({"heard": (fail,)}) == 0, "not before its time"
        clock.move_to(fact.next_try_at)
    assert waits == sorted(waits)
    assert waits[0] < waits[-1] <= 300
    fact = Fact.objects.get(id=number)
    assert fact.set_aside_at is not None
    assert "out of paper" in fact.trouble
    clock.advance(days=30)
    assert handle_waiting({"heard": (fail,)}) == 0
    assert troubles()["facts"] == 1


def test_a_failing_fact_does_not_hold_up_those_behind_it(clock: VirtualClock) -> None:
    heard: list[int] = []
    tell("poison")
    behind = [tell() for _ in range(3)]
    handle_waiting({"poison": (fail,), "heard": (lambda told: heard.append(told.id),)})
    assert heard == behind


def test_what_a_reaction_wrote_before_the_next_one_failed_is_undone(clock: VirtualClock) -> None:
    tell(day="2026-03-03")
    handle_waiting({"heard": (write_a_day, fail)})
    assert not Workday.objects.exists()
    clock.advance(hours=1)
    handle_waiting({"heard": (write_a_day,)})
    assert Workday.objects.count() == 1


def test_a_fact_nobody_reacts_to_by_name_is_a_trouble_not_a_loss(clock: VirtualClock) -> None:
    number = tell("unheard of")
    handle_waiting({})
    fact = Fact.objects.get(id=number)
    assert fact.handled_at is None
    assert "KeyError" in fact.trouble


def test_a_trouble_that_quotes_what_postgresql_cannot_store_is_still_noted(clock: VirtualClock) -> None:
    def quote_the_caller(told: Told) -> None:
        raise ValueError("caller said \x00 and \ud800")

    tell()
    behind: list[int] = []
    number = tell("fine")
    handle_waiting({"heard": (quote_the_caller,), "fine": (lambda told: behind.append(told.id),)})
    assert behind == [number]
    assert "caller said" in Fact.objects.get(kind="heard").trouble


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_in_the_middle_leaves_the_fact_for_the_next(clock: VirtualClock) -> None:
    class PowerCut(BaseException):
        pass

    def cut(told: Told) -> None:
        write_a_day(told)
        raise PowerCut

    tell(day="2026-03-03")
    with pytest.raises(PowerCut):
        handle_waiting({"heard": (cut,)})
    assert not Workday.objects.exists()
    assert handle_waiting({"heard": (write_a_day,)}) == 1
    assert Workday.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_side_by_side_do_not_wait_for_each_other_nor_take_the_same(clock: VirtualClock) -> None:
    numbers = {tell() for _ in range(4)}
    mine: set[int] = set()
    theirs: set[int] = set()

    def let_the_other_work(told: Told) -> None:
        mine.add(told.id)
        if len(mine) == 2:
            another_connection(lambda: handle_waiting({"heard": (lambda told: theirs.add(told.id),)}))

    handle_waiting({"heard": (let_the_other_work,)}, limit=2)
    assert mine | theirs == numbers
    assert not mine & theirs


@pytest.mark.django_db(transaction=True)
def test_a_waiting_worker_is_woken_when_the_fact_is_committed_and_not_before() -> None:
    connection.ensure_connection()
    listener = connection.copy()
    listener.ensure_connection()
    try:
        link = listener.connection
        assert link is not None
        link.autocommit = True
        link.execute(f"LISTEN {outbox.CHANNEL}")
        with transaction.atomic():
            announce("heard")
            assert list(link.notifies(timeout=0.2)) == []
        assert [note.channel for note in link.notifies(timeout=5, stop_after=1)] == [outbox.CHANNEL]
    finally:
        listener.close()
