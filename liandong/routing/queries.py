"""Reads of the diversion list and the unit directory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from liandong.kernel.ids import local_day
from liandong.routing.diversion import Item
from liandong.routing.errors import ItemUnknown, NoListInForce
from liandong.routing.models import Duty, ListItem, ListVersion

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
        for row in ListItem.objects.select_related("version").order_by("code"):
            items.setdefault(row.version.code, []).append(
                Item(row.version.code, row.code, row.side, row.kind, row.clause, tuple(row.signals))
            )
            rows.setdefault(row.version.code, []).append(row)
        versions = tuple(ListVersion.objects.filter(status="in_force").order_by("effective_from"))
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
    """The code of the list version in force. Raises NoListInForce."""
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
