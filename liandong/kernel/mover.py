"""The one mover of records: the only code that changes a `state` column.

Compare-and-set on the old state and version, so that of two people acting at once one wins and the other is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from django.db import connection
from django.db.models import Field, Model

from liandong.kernel.errors import Conflict
from liandong.kernel.lifecycle import Edge, Lifecycle


def move(record: Model, life: Lifecycle, verb: str, *, changes: Mapping[str, Any] | None = None) -> Edge:
    """Move `record` (fields `state`, `version`) along `verb`, writing `changes` in the same UPDATE.

    Raises NoSuchEdge when the table has no such edge, Conflict when the row has moved on since it was read. The
    record in memory is brought up to date.
    """
    old_state: str = record.state  # type: ignore[attr-defined]
    old_version: int = record.version  # type: ignore[attr-defined]
    edge = life.edge(old_state, verb)
    values = {**(changes or {}), "state": edge.target, "version": old_version + 1}
    fields = [_field(type(record), name) for name in values]
    new = [field.get_db_prep_save(value, connection) for field, value in zip(fields, values.values(), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_statement(type(record), tuple(values)), [*new, record.pk, old_state, old_version])
        if cursor.rowcount != 1:
            raise Conflict
    for name, value in values.items():
        setattr(record, name, value)
    return edge


def move_all(records: Sequence[Model], life: Lifecycle, verb: str, *, changes: Mapping[str, Any] | None = None) -> None:
    """`move` for many records that are in one state, with one statement.

    Raises Conflict when one of them has moved on since it was read; then the transaction must be undone.
    """
    if not records:
        return
    (old,) = {record.state for record in records}  # type: ignore[attr-defined]
    edge, model = life.edge(old, verb), type(records[0])
    values = {**(changes or {}), "state": edge.target}
    new = [_field(model, name).get_db_prep_save(value, connection) for name, value in values.items()]
    keys, seen = [record.pk for record in records], [record.version for record in records]  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(_statement_for_many(model, tuple(values)), [*new, keys, seen, old])
        if cursor.rowcount != len(records):
            raise Conflict
    for record in records:
        for name, value in values.items():
            setattr(record, name, value)
        record.version += 1  # type: ignore[attr-defined]


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    return cast("Field[Any, Any]", model._meta.get_field(name))


@lru_cache(maxsize=256)  # as many as there are verbs with columns of their own
def _statement(model: type[Model], names: tuple[str, ...]) -> str:
    """The UPDATE that writes the columns `names`; its text is put together once."""
    columns = ", ".join(f"{_column(model, name)} = %s" for name in names)
    seen = f"{_column(model, 'state')} = %s AND {_column(model, 'version')} = %s"
    # Put together from the columns of our own models only.
    return f"UPDATE {_table(model)} SET {columns} WHERE id = %s AND {seen}"  # noqa: S608


@lru_cache(maxsize=256)
def _statement_for_many(model: type[Model], names: tuple[str, ...]) -> str:
    """The same for the rows whose keys and versions are given as two arrays."""
    columns = ", ".join(f"{_column(model, name)} = %s" for name in names)
    version, state = _column(model, "version"), _column(model, "state")
    return (
        f"UPDATE {_table(model)} AS moved SET {columns}, {version} = moved.{version} + 1 "  # noqa: S608
        f"FROM unnest(%s::bigint[], %s::int[]) AS seen (id, version) "
        f"WHERE moved.id = seen.id AND moved.{version} = seen.version AND moved.{state} = %s"
    )


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _column(model: type[Model], name: str) -> str:
    return connection.ops.quote_name(str(_field(model, name).column))
