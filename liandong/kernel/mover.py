"""The one mover of records: the only code that changes a `state` column.

Compare-and-set on the old state and version, so that of two people acting at once one wins and the other is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

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
    done = type(record)._default_manager.filter(pk=record.pk, state=old_state, version=old_version).update(**values)
    if done != 1:
        raise Conflict
    for name, value in values.items():
        setattr(record, name, value)
    return edge
