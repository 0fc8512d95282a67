"""Empties the test database after a test with real transactions, although the trail refuses to lose a row.

After `@pytest.mark.django_db(transaction=True)` Django truncates every table, which takes a tenth of a second for the
files of a hundred tables that mostly are empty, and then makes its table of models and permissions anew, which nobody
asks. This plugin deletes the rows instead, of the tables that have any, and leaves that table alone. The triggers of
the append-only tables are off within that one transaction, as the tables' owner may have it, so that nobody else ever
sees them off. Nothing of this is in the product: the triggers know no exception and no setting that opens them.

The root `conftest.py` loads it with `pytest_plugins = ["tests.flush"]`.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connections, transaction
from psycopg import sql

APPEND_ONLY = (
    *("audit_event", "audit_seal", "intake_orderstep", "transfer_steprow", "transfer_noterow"),
    *("intake_document", "intake_documentpiece", "intake_documentremoval", "report_reportrow"),
)
# What migrating has made and no test changes.
STAYS = {"django_content_type", "auth_permission"}
# How often it is begun anew when a server beside asked for tables in the other order, and PostgreSQL ended one of both.
MOST_TRIES = 5


def pytest_configure(config: pytest.Config) -> None:
    from django.test import TransactionTestCase

    TransactionTestCase._fixture_teardown = _emptied  # type: ignore[attr-defined]


def _emptied(case: Any) -> None:
    for name in case._databases_names(include_mirrors=False):
        empty(connections[name])


def empty(connection: Any) -> None:
    """Delete all rows. A lock that the test still holds fails, not hangs: raises OperationalError after 5 s."""
    for tries in range(MOST_TRIES):
        try:
            return _empty(connection)
        except OperationalError as why:
            if tries == MOST_TRIES - 1 or not isinstance(why.__cause__, psycopg.errors.DeadlockDetected):
                raise
    return None


def _empty(connection: Any) -> None:
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - STAYS)
    has_any = sql.SQL("SELECT {0} WHERE EXISTS (SELECT FROM {1})")
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        # Who writes is waited for, as its rows would come after; who only reads goes on.
        names = sql.SQL(", ").join(map(sql.Identifier, tables))
        cursor.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(names))
        asked = [has_any.format(sql.Literal(table), sql.Identifier(table)) for table in tables]
        cursor.execute(sql.SQL(" UNION ALL ").join(asked))
        filled = sorted(name for (name,) in cursor.fetchall())
        guarded = [table for table in filled if table in APPEND_ONLY]
        _switch(cursor, guarded, "DISABLE")
        for table in filled:
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come is not altered
        _switch(cursor, guarded, "ENABLE ALWAYS")


def _switch(cursor: Any, tables: list[str], state: str) -> None:
    for table in tables:
        cursor.execute(
            sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(
                sql.Identifier(table), sql.SQL(state), sql.Identifier(f"{table}_append_only")
            )
        )
