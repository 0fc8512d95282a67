"""One transaction for many acts in which nothing may go wrong: without savepoints, and with rows written together.

A backlog is thousands of acts that all succeed. Taken carefully each has a savepoint to go back to, reads and locks for
itself what the one before it has locked, and sends a statement for every row it makes. Here the first trouble undoes
the whole, and whoever began it takes the same acts carefully; so nothing has to be put right halfway.

What waits to be written is written before any statement that names its table, so nobody reads past it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Model

T = TypeVar("T")
Write = Callable[[list[Any]], object]


class Spoilt(Exception):
    """Something failed on the way and was caught there: what followed it cannot be kept."""


class AtOnce:
    """What one such transaction has not written yet, and what it knows because its locks are held to the end."""

    def __init__(self) -> None:
        self._later: dict[str, tuple[Write, list[Any]]] = {}
        self._known: dict[Hashable, dict[Any, Any]] = {}

    def later(self, table: str, write: Callable[[list[T]], object], row: T) -> None:
        """Let `write` have the row with all others it was given, in their order: at the end or when `table` is read."""
        self._later.setdefault(table, (write, []))[1].append(row)

    def known(self, owner: Hashable) -> dict[Any, Any]:
        """A place where the code that calls itself `owner` keeps what it need not ask again."""
        return self._known.setdefault(owner, {})

    def write(self) -> None:
        """All that waits, the tables in the order in which they were first written to."""
        while self._later:
            table = next(iter(self._later))
            write, rows = self._later.pop(table)
            write(rows)

    def before(self, execute: Callable[..., Any], text: str, values: Any, many: bool, context: Any) -> Any:
        """Django's hook around a statement."""
        if any(_reads(text, table) for table in self._later):
            self.write()
        return execute(text, values, many, context)


@lru_cache(maxsize=4096)  # the statements of the house are few; those with lists of their own length come and go
def _reads(text: str, table: str) -> bool:
    """Whether the statement names the table other than to add one more row to it."""
    adds = text.startswith(f'INSERT INTO "{table}"') and "SELECT" not in text
    return not adds and re.search(rf"\b{table}\b", text) is not None


_running: ContextVar[AtOnce | None] = ContextVar("at_once", default=None)


def running() -> AtOnce | None:
    """The transaction of this kind that runs here, if one does."""
    return _running.get()


def insert(row: Model) -> None:
    """Write a new row whose key nobody asks for: now, or with others of its table."""
    together = running()
    if together is None:
        row.save(force_insert=True)
    else:
        together.later(row._meta.db_table, type(row)._default_manager.bulk_create, row)


@contextmanager
def at_once() -> Iterator[AtOnce]:
    """Undone as a whole by the first exception that leaves the block.

    Raises Spoilt when an exception left an inner `atomic` and no further. `select_for_update` and `on_commit` are as
    everywhere.
    """
    with transaction.atomic():
        one, features = AtOnce(), connection.features
        token = _running.set(one)
        # Read by Django before each savepoint; an inner `atomic` that fails then spoils the whole transaction.
        features.uses_savepoints = False
        try:
            with connection.execute_wrapper(one.before):
                yield one
                if connection.needs_rollback:
                    raise Spoilt
                one.write()
        finally:
            del features.uses_savepoints
            _running.reset(token)
