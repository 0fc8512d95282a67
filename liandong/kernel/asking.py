"""A question whose statement is put together once and then only asked.

Django writes the text of a query anew each time; for a row of fifty columns that takes longer than PostgreSQL's answer.
What every action of the house reads (the order and its matter under the lock, a transfer) is therefore a `Question`:
the query set stays the one place that says what is read, its text and the way from a row to records are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from inspect import signature
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.transaction import TransactionManagementError

M = TypeVar("M", bound=Model)


class Given(Expression):
    """The place of a value that comes when the question is asked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


class Question(Generic[M]):
    """`question(number=…)` answers like the query set that `build` makes; the arguments of `build` are its names.

    The values are sent as they are given, without a field looking at them: text for a text column, a key for a key.
    """

    def __init__(self, build: Callable[..., QuerySet[M]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def __call__(self, **given: Any) -> list[M]:
        kept = self._kept
        if kept.locks and not connection.in_atomic_block:
            raise TransactionManagementError("a question that locks is asked outside a transaction")
        with connection.cursor() as cursor:
            cursor.execute(kept.text, [given[at.name] if isinstance(at, Given) else at for at in kept.values])
            rows = cursor.fetchall()
        return list(kept.records(rows))

    def first(self, **given: Any) -> M | None:
        """The first record of the answer, if there is one."""
        return next(iter(self(**given)), None)

    @cached_property
    def _kept(self) -> _Kept:
        return _Kept(self._build(**{name: Given(name) for name in signature(self._build).parameters}))


class _Kept:
    """What a query set comes to: its text, the values in their places, and how its rows become records."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        compiler = rows.query.get_compiler(connection=connection)
        self.text, values = compiler.as_sql()
        self.values: Sequence[Any] = tuple(values)
        self.locks = rows.query.select_for_update
        info: Any = compiler.klass_info
        select: Any = compiler.select
        self._database = connection.alias
        self._compiler: Any = compiler
        self._converters = compiler.get_converters([expression for expression, _, _ in select])
        self._model: type[Model] = info["model"]
        self._start, self._end = info["select_fields"][0], info["select_fields"][-1] + 1
        self._names = [column[0].target.attname for column in select[self._start : self._end]]
        self._beside = get_related_populators(info, select, self._database)  # type: ignore[call-arg]  # the stubs are of a later Django
        self._extra = sorted((compiler.annotation_col_map or {}).items())

    def records(self, rows: list[tuple[Any, ...]]) -> Iterator[Any]:
        for row in self._compiler.apply_converters(rows, self._converters) if self._converters else rows:
            record = self._model.from_db(self._database, self._names, row[self._start : self._end])
            for populator in self._beside:
                populator.populate(row, record)
            for name, place in self._extra:
                setattr(record, name, row[place])
            yield record
