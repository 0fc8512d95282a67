"""Reads of the diversion list and the unit directory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from liandong.audit.by import By
from liandong.kernel.errors import NotFound
from liandong.kernel.ids import local_day
from liandong.routing.diversion import Item
from liandong.routing.errors import ItemUnknown, NoListInForce
from liandong.routing.items import FIELDS, ItemValues
from liandong.routing.models import Duty, ListItem, ListVersion
from liandong.routing.states import HELD

KEPT_SECONDS = 5.0


@dataclass(frozen=True)
class Lists:
    versions: tuple[ListVersion, ...]
    items: dict[str, tuple[Item, ...]]
    rows: dict[str, tuple[ListItem, ...]]
    duties: tuple[Duty, ...]


_kept: tuple[float, Lists] | None = None


def _lists() -> Lists:
    global _kept
    if _kept is None or time.monotonic() - _kept[0] > KEPT_SECONDS:
        items: dict[str, list[Item]] = {}
        rows: dict[str, list[ListItem]] = {}
        held = ListItem.objects.filter(version__state__in=HELD)
        for row in held.select_related("version").order_by("code"):
            items.setdefault(row.version.code, []).append(
                Item(row.version.code, row.code, row.side, row.kind, row.clause, tuple(row.signals))
            )
            rows.setdefault(row.version.code, []).append(row)
        versions = tuple(ListVersion.objects.filter(state__in=HELD).order_by("effective_from", "pk"))
        lists = Lists(
            versions,
            {code: tuple(found) for code, found in items.items()},
            {code: tuple(found) for code, found in rows.items()},
            tuple(Duty.objects.select_related("unit").order_by("code")),
        )
        _kept = (time.monotonic(), lists)
    return _kept[1]


def forget_lists() -> None:
    """Read the list and the directory afresh at the next use (after one was changed in this process)."""
    global _kept
    _kept = None


def version_in_force(at: datetime) -> str:
    """The code of the list version in force at any moment, also a past one. Raises NoListInForce.

    The dates of what was approved decide, and a new version only takes effect on a day that had not begun when it was
    approved: so the answer for a past moment is the one that was given then.
    """
    day = local_day(at)
    found = [
        v for v in _lists().versions if v.effective_from <= day and (v.effective_to is None or day < v.effective_to)
    ]
    if not found:
        raise NoListInForce
    return found[-1].code


def items_in_force(at: datetime) -> tuple[Item, ...]:
    """The items of the list in force, by code. Raises NoListInForce."""
    return _lists().items.get(version_in_force(at), ())


def check_item(code: str, at: datetime) -> str:
    """The version in which `code` is an item now. Raises ItemUnknown, NoListInForce."""
    version = version_in_force(at)
    if not any(item.code == code for item in _lists().items.get(version, ())):
        raise ItemUnknown(field="list_item")
    return version


def choices(at: datetime) -> tuple[ListItem, ...]:
    """The rows of the list in force, for people to choose from. Raises NoListInForce."""
    return _lists().rows.get(version_in_force(at), ())


def cited(version: str, code: str) -> ListItem | None:
    """The item a hand-over cited, also of a version no longer in force; None for what was never in that list."""
    return next((row for row in _lists().rows.get(version, ()) if row.code == code), None)


def duties_in_force(at: datetime) -> tuple[Duty, ...]:
    """The rows of the unit directory in force, by code, each with its unit."""
    day = local_day(at)
    return tuple(
        d for d in _lists().duties if d.effective_from <= day and (d.effective_to is None or day < d.effective_to)
    )


# Who makes the list sees what is not settled yet.
MAKING = ("list.edit", "list.propose", "list.approve")


def visible_versions(by: By) -> QuerySet[ListVersion]:
    """The versions the actor may see, the newest day first, each with `item_count`. Raises NotAllowed."""
    by.needs("order.read")
    people = ("base", "drafted_person", "proposed_person", "approved_person")
    rows = ListVersion.objects.select_related(*people).annotate(item_count=Count("items"))
    if not any(by.may(right) for right in MAKING):
        rows = rows.filter(state__in=HELD)
    return rows.order_by("-effective_from", "-pk")


def access_version(by: By, code: str) -> ListVersion:
    """Raises NotAllowed, NotFound (also when it may not be seen)."""
    found = visible_versions(by).filter(code=code).first()
    if found is None:
        raise NotFound("没有这个清单版本，或您无权查看。")
    return found


def access_item(by: By, version: str, code: str) -> ListItem:
    """One item of a version. Raises NotAllowed, NotFound."""
    found = ListItem.objects.filter(version=access_version(by, version), code=code).first()
    if found is None:
        raise NotFound("该版本中没有这个条目，可能已被删除。")
    return found


def values(row: ListItem) -> ItemValues:
    """The item as plain values, for the rules."""
    said = {name: getattr(row, name) for name in FIELDS}
    return ItemValues(**{**said, "signals": tuple(row.signals), "examples": tuple(row.examples)})


def values_of(version: ListVersion) -> tuple[ItemValues, ...]:
    """All items of a version as plain values, by code."""
    return tuple(values(row) for row in ListItem.objects.filter(version=version).order_by("code"))
