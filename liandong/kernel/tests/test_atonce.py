from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from liandong.kernel.atonce import Spoilt, at_once, insert, running
from liandong.kernel.models import Fact, Workday
from liandong.kernel.outbox import announce

pytestmark = [pytest.mark.django_db, pytest.mark.external]

FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 3)


def day(day: date) -> Workday:
    return Workday(day=day, working=True, source="test")


def statements(act: Callable[[], Any]) -> list[str]:
    """What the act sends to the database."""
    sent: list[str] = []

    def note(execute: Callable[..., Any], text: str, *rest: Any) -> Any:
        sent.append(text)
        return execute(text, *rest)

    with connection.execute_wrapper(note):
        act()
    return sent


def test_an_inner_block_costs_no_statement_and_outside_it_is_a_savepoint_again() -> None:
    def inner() -> None:
        with transaction.atomic():
            pass

    assert len(statements(inner)) == 2
    with at_once():
        assert statements(inner) == []
    assert len(statements(inner)) == 2
    with pytest.raises(ZeroDivisionError), at_once():
        raise ZeroDivisionError
    assert len(statements(inner)) == 2
    assert running() is None


def test_rows_of_one_table_are_written_with_one_statement_in_their_order() -> None:
    def both() -> None:
        with at_once():
            insert(day(FIRST))
            announce("first")
            insert(day(SECOND))
            announce("second", text="𠮷")

    sent = statements(both)
    assert [text.split('"')[1] for text in sent if text.startswith("INSERT")] == ["kernel_workday"]
    assert sum("INSERT INTO kernel_fact" in text for text in sent) == 1
    assert Workday.objects.count() == 2
    assert list(Fact.objects.order_by("id").values_list("kind", "payload")) == [
        ("first", {}),
        ("second", {"text": "𠮷"}),
    ]


def test_what_waits_is_written_before_its_table_is_read_or_changed() -> None:
    with at_once():
        insert(day(FIRST))
        assert Workday.objects.count() == 1
        insert(day(SECOND))
        assert Workday.objects.filter(working=True).update(source="read") == 2
        announce("first")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM kernel_fact")
            assert cursor.fetchone() == (1,)


def test_one_more_row_of_a_table_writes_nothing_that_waits() -> None:
    def third() -> None:
        day(date(2026, 3, 4)).save(force_insert=True)

    with at_once():
        insert(day(FIRST))
        insert(day(SECOND))
        assert len(statements(third)) == 1
        assert [one.day for one in Workday.objects.order_by("day")] == [FIRST, SECOND, date(2026, 3, 4)]


def test_outside_a_new_row_is_written_at_once() -> None:
    insert(day(FIRST))
    assert Workday.objects.count() == 1


def test_the_first_exception_undoes_all() -> None:
    def trouble() -> None:
        insert(day(FIRST))
        assert Workday.objects.count() == 1
        announce("first")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), at_once():
        trouble()
    assert Workday.objects.count() == 0
    assert Fact.objects.count() == 0


def test_what_was_caught_on_the_way_spoils_all() -> None:
    def hushed() -> None:
        insert(day(FIRST))
        with suppress(ZeroDivisionError), transaction.atomic():
            raise ZeroDivisionError

    with pytest.raises(Spoilt), at_once():
        hushed()
    assert Workday.objects.count() == 0


def test_a_row_that_is_there_already_shows_at_the_end_and_undoes_all() -> None:
    day(SECOND).save()

    def both() -> None:
        insert(day(FIRST))
        insert(day(SECOND))

    with pytest.raises(IntegrityError), at_once():
        both()
    assert Workday.objects.count() == 1
