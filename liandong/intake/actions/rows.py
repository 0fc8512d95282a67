"""Load the dated rows of a city pack: code tables, limits, parameters. Loading again changes what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from liandong.intake.models import Code, LimitRow, Parameter
from liandong.intake.queries import forget_rulebook


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def load_codes(rows: Iterable[Mapping[str, str]]) -> int:
    """Rows of codes.csv; returns how many."""
    loaded = Code.objects.bulk_create(
        [
            Code(
                table=row["code_table"],
                code=row["code"],
                name=row["name"],
                parent=row["parent"],
                text=row.get("text", ""),
                effective_from=_day(row["effective_from"]),
                effective_to=_day(row["effective_to"]),
                source=row["source"],
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["table", "code", "effective_from"],
        update_fields=["name", "parent", "text", "effective_to", "source"],
    )
    forget_rulebook()
    return len(loaded)


def load_limits(rows: Iterable[Mapping[str, str]]) -> int:
    """Rows of limits.csv; returns how many."""
    loaded = LimitRow.objects.bulk_create(
        [
            LimitRow(
                clock=row["clock"],
                kind=row["kind"],
                urgency=row["urgency"],
                amount=row["amount"],
                unit=row["unit"],
                effective_from=_day(row["effective_from"]),
                effective_to=_day(row["effective_to"]),
                source=row["source"],
                clause=row["clause"],
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["clock", "kind", "urgency", "effective_from"],
        update_fields=["amount", "unit", "effective_to", "source", "clause"],
    )
    forget_rulebook()
    return len(loaded)


def load_parameters(rows: Iterable[Mapping[str, str]]) -> int:
    """Rows of parameters.csv; returns how many."""
    loaded = Parameter.objects.bulk_create(
        [
            Parameter(
                name=row["name"],
                value=row["value"],
                unit=row["unit"],
                effective_from=_day(row["effective_from"]),
                effective_to=_day(row["effective_to"]),
                source=row["source"],
                clause=row["clause"],
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["name", "effective_from"],
        update_fields=["value", "unit", "effective_to", "source", "clause"],
    )
    forget_rulebook()
    return len(loaded)
