"""The editor of an item of a draft, and the whole draft out of a file and into one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.kernel.errors import LiandongError, NotFound
from liandong.routing import actions, sheet
from liandong.routing.errors import ItemChanged, ItemFaulty, SheetFaulty
from liandong.routing.items import KINDS, LABELS, SIDES, ItemValues, fingerprint
from liandong.routing.models import ListVersion
from liandong.routing.pages.forms import ImportForm, ItemForm, filled
from liandong.routing.pages.versions import SAID_HERE, show
from liandong.routing.queries import access_item, access_version, values, values_of


@page(right="list.edit")
def new_item(request: HttpRequest, by: By, code: str) -> HttpResponse:
    found = access_version(by, code)
    form = ItemForm(request.POST or None, initial={"class_name": request.GET.get("class", "")[:60]})
    if request.method == "POST" and _saved(request, by, code, form):
        return redirect(_at(code, form.cleaned_data["code"]))
    return _page(request, found, form, None)


@page(right="list.edit")
def item(request: HttpRequest, by: By, code: str, item: str) -> HttpResponse:
    """One item of a draft; of any other version it is shown where it stands."""
    found = access_version(by, code)
    if request.method != "POST":
        if found.state != "draft":
            return redirect(_at(code, item))
        now = values(access_item(by, code, item))
        return _page(request, found, ItemForm(initial=filled(now, fingerprint(now)), fixed=True), now)
    form = ItemForm(request.POST, fixed=True)
    if _saved(request, by, code, form, item):
        return redirect(_at(code, item))
    return _page(request, found, form, _now(by, code, item), item)


def _saved(request: HttpRequest, by: By, code: str, form: ItemForm, item: str = "") -> bool:
    """Whether what was typed was written; otherwise the form says why not, and keeps what was typed."""
    if not form.is_valid():
        return False
    values_typed = form.item(item)
    # A new item has seen nothing, whatever was posted.
    seen = (form.cleaned_data["seen"] or "-") if item else ""
    try:
        actions.put_item(by=by, version=code, item=values_typed, seen=seen)
    except ItemFaulty as why:
        for field, said in why.faults.items():
            form.put(field, f"{LABELS[field]}{said}。")
        return False
    except ItemChanged as why:
        form.put(None, why.message)
        current = _now(by, code, item)
        # Who has read the newest content below may save over it.
        data = QueryDict(mutable=True)
        data.update(form.data)
        data["seen"] = fingerprint(current) if current else ""
        form.data = data
        return False
    except LiandongError as why:
        if why.status not in SAID_HERE:
            raise
        form.put(why.field, why.message)
        return False
    messages.success(request, f"条目{values_typed.code}已保存。")
    return True


def _now(by: By, code: str, item: str) -> ItemValues | None:
    try:
        return values(access_item(by, code, item))
    except NotFound:
        return None


def _page(
    request: HttpRequest, found: ListVersion, form: ItemForm, now: ItemValues | None, item: str = ""
) -> HttpResponse:
    failed = form.is_bound
    context: dict[str, Any] = {
        "version": found,
        "form": form,
        "code": item or (now.code if now else ""),
        "now": now,
        "classes": sorted({one.class_name for one in values_of(found)}),
        "back": _at(found.code, item or (now.code if now else "")),
        # After a failure the newest content stands beside what was typed.
        "beside": _told(now) if now is not None and failed else [],
        "seen": fingerprint(now) if now is not None else "",
    }
    return render(request, "routing/item.html", context, status=422 if failed else 200)


def _told(now: ItemValues) -> list[tuple[str, tuple[str, ...]]]:
    """Each field as people call it, by lines; what is empty is left out."""
    said: dict[str, tuple[str, ...]] = {name: (str(getattr(now, name)),) for name in LABELS}
    said |= {"side": (SIDES.get(now.side, now.side),), "kind": (KINDS.get(now.kind, now.kind),)}
    said |= {"signals": ("、".join(now.signals),), "examples": now.examples}
    return [(label, said[name]) for name, label in LABELS.items() if any(said[name])]


def _at(code: str, item: str) -> str:
    """The page of the version, at the item."""
    address = reverse("diversion-version", args=[code])
    return f"{address}?{urlencode({'item': item})}#i-{item}" if item else address


@page(right="list.edit")
@require_POST
def remove(request: HttpRequest, by: By, code: str, item: str) -> HttpResponse:
    try:
        actions.remove_item(by=by, version=code, code=item, seen=request.POST.get("seen", ""))
    except LiandongError as why:
        if why.status not in SAID_HERE:
            raise
        messages.warning(request, why.message)
        return redirect(_at(code, item))
    messages.success(request, f"条目{item}已从草稿中删除。")
    return redirect("diversion-version", code)


@page(right="order.read")
@require_safe
def file(request: HttpRequest, by: By, code: str) -> HttpResponse:
    """The version as the file it may be imported from again."""
    found = access_version(by, code)
    answer = HttpResponse(sheet.write(found.code, values_of(found)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="list_items-{found.code}.csv"'
    return answer


@page(right="list.edit")
@require_POST
def bring(request: HttpRequest, by: By, code: str) -> HttpResponse:
    """Replace the items of the draft by those of the file; a file with a fault changes nothing."""
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return show(request, by, code, importing=form, status=422)
    given = form.cleaned_data["file"]
    problems: tuple[str, ...] = ()
    try:
        found = actions.import_items(by=by, version=code, name=given.name[:80], content=given.read())
    except LiandongError as why:
        if why.status not in SAID_HERE:
            raise
        form.put(why.field, why.message)
        problems = why.problems if isinstance(why, SheetFaulty) else ()
        return show(request, by, code, importing=form, problems=problems, status=422)
    messages.success(
        request, f"已导入：新增{len(found.added)}条，修改{len(found.changed)}条，删除{len(found.removed)}条。"
    )
    return redirect("diversion-changes", code)
