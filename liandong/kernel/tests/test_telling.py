"""What open screens are told is written in the order in which it can be seen, and kept for a day."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections, transaction

from liandong.kernel.clock import VirtualClock
from liandong.kernel.live import Message
from liandong.kernel.models import Fact, LiveMessage
from liandong.kernel.outbox import Told, announce, handle_waiting
from liandong.kernel.telling import KEPT_FOR, tidy, write
from liandong.kernel.tests.beside import PATIENCE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.external]


def message(kind: str) -> Message:
    return Message(kind=kind, topics=("orders:hot", "matter:7"))


def tell(told: Told) -> Message | None:
    return None if told.payload.get("silent") else message(str(told.payload["said"]))


def happen(**payload: object) -> None:
    with transaction.atomic():
        announce("heard", **payload)


def told() -> list[str]:
    return list(LiveMessage.objects.order_by("id").values_list("kind", flat=True))


def test_a_batch_of_facts_is_told_in_its_order() -> None:
    for said in ("one", "two", "three"):
        happen(said=said)
    happen(silent=True)
    handle_waiting({"heard": ()}, tell=tell)
    assert told() == ["one", "two", "three"]
    row = LiveMessage.objects.order_by("id")[0]
    assert (row.topics, row.matter, row.danger, row.needs) == (["orders:hot", "matter:7"], "", False, "")


def test_what_cannot_be_told_is_put_off_and_holds_nothing_else_up() -> None:
    happen(said="before")
    happen(mute=True)
    happen(said="after")
    handle_waiting({"heard": ()}, tell=tell)
    assert told() == ["before", "after"]
    assert [fact.tries for fact in Fact.objects.filter(handled_at=None)] == [1]


def test_a_fact_whose_reaction_fails_is_told_when_it_has_worked(clock: VirtualClock) -> None:
    happen(said="late")

    def fail(told: Told) -> None:
        raise RuntimeError("not yet")

    handle_waiting({"heard": (fail,)}, tell=tell)
    assert told() == []
    clock.advance(minutes=10)
    handle_waiting({"heard": (lambda told: None,)}, tell=tell)
    assert told() == ["late"]


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_later_id_is_never_seen_before_an_earlier_one() -> None:
    """Ids are handed out before a commit: without the lock the second worker's row would be seen first."""
    seen: list[list[str]] = []

    def second_worker() -> None:
        with transaction.atomic():
            write([message("second")])
        seen.append(told())
        connections.close_all()

    other = threading.Thread(target=second_worker)
    with transaction.atomic():
        write([message("first")])
        other.start()
        while not waits_for_a_lock():
            assert other.is_alive(), "the second worker was not held back"
        assert seen == []
    other.join(PATIENCE)
    assert seen == [["first", "second"]]


def test_messages_go_after_a_day_but_the_newest_stays(clock: VirtualClock) -> None:
    write([message("old"), message("old too")])
    clock.advance(hours=1)
    write([message("newer")])
    assert tidy() == 0
    clock.move_to(clock.now() + KEPT_FOR - KEPT_FOR / 100)
    assert tidy() == 2
    clock.advance(days=2)
    assert tidy() == 0
    assert told() == ["newer"]
