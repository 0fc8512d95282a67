"""Load the diversion list and the unit directory of a city pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import Count

from liandong.audit.by import By
from liandong.identity.models import Division, Unit
from liandong.identity.rights import CITY_LOAD
from liandong.kernel import clock
from liandong.kernel.actions import upsert
from liandong.kernel.ids import local_day
from liandong.kernel.rows import Loaded, Row
from liandong.routing.actions.life import starts_at
from liandong.routing.items import read
from liandong.routing.models import Duty, Example, Guide, ListItem, ListVersion
from liandong.routing.queries import forget_engine, forget_lists
from liandong.routing.states import HELD, LIST


@transaction.atomic
def load_versions(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of list_versions.csv. A version that was begun or has been moved here is no longer the pack's to change.

    Raises BadRow, NotAllowed.
    """
    by.needs(CITY_LOAD)
    ours = set(ListVersion.objects.filter(version__gt=0).values_list("code", flat=True))
    ours |= set(ListVersion.objects.filter(drafted_at__isnull=False).values_list("code", flat=True))
    wanted, left = [], 0
    for row in rows:
        state, starts = row.one_of("status", LIST.states), row.day("effective_from")
        columns = {
            "code": row.text("version", longest=20),
            "name": row.text("name", longest=80),
            "state": state,
            "effective_from": starts,
            "effective_to": row.optional_day("effective_to"),
            "effective_by": starts_at(starts) if state == "approved" else None,
            "approved_by": row.optional("approved_by", longest=80),
            "source": row.text("source", longest=200),
        }
        if columns["code"] in ours:
            left += 1
        else:
            wanted.append((row, columns))
    loaded = upsert(ListVersion, "code", wanted)
    forget_lists()
    return Loaded(loaded.created, loaded.updated, loaded.unchanged + left)


@transaction.atomic
def load_items(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of list_items.csv; versions first. Raises BadRow, NotAllowed.

    A version whose day has come and that has its items keeps them as they are, whatever the pack says by now: what was
    handed over is explained by these words. So is one that was moved here.
    """
    by.needs(CITY_LOAD)
    versions = {version.code: version for version in ListVersion.objects.annotate(held_items=Count("items"))}
    today = local_day(clock.now())
    wanted, left = [], 0
    for row in rows:
        version = versions[row.one_of("version", versions)]
        if version.drafted_at is not None:
            raise row.bad("version", f"{version.code} 是在系统中起草的版本，数据包不能改动其条目")
        begun = version.state in HELD and version.effective_from <= today
        if version.held_items and (begun or version.version > 0):
            read(row)  # a row that cannot be taken is told all the same
            left += 1
            continue
        columns = {
            **asdict(item := read(row)),
            "version": version,
            "signals": list(item.signals),
            "examples": list(item.examples),
        }
        wanted.append((row, columns))
    loaded = upsert(ListItem, ("version", "code"), wanted)
    forget_lists()
    return Loaded(loaded.created, loaded.updated, loaded.unchanged + left)


@transaction.atomic
def load_duties(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of duties.csv; divisions, units and the list first.

    Raises NotAllowed, BadRow: also where one item is a department's own and a township's at the same time.
    """
    by.needs(CITY_LOAD)
    covers = _what_a_word_covers()
    divisions, units = (
        set(Division.objects.values_list("pk", flat=True)),
        set(Unit.objects.values_list("pk", flat=True)),
    )
    wanted = []
    for row in rows:
        level, unit = row.one_of("level", Duty.Level.values), row.optional("unit")
        if not unit and level != Duty.Level.TOWNSHIP:
            raise row.bad("unit", "只有乡镇街道的职责可以不填单位")
        if unit and unit not in units:
            raise row.bad("unit", f"找不到单位 {unit}")
        if strange := [word for word in row.words("items") if word not in covers]:
            raise row.bad("items", f"清单中没有这样的条目或类别：{'、'.join(strange)}")
        columns = {
            "code": row.text("code", longest=20),
            "unit_id": unit or None,
            "duty": row.text("duty", longest=200),
            "level": level,
            "division_id": row.one_of("division", divisions),
            "items": row.words("items"),
            "keywords": row.words("keywords"),
            "exclusive": row.one_of("exclusive", {"0", "1"}) == "1",
            "legal_basis": row.text("legal_basis", longest=300),
            "effective_from": row.day("effective_from"),
            "effective_to": row.optional_day("effective_to"),
            "source": row.text("source", longest=200),
        }
        wanted.append((row, columns))
    _nothing_owned_goes_to_a_township(wanted, covers)
    loaded = upsert(Duty, "code", wanted)
    forget_lists()
    return loaded


def _what_a_word_covers() -> dict[str, set[str]]:
    """Codes of items by what `items` of a duty may name: an item, or a class of items."""
    covers: dict[str, set[str]] = {}
    for code, class_name in ListItem.objects.values_list("code", "class_name"):
        covers.setdefault(code, set()).add(code)
        covers.setdefault(class_name, set()).add(code)
    return covers


def _nothing_owned_goes_to_a_township(
    wanted: Sequence[tuple[Row, Mapping[str, Any]]], covers: Mapping[str, set[str]]
) -> None:
    """国办函〔2025〕66号: what a department owns is never assigned to a township or street."""
    owned: dict[str, str] = {}
    for _, duty in wanted:
        if duty["exclusive"]:
            owned |= {item: duty["code"] for word in duty["items"] for item in covers[word]}
    for row, duty in wanted:
        if duty["level"] != Duty.Level.TOWNSHIP:
            continue
        if duty["exclusive"]:
            raise row.bad("exclusive", "乡镇街道的职责不能是部门专属职责")
        for word in duty["items"]:
            if clash := sorted(covers[word] & owned.keys()):
                why = f"{clash[0]} 是部门专属职责（{owned[clash[0]]}），不得派给乡镇街道（国办函〔2025〕66号）"
                raise row.bad("items", why)


@transaction.atomic
def load_guides(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of guides.csv: what a guide path sounds like. Raises BadRow, NotAllowed."""
    by.needs(CITY_LOAD)
    wanted = [
        (
            row,
            {
                "code": row.text("code", longest=40),
                "signals": row.words("signals"),
                "examples": [part.strip() for part in row.text("examples", longest=5000).split("|") if part.strip()],
                "source": row.text("source", longest=200),
            },
        )
        for row in rows
    ]
    loaded = upsert(Guide, "code", wanted)
    forget_engine()
    return loaded


@transaction.atomic
def load_natures(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of natures.csv: what callers say and the nature of it. Raises BadRow, NotAllowed."""
    by.needs(CITY_LOAD)
    nothing = {"title": "", "side": "", "kind": "", "item": "", "category": ""}
    wanted = [
        (
            row,
            nothing
            | {
                "code": row.text("id", longest=20),
                "nature": row.text("nature", longest=20),
                "text": row.text("text", longest=5000),
            },
        )
        for row in rows
    ]
    loaded = upsert(Example, "code", wanted)
    forget_engine()
    return loaded


def load_examples(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of notes.csv: synthetic notes with their answers, to learn from. Raises BadRow, NotAllowed."""
    by.needs(CITY_LOAD)
    wanted = [
        (
            row,
            {
                "code": row.text("id", longest=20),
                "title": row.text("title", longest=100),
                "text": row.text("text", longest=5000),
                "side": row.one_of("side", {"12345", "110"}),
                "nature": row.text("nature", longest=20),
                "kind": row.text("kind", longest=10),
                "item": row.optional("item", longest=20),
                "category": row.optional("category", longest=40),
            },
        )
        for row in rows
    ]
    loaded = upsert(Example, "code", wanted)
    forget_engine()
    return loaded
