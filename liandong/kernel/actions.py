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
    key: str,
    wanted: Sequence[tuple[Row, Mapping[str, Any]]],
    *,
    when_new: Mapping[str, Any] | None = None,
) -> Loaded:
    """Bring rows of a pack into `model`, matched by the unique column `key`; rows the pack does not name stay.

    Each item is the row of the file and the columns it asks for, `key` among them; `when_new` are columns that only a
    new row gets. Raises BadRow when the file names one key twice. Foreign keys may point to rows that come later:
    PostgreSQL checks them at the end of the transaction.
    """
    seen: dict[Any, Row] = {}
    for row, columns in wanted:
        if columns[key] in seen:
            raise row.bad(key, f"与第{seen[columns[key]].line}行重复（{columns[key]}）")
        seen[columns[key]] = row
    manager = model._default_manager
    present = {getattr(found, key): found for found in manager.filter(**{f"{key}__in": list(seen)})}
    new, changed = [], []
    for _, columns in wanted:
        found = present.get(columns[key])
        if found is None:
            new.append(model(**columns, **(when_new or {})))
        elif any(getattr(found, name) != value for name, value in columns.items()):
            for name, value in columns.items():
                setattr(found, name, value)
            changed.append(found)
    manager.bulk_create(new)
    if changed:
        manager.bulk_update(changed, [name for name in wanted[0][1] if name != key])
    return Loaded(created=len(new), updated=len(changed), unchanged=len(wanted) - len(new) - len(changed))
