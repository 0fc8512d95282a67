"""The one mover of records: the only code that changes a `state` column.

Compare-and-set on the old state and version, so that of two people acting at once one wins and the other is told.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    return cast("Field[Any, Any]", model._meta.get_field(name))


@lru_cache(maxsize=256)  # as many as there are verbs with columns of their own
def _statement(model: type[Model], names: tuple[str, ...]) -> str:
    """The UPDATE that writes the columns `names`; its text is put together once."""
    meta, quoted = model._meta, connection.ops.quote_name

    def column(name: str) -> str:
        return f"{quoted(str(_field(model, name).column))} = %s"

    columns = ", ".join(map(column, names))
    seen = f"{column('state')} AND {column('version')}"
    # Put together from the columns of our own models only.
    return f"UPDATE {quoted(meta.db_table)} SET {columns} WHERE id = %s AND {seen}"  # noqa: S608
