"""Lets the test database be emptied after a test with real transactions, although the trail refuses TRUNCATE.

After `@pytest.mark.django_db(transaction=True)` Django empties every table with TRUNCATE, and the triggers of
`audit_event` and `audit_seal` refuse it. This plugin switches those triggers off around the tear-down of such a
test, as the tables' owner may, and on again after it. During the test itself they are on. Nothing of this is in the
product: the triggers know no exception and no setting that opens them.

The root `conftest.py` loads it with `pytest_plugins = ["tests.flush"]`.
"""

from __future__ import annotations

from collections.abc import Generator

import psycopg
import pytest
from django.db import connections
from psycopg import sql

APPEND_ONLY = (
    *("audit_event", "audit_seal", "intake_orderstep", "transfer_steprow", "transfer_noterow"),
    *("intake_document", "intake_documentpiece", "intake_documentremoval", "report_reportrow"),
)

# The fixtures of pytest-django after which the tables are emptied; the mark is the usual way to them.
_EMPTYING = {"transactional_db", "live_server", "django_db_reset_sequences", "django_db_serialized_rollback"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    if not _empties_tables(item):
        return (yield)
    test_database = _name()
    _switch("DISABLE")
    try:
        return (yield)
    finally:
        # After the last test of a run the test database is gone with its triggers.
        if _name() == test_database:
            _switch("ENABLE ALWAYS")


def _name() -> str:
    return str(connections["default"].settings_dict["NAME"])


def _empties_tables(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("django_db")
    marked = mark is not None and bool(mark.kwargs.get("transaction") or (mark.args and mark.args[0]))
    return marked or not _EMPTYING.isdisjoint(getattr(item, "fixturenames", ()))


def _switch(state: str) -> None:
    """On a connection of its own, as Django's belongs to the test; a lock the test still holds fails, not hangs."""
    given = connections["default"].get_connection_params()
    names = {key: given[key] for key in ("dbname", "user", "password", "host", "port") if given.get(key)}
    with psycopg.connect(**names, options="-c lock_timeout=5s") as database:
        for table in APPEND_ONLY:
            database.execute(
                sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(
                    sql.Identifier(table), sql.SQL(state), sql.Identifier(f"{table}_append_only")
                )
            )
