"""Writes of the kernel's own tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import chinese_calendar
from django.db.models import Model

from liandong.kernel.models import Workday
from liandong.kernel.rows import Loaded, Row

SEED_SOURCE = "国务院办公厅年度节假日安排（chinesecalendar）"


def seed_workdays(first: int, last: int) -> list[int]:
    """Fill the calendar for the years `first`..`last` where rows are missing; rows people edited are kept.

    Returns the years the source does not know yet; they are an alarm for the administrator, not a guess.
    """
    unknown = []
    for year in range(first, last + 1):
        day, rows = date(year, 1, 1), []
        try:
            while day.year == year:
                _, label = chinese_calendar.get_holiday_detail(day)
                rows.append(
                    Workday(day=day, working=chinese_calendar.is_workday(day), label=label or "", source=SEED_SOURCE)
                )
                day += timedelta(days=1)
        except NotImplementedError:
            unknown.append(year)
            continue
        Workday.objects.bulk_create(rows, ignore_conflicts=True)
    return unknown


def upsert(
    model: type[Model],
    key: str | tuple[str, ...],
    wanted: Sequence[tuple[Row, Mapping[str, Any]]],
    *,
    when_new: Mapping[str, Any] | None = None,
) -> Loaded:
    """Bring rows of a pack into `model`, matched by the unique column or columns `key`; other rows stay.

    Each item is the row of the file and the columns it asks for, `key` among them; `when_new` are columns that only a
    new row gets. Raises BadRow when the file names one key twice. Foreign keys may point to rows that come later:
    PostgreSQL checks them at the end of the transaction.
    """
    names = (key,) if isinstance(key, str) else key
    seen: dict[tuple[Any, ...], Row] = {}
    for row, columns in wanted:
        value = tuple(columns[name] for name in names)
        if value in seen:
            raise row.bad(names[-1], f"与第{seen[value].line}行重复（{'，'.join(map(str, value))}）")
        seen[value] = row
    manager = model._default_manager
    near = manager.filter(**{f"{names[0]}__in": {value[0] for value in seen}})
    present = {tuple(getattr(found, name) for name in names): found for found in near}
    new, changed = [], []
    for _, columns in wanted:
        found = present.get(tuple(columns[name] for name in names))
        if found is None:
            new.append(model(**columns, **(when_new or {})))
        elif any(getattr(found, name) != value for name, value in columns.items()):
            for name, value in columns.items():
                setattr(found, name, value)
            changed.append(found)
    manager.bulk_create(new)
    if changed:
        manager.bulk_update(changed, [name for name in wanted[0][1] if name not in names])
    return Loaded(created=len(new), updated=len(changed), unchanged=len(wanted) - len(new) - len(changed))
