"""The parts of the call-taker's page that come while somebody types, and the drafts.

All of it is posted, though most of it only reads: what a caller says must stand in no address and in no log.
"""

from __future__ import annotations

import json

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import desk as desk_row
from liandong.intake.accepting import Key
from liandong.intake.actions import search_phone
from liandong.intake.callers import plain_phone
from liandong.intake.pages.forms import TEXT
from liandong.intake.titles import title_of
from liandong.kernel import clock
from liandong.kernel.canonical import canonical
from liandong.kernel.errors import LiandongError, NotAllowed
from liandong.kernel.seals import sm3
from liandong.routing.queries import county
from liandong.routing.related import Call
from liandong.routing.verdicts import Note, told
from liandong.transfer import drafts
from liandong.transfer.actions import discard_draft, keep_draft, urge_by_call
from liandong.transfer.errors import DraftAccepted, DraftMoved
from liandong.transfer.pages.calltable import caller_rows, list_rows, named_area, related_part
from liandong.transfer.pages.suggesting import suggested
from liandong.transfer.queries import drafts_of, form_system

# What the trail says a look-up by the number of a call was for.
PURPOSE = "受理来电"
SHOWN = 8
URGED = "来电人再次来电催办"


@page(right="search.phone")
@require_POST
@sensitive_post_parameters()
def caller(request: HttpRequest, by: By) -> HttpResponse:
    """The caller's earlier orders, by the number; the look-up goes into the trail, the number does not."""
    by.needs("order.accept")
    phone = request.POST.get("caller_phone", "")
    asked = bool(plain_phone(phone))
    found = search_phone(by=by, phone=phone, purpose=PURPOSE).orders if asked else []
    rows = caller_rows(found)
    context = {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "asked": asked, "by": by}
    return render(request, "transfer/parts/call_history.html", context)


class _PointForm(forms.Form):
    longitude = forms.FloatField(required=False, min_value=-180, max_value=180)
    latitude = forms.FloatField(required=False, min_value=-90, max_value=90)

    def point(self) -> tuple[float | None, float | None]:
        """Both, or neither."""
        self.is_valid()
        said = self.cleaned_data.get("longitude"), self.cleaned_data.get("latitude")
        return said if None not in said else (None, None)


@page(right="order.accept")
@require_POST
@sensitive_post_parameters()
def suggest(request: HttpRequest, by: By) -> HttpResponse:
    """What the house can say of the call so far: a title, the division, whose matter it is and why, related orders."""
    if by.desk is None:
        raise NotAllowed("只有受理台可以受理，请以受理台岗位登录。")
    desk = desk_row(by.desk)
    note, address, division = (request.POST.get(name, "") for name in ("content", "address", "division"))
    longitude, latitude = _PointForm(request.POST).point()
    area = named_area(address)
    # Only what a look-up of the number already showed on this page, and that look-up is in the trail.
    own = frozenset(request.POST.getlist("caller_orders"))
    where = "" if division == desk.division_id else division
    found = suggested(desk, Note(told(request.POST.get("title", ""), note)[:TEXT], clock.now(), county(division)))
    context = {
        "title": title_of(note),
        "area": area if area and area.area.code != division and not area.area.whole else None,
        "found": found,
        "fills": json.dumps(found.fills) if found else "",
        "related": related_part(by, Call(note, address, where, longitude, latitude, own)),
        "asked": bool(note.strip() or address.strip()),
        "repeats": request.POST.get("repeats", ""),
        "by": by,
    }
    return render(request, "transfer/parts/suggest.html", context)


@page(right="order.accept")
@require_safe
def items(request: HttpRequest, by: By) -> HttpResponse:
    """The items of the list in force, fetched when somebody looks for one: most of what the page would weigh."""
    return render(request, "transfer/parts/call_items.html", {"items": list_rows()})


@page(right="order.accept")
@require_POST
@sensitive_post_parameters()
def urge(request: HttpRequest, by: By) -> HttpResponse:
    """The call was about an order there is already: it becomes an urge on it, and no new order."""
    said = request.POST
    text = (said.get("content", "").strip() or URGED)[:1000]
    key = Key(form_system(by), said.get("key", ""), sm3(canonical({"urge": said.get("number", ""), "text": text})))
    try:
        number = urge_by_call(by=by, number=said.get("number", ""), text=text, key=key)
    except LiandongError as why:
        if why.status not in (404, 409, 422):
            raise
        messages.error(request, f"没有登记催办：{why.message}")
        return redirect(f"{reverse('accept')}?draft={key.key}" if drafts.KEY.fullmatch(key.key) else reverse("accept"))
    address = reverse("order", args=[number])
    messages.success(request, format_html('已催办 <a href="{}">{}</a>。', address, number), extra_tags="safe")
    return redirect("accept" if said.get("after") == "new" else address)


@page(right="order.accept")
@require_safe
def my_drafts(request: HttpRequest, by: By) -> HttpResponse:
    """The person's own drafts."""
    return render(request, "transfer/drafts.html", {"rows": drafts_of(by)})


@page(right="order.accept")
@require_POST
@sensitive_post_parameters()
def keep(request: HttpRequest, by: By, key: str) -> HttpResponse:
    """Keep the form as it is; answered with the version the next keeping starts from."""
    said = request.POST.dict()
    typed = said.get("version", "")
    version = int(typed) if typed.isdecimal() and len(typed) < 10 else 0
    try:
        kept = keep_draft(by=by, key=key, said=said, version=version)
    except (DraftAccepted, DraftMoved) as why:
        return JsonResponse({"code": why.code, "detail": why.message, **why.extra}, status=why.status)
    until = {"discard_by": kept.until.isoformat()} if kept.until else {}
    return JsonResponse({"version": kept.version, "kept_at": kept.at.isoformat(), **until})


@page(right="order.accept")
@require_POST
def discard(request: HttpRequest, by: By, key: str) -> HttpResponse:
    """Throw one's own draft away."""
    discard_draft(by=by, key=key)
    messages.success(request, "草稿已删除。")
    return redirect("drafts")
