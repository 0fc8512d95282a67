"""隔离: what could not be taken in, each with its reason; its bytes as evidence; the mark that somebody has looked."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import node_name
from liandong.peers import actions
from liandong.peers.pages.lists import Narrowed
from liandong.peers.pages.words import without_field
from liandong.peers.queries.apart import access_apart
from liandong.peers.queries.desk import MANAGE

SHOWN = {"unseen": "待查看", "seen": "已看"}


@page(right=MANAGE)
@require_safe
def parcels(request: HttpRequest, by: By) -> HttpResponse:
    """What nobody has looked at; with `show=seen` what somebody has."""
    narrowed = Narrowed.by(request, "parcels-apart", SHOWN)
    rows, older = access_apart(by, seen=narrowed.show == "seen", peer=narrowed.peer, before=narrowed.before)
    shown = [
        {"row": row, "node": node_name(row.peer), "why": without_field(row.why), "sm3": bytes(row.digest).hex()}
        for row in rows
    ]
    return render(request, "peers/apart.html", {"rows": shown, **narrowed.context(older)})


@page(right=MANAGE)
@require_GET
def fetch(request: HttpRequest, by: By, number: int) -> HttpResponse:
    """What came, as it came: never shown by the browser, as it is not to be trusted."""
    row, content = actions.see_parcel(by=by, number=number)
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(True, f"隔离-{row.peer}-{row.pk}.jsonl") or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return answer


@page(right=MANAGE)
@require_POST
def settle(request: HttpRequest, by: By, number: int) -> HttpResponse:
    """Say that it was looked at."""
    row, done = actions.settle_parcel(by=by, number=number)
    if done:
        messages.success(request, "已记为已看；原文仍作为证据留存。")
    else:
        messages.warning(request, f"已由{row.seen_by}记为已看。")
    return redirect("parcels-apart")
