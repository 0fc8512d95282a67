"""Load the diversion list of a city pack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from liandong.routing.models import ListItem, ListVersion
from liandong.routing.queries import forget_lists


def load_versions(rows: Iterable[Mapping[str, str]]) -> int:
    """Rows of list_versions.csv; returns how many."""
    count = 0
    for row in rows:
        until = row["effective_to"]
        ListVersion.objects.update_or_create(
            code=row["version"],
            defaults={
                "name": row["name"],
                "status": row["status"],
                "effective_from": date.fromisoformat(row["effective_from"]),
                "effective_to": date.fromisoformat(until) if until else None,
                "approved_by": row["approved_by"],
                "source": row["source"],
            },
        )
        count += 1
    forget_lists()
    return count


def load_items(rows: Iterable[Mapping[str, str]]) -> int:
    """Rows of list_items.csv; returns how many. Raises KeyError for a version that was not loaded."""
    versions = {v.code: v for v in ListVersion.objects.all()}
    loaded = ListItem.objects.bulk_create(
        [
            ListItem(
                version=versions[row["version"]],
                code=row["code"],
                class_name=row["class"],
                text=row["text"],
                side=row["side"],
                kind=row["kind"],
                unit_type=row["unit_type"],
                exceptions=row["exceptions"],
                legal_basis=row["legal_basis"],
                clause=row["clause"],
                signals=row["signals"].split(),
                examples=row["examples"].split("|"),
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["version", "code"],
        update_fields=[
            "class_name",
            "text",
            "side",
            "kind",
            "unit_type",
            "exceptions",
            "legal_basis",
            "clause",
            "signals",
            "examples",
        ],
    )
    forget_lists()
    return len(loaded)
