"""Load the diversion list of a city pack."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from liandong.audit.by import By
from liandong.identity.rights import CITY_LOAD
from liandong.kernel.actions import upsert
from liandong.kernel.rows import Loaded, Row
from liandong.routing.models import ListItem, ListVersion
from liandong.routing.queries import forget_lists

STATUSES = frozenset({"draft", "proposed", "approved", "in_force"})
SIDES = frozenset({"12345", "110"})


@transaction.atomic
def load_versions(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of list_versions.csv. Raises BadRow, NotAllowed."""
    by.needs(CITY_LOAD)
    wanted = [
        (
            row,
            {
                "code": row.text("version", longest=20),
                "name": row.text("name", longest=80),
                "status": row.one_of("status", STATUSES),
                "effective_from": row.day("effective_from"),
                "effective_to": row.optional_day("effective_to"),
                "approved_by": row.optional("approved_by", longest=80),
                "source": row.text("source", longest=200),
            },
        )
        for row in rows
    ]
    loaded = upsert(ListVersion, "code", wanted)
    forget_lists()
    return loaded


@transaction.atomic
def load_items(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of list_items.csv; versions first. Raises BadRow, NotAllowed."""
    by.needs(CITY_LOAD)
    versions = {version.code: version for version in ListVersion.objects.all()}
    wanted = []
    for row in rows:
        columns = {
            "version": versions[row.one_of("version", versions)],
            "code": row.text("code", longest=20),
            "class_name": row.text("class", longest=60),
            "text": row.text("text", longest=200),
            "side": row.one_of("side", SIDES),
            "kind": row.text("kind", longest=10),
            "unit_type": row.optional("unit_type", longest=60),
            "exceptions": row.optional("exceptions"),
            "legal_basis": row.optional("legal_basis", longest=300),
            "clause": row.optional("clause", longest=20),
            "signals": row.words("signals"),
            "examples": row.text("examples", longest=5000).split("|"),
        }
        wanted.append((row, columns))
    loaded = upsert(ListItem, ("version", "code"), wanted)
    forget_lists()
    return loaded
