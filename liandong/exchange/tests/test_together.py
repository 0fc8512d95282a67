"""Orders that go into one statement: each gets its own answer, whatever its neighbours did."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
from django.db import connection

from liandong.audit.by import By
from liandong.exchange import pool, together
from liandong.exchange.problems import Unavailable
from liandong.intake.accepting import Incoming, Key, Row
from liandong.intake.actions.accept import prepare
from liandong.intake.models import Order
from tests.cast import HOTLINE_TAKER

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("city")]
SYSTEM = "hot"


def row(external_id: str = "", key: str = "", body: bytes = b"b", **given: Any) -> Row:
    incoming = Incoming(kind="work", title="路灯不亮", content="三号楼前路灯不亮", external_id=external_id, **given)
    by = By(name="系统", post="system", desk="12345", system=SYSTEM, rights=HOTLINE_TAKER.rights)
    (made,), _ = prepare(by, [incoming], [Key(SYSTEM, key, body)])
    return made


def at_once(rows: Sequence[Row]) -> list[set[str] | BaseException]:
    """Hand all rows in before the database answers the first."""

    async def all_of_them() -> list[set[str] | BaseException]:
        try:
            return await asyncio.gather(*map(together.accept, rows), return_exceptions=True)
        finally:
            await pool.close()

    return asyncio.run(all_of_them())


def commits() -> int:
    """How many transactions wrote the orders there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM intake_order")
        found: int = cursor.fetchone()[0]
    return found


def test_orders_that_come_while_the_database_is_busy_are_one_commit() -> None:
    rows = [row() for _ in range(together.MOST)]
    assert at_once(rows) == [{one.order_number} for one in rows]
    assert (Order.objects.count(), commits()) == (together.MOST, 1)


def test_more_than_a_statement_takes_are_several_and_none_is_left() -> None:
    rows = [row() for _ in range(10 * together.MOST + 1)]
    assert at_once(rows) == [{one.order_number} for one in rows]
    assert (Order.objects.count(), commits()) == (len(rows), 11)


def test_an_order_alone_is_written_at_once() -> None:
    one = row()
    assert at_once([one]) == [{one.order_number}]


@pytest.mark.parametrize("place", range(9))
def test_a_row_that_is_refused_touches_no_other(place: int) -> None:
    first = row(external_id="A1")
    at_once([first])
    rows = [row() for _ in range(8)]
    rows.insert(place, row(external_id="A1"))
    told = at_once(rows)
    assert isinstance(told.pop(place), asyncpg.UniqueViolationError)
    del rows[place]
    assert told == [{one.order_number} for one in rows]
    assert Order.objects.count() == 9


def test_of_rows_with_one_external_number_exactly_the_first_is_taken() -> None:
    rows = [row(), row(external_id="A2"), row(), row(external_id="A2"), row(external_id="A2")]
    told = at_once(rows)
    assert told[:3] == [{one.order_number} for one in rows[:3]]
    assert all(isinstance(one, asyncpg.UniqueViolationError) for one in told[3:])


def test_of_rows_with_one_key_one_is_new_and_the_others_are_told_that_they_are_not() -> None:
    rows = [row(key="k1"), row(), row(key="k1"), row(key="k1", body=b"other")]
    told = at_once(rows)
    assert told.pop(1) == {rows.pop(1).order_number}
    assert sorted(len(one) for one in told if isinstance(one, set)) == [0, 0, 1]
    assert Order.objects.count() == 2


def test_a_sender_that_went_away_costs_the_others_nothing() -> None:
    rows = [row() for _ in range(5)]

    async def one_leaves() -> list[set[str] | BaseException]:
        waiting = [asyncio.ensure_future(together.accept(one)) for one in rows]
        await asyncio.sleep(0)  # every one of them has handed its row in
        waiting[2].cancel()
        try:
            return await asyncio.gather(*waiting, return_exceptions=True)
        finally:
            await pool.close()

    told = asyncio.run(one_leaves())
    assert isinstance(told.pop(2), asyncio.CancelledError)
    del rows[2]
    assert told == [{one.order_number} for one in rows]


def test_a_database_that_cannot_be_reached_is_told_to_all_and_the_next_find_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [row() for _ in range(5)]
    with monkeypatch.context() as away:
        away.setattr(
            pool, "for_asyncpg", lambda: {"host": "127.0.0.1", "port": 1, "user": "nobody", "database": "none"}
        )
        told = at_once(rows)
    assert [type(one) for one in told] == [Unavailable] * 5
    assert at_once(rows) == [{one.order_number} for one in rows]
