"""Changes of a draft of the list: what it is called, its items, and all of them at once out of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.kernel.seals import sm3
from liandong.routing.actions.life import described, locked_draft, subject
from liandong.routing.changes import COMPARED, Differences, differences
from liandong.routing.errors import ItemChanged, ItemFaulty, ItemTaken, SheetFaulty
from liandong.routing.items import LABELS, ItemValues, faults, fingerprint
from liandong.routing.models import ListItem, ListVersion
from liandong.routing.queries import values, values_of
from liandong.routing.sheet import parse


@transaction.atomic
def describe(*, by: By, code: str, name: str, effective_from: date, source: str) -> ListVersion:
    """Change what a draft is called, when it is to take effect and by what. Raises as `begin` does, NotADraft."""
    version = locked_draft(by, code)
    given = described(name=name, effective_from=effective_from, source=source)
    for column, value in given.items():
        setattr(version, column, value)
    version.save(update_fields=list(given))
    _record(by, version, "list.described", {**given, "effective_from": effective_from.isoformat()})
    return version


@transaction.atomic
def put_item(*, by: By, version: str, item: ItemValues, seen: str) -> ListItem:
    """Write an item of a draft. `seen` is the fingerprint of the item as the actor saw it, empty for a new one.

    Raises NotAllowed, NotFound, NotADraft, ItemFaulty, ItemTaken (a new one), ItemChanged (by somebody else since).
    """
    draft = locked_draft(by, version)
    if wrong := faults(item):
        raise ItemFaulty(wrong)
    row = draft.items.filter(code=item.code).first()
    if not seen:
        if row is not None:
            raise ItemTaken(field="code")
        row = ListItem.objects.create(version=draft, **_columns(item))
        _record(by, draft, "list.item_changed", {"item": item.code, "change": "added"})
        return row
    before = values(row) if row is not None else None
    if row is None or before is None or fingerprint(before) != seen:
        raise ItemChanged
    changed = [LABELS[name] for name in COMPARED if getattr(before, name) != getattr(item, name)]
    if changed:
        for column, value in _columns(item).items():
            setattr(row, column, value)
        row.save()
        _record(by, draft, "list.item_changed", {"item": item.code, "change": "changed", "parts": changed})
    return row


@transaction.atomic
def remove_item(*, by: By, version: str, code: str, seen: str) -> None:
    """Take an item out of a draft. Raises NotAllowed, NotFound, NotADraft, ItemChanged."""
    draft = locked_draft(by, version)
    row = draft.items.filter(code=code).first()
    if row is None or fingerprint(values(row)) != seen:
        raise ItemChanged("该条目在您打开之后已被他人修改或删除，请刷新后再决定。")
    row.delete()
    _record(by, draft, "list.item_changed", {"item": code, "change": "removed"})


@transaction.atomic
def import_items(*, by: By, version: str, name: str, content: bytes) -> Differences:
    """Replace the items of a draft by those of a file, all of them or none, and return what that changed.

    `name` is what the file is called in messages. Raises NotAllowed, NotFound, NotADraft, SheetFaulty.
    """
    draft = locked_draft(by, version)
    sheet = parse(name, content)
    if sheet.problems:
        raise SheetFaulty(sheet.problems)
    found = differences(values_of(draft), sheet.items)
    draft.items.filter(code__in=[item.code for item in found.removed]).delete()
    rows = {row.code: row for row in draft.items.filter(code__in=[change.code for change in found.changed])}
    for change in found.changed:
        for column, value in _columns(change.after).items():
            setattr(rows[change.code], column, value)
    if rows:
        ListItem.objects.bulk_update(rows.values(), [name for name in _columns(sheet.items[0]) if name != "code"])
    ListItem.objects.bulk_create(ListItem(version=draft, **_columns(item)) for item in found.added)
    counts = {"added": len(found.added), "changed_items": len(found.changed), "removed": len(found.removed)}
    _record(by, draft, "list.imported", {**counts, "sm3": sm3(content).hex()})
    return found


def _columns(item: ItemValues) -> dict[str, Any]:
    return {**asdict(item), "signals": list(item.signals), "examples": list(item.examples)}


def _record(by: By, version: ListVersion, kind: str, detail: Mapping[str, Any]) -> None:
    record(kind, by=by, subject=subject(version), detail={"version": version.code, **detail})
