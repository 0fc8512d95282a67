"""Load the dated rows of a city pack: code tables, limits, parameters. Loading again changes what differs."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from liandong.audit.by import By
from liandong.identity.rights import CITY_LOAD
from liandong.intake.models import Code, LimitRow, Parameter
from liandong.intake.queries import forget_rulebook
from liandong.kernel.actions import upsert
from liandong.kernel.rows import Loaded, Row

UNITS = frozenset({"second", "minute", "hour", "working_day"})


@transaction.atomic
def load_codes(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of codes.csv. Raises BadRow, NotAllowed."""
    by.needs(CITY_LOAD)
    wanted = [
        (
            row,
            {
                "table": row.text("code_table", longest=30),
                "code": row.text("code", longest=40),
                "name": row.text("name", longest=80),
                "parent": row.optional("parent", longest=40),
                "text": row.optional("text"),
                "effective_from": row.day("effective_from"),
                "effective_to": row.optional_day("effective_to"),
                "source": row.text("source", longest=200),
            },
        )
        for row in rows
    ]
    loaded = upsert(Code, ("table", "code", "effective_from"), wanted)
    forget_rulebook()
    return loaded


@transaction.atomic
def load_limits(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of limits.csv. Raises BadRow, NotAllowed."""
    by.needs(CITY_LOAD)
    wanted = [
        (
            row,
            {
                "clock": row.text("clock", longest=30),
                "kind": row.text("kind", longest=30),
                "urgency": row.text("urgency", longest=20),
                "amount": row.number("amount"),
                "unit": row.one_of("unit", UNITS),
                "effective_from": row.day("effective_from"),
                "effective_to": row.optional_day("effective_to"),
                "source": row.text("source", longest=200),
                "clause": row.optional("clause", longest=20),
            },
        )
        for row in rows
    ]
    loaded = upsert(LimitRow, ("clock", "kind", "urgency", "effective_from"), wanted)
    forget_rulebook()
    return loaded


@transaction.atomic
def load_parameters(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of parameters.csv. Raises BadRow, NotAllowed."""
    by.needs(CITY_LOAD)
    wanted = [
        (
            row,
            {
                "name": row.text("name", longest=60),
                "value": row.number("value"),
                "unit": row.text("unit", longest=20),
                "effective_from": row.day("effective_from"),
                "effective_to": row.optional_day("effective_to"),
                "source": row.text("source", longest=200),
                "clause": row.optional("clause", longest=20),
            },
        )
        for row in rows
    ]
    loaded = upsert(Parameter, ("name", "effective_from"), wanted)
    forget_rulebook()
    return loaded
