"""停滞: the hand-overs with other nodes that do not get on, the oldest first, each with whose desk has to see to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import desk, desk_name, node_name
from liandong.peers.pages.lists import Narrowed, orders_of
from liandong.peers.queries.desk import access_stuck
from liandong.peers.standstill import Stuck


@page(right="peers.manage")
@require_safe
def stuck(request: HttpRequest, by: By) -> HttpResponse:
    """Those with one peer or with all; `after`: the last one of the page before."""
    narrowed = Narrowed.by(request, "stuck", {})
    found, more, count = access_stuck(by, peer=narrowed.peer, after=request.GET.get("after", ""))
    links = orders_of(by, [one.transfer for _, one in found])
    context = {
        **narrowed.context(None),
        "rows": [_shown(peer, one, links.get(one.transfer, "")) for peer, one in found],
        "count": count,
        "older": _onward(narrowed.peer, more) if more else "",
        "newer": reverse("stuck") if request.GET.get("after") else "",
    }
    return render(request, "peers/stuck.html", context)


def _onward(peer: str, after: str) -> str:
    asked = {"peer": peer, "after": after}
    return f"{reverse('stuck')}?{urlencode({name: value for name, value in asked.items() if value})}"


def _shown(peer: str, one: Stuck, order: str) -> dict[str, Any]:
    return {
        "one": one,
        "node": node_name(peer),
        "owner": desk_name(one.owner),
        "phone": desk(one.owner).phone,
        "order": order,
    }
