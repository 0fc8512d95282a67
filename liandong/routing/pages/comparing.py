"""What differs between two versions, field by field, what changes side first."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.routing.changes import FieldChange, ItemChange, differences
from liandong.routing.items import KINDS, LABELS, SIDES
from liandong.routing.models import ListVersion
from liandong.routing.pages.versions import MOST, row, shown
from liandong.routing.queries import access_version, values_of, visible_versions


@dataclass(frozen=True, slots=True)
class Told:
    """One field that changed: two texts, or the words that went and came."""

    label: str
    before: str
    after: str
    gone: tuple[str, ...] = ()
    came: tuple[str, ...] = ()
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    change: ItemChange
    fields: list[Told]


@page(right="order.read")
@require_safe
def changes(request: HttpRequest, by: By, code: str) -> HttpResponse:
    """From another version (`from`; else the one it was begun from, else the one before) to this one."""
    after = access_version(by, code)
    others = [one for one in visible_versions(by) if one.pk != after.pk]
    asked = request.GET.get("from", "")
    before = access_version(by, asked) if asked else _usual(after, others)
    context = {"version": after, "state": row(after), "others": others, "before": before}
    if before is None:
        return render(request, "routing/changes.html", context)
    found = differences(values_of(before), values_of(after))
    chosen = request.GET.get("class", "")

    def of_class(name: str) -> bool:
        return not chosen or name == chosen

    changed = [one for one in found.changed if of_class(one.after.class_name)]
    added = [one for one in found.added if of_class(one.class_name)]
    removed = [one for one in found.removed if of_class(one.class_name)]
    context |= {
        "found": found,
        "chosen": chosen,
        "moved": [_changed(one) for one in changed if one.moved],
        "changed": [_changed(one) for one in changed if not one.moved][:MOST],
        "added": [shown(one) for one in added[:MOST]],
        "removed": [shown(one) for one in removed[:MOST]],
        "most": MOST if max(len(changed), len(added), len(removed)) > MOST else 0,
    }
    return render(request, "routing/changes.html", context)


def _usual(after: ListVersion, others: list[ListVersion]) -> ListVersion | None:
    if after.base is not None:
        return after.base
    return next((one for one in others if one.effective_from < after.effective_from), None)


def _changed(change: ItemChange) -> Changed:
    return Changed(change, [_told(field) for field in change.fields])


def _told(field: FieldChange) -> Told:
    label, before, after = LABELS[field.name], field.before, field.after
    if isinstance(before, tuple) or isinstance(after, tuple):
        gone = tuple(word for word in before if word not in after)
        came = tuple(word for word in after if word not in before)
        return Told(label, "" if gone or came else "顺序不同", "", gone, came)
    names = {"side": SIDES, "kind": KINDS}.get(field.name, {})
    return Told(label, names.get(before, before), names.get(after, after), decides=field.name in ("side", "kind"))
