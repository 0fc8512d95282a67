"""Reads of the kernel's own tables."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import LiteralString

from django.db import connection
from psycopg import sql

from liandong.kernel.models import Fact, SetAside, Workday
from liandong.kernel.workdays import WorkCalendar

# The longest span any clock asks for is a long-cycle matter of 180 days with its extensions.
HORIZON_DAYS = 400


def work_calendar(start: date) -> WorkCalendar:
    """The working days from `start` to the horizon, as far as the table knows them."""
    rows = Workday.objects.filter(day__gte=start, day__lte=start + timedelta(days=HORIZON_DAYS))
    return WorkCalendar(dict(rows.values_list("day", "working")))


def known_years() -> list[int]:
    """Years for which the calendar has at least one row, ascending."""
    return sorted({day.year for day in Workday.objects.dates("day", "year")})


def troubles() -> dict[str, int]:
    """Counts of work set aside, for health pages and `liandong check`."""
    return {
        "facts": Fact.objects.filter(set_aside_at__isnull=False).count(),
        "due": SetAside.objects.filter(retry_at__isnull=True).count(),
    }


# The key grows with the moment, so a moment is found by halving, some thirty looks at the primary key: an index on the
# moment would cost every accepted order something for a page that is opened a few times a day.
_FIRST_SINCE: LiteralString = """
WITH RECURSIVE look(lo, hi) AS (
    SELECT coalesce(min({key}), 0), coalesce(max({key}), 0) + 1 FROM {table}
    UNION ALL
    SELECT CASE WHEN found.at < %(at)s THEN found.key + 1 ELSE look.lo END,
           CASE WHEN found.at < %(at)s THEN look.hi ELSE (look.lo + look.hi) / 2 END
    FROM look CROSS JOIN LATERAL (
        SELECT t.{key} AS key, t.{at} AS at FROM {table} t WHERE t.{key} >= (look.lo + look.hi) / 2
        ORDER BY t.{key} LIMIT 1
    ) AS found
    WHERE look.lo < look.hi
)
SELECT max(lo) FROM look
"""


def first_key_since(table: str, key: str, at: str, moment: datetime) -> int:
    """The key of the first row of `table` whose column `at` is not before `moment`.

    One past the last when there is none, 0 when the table is empty.

    For tables whose rows are written in order of time. Where some were not, a neighbour's key may be told instead.
    """
    names = {"table": sql.Identifier(table), "key": sql.Identifier(key), "at": sql.Identifier(at)}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(_FIRST_SINCE).format(**names), {"at": moment})
        return int(cursor.fetchone()[0])
