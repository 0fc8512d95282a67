"""A piece of the hand-over's forms: whether the receiving desk's node hears; drawn anew when another desk is chosen."""

from __future__ import annotations

import re
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.kernel.errors import NotFound
from liandong.peers.queries.handing import About
from liandong.peers.templatetags.reach import told

ABOUT = ("offer", "danger")
# The fields of a form in which a receiving desk is chosen, and what a part of a page may be called.
FIELDS = ("", "way", "target")
KEY = re.compile(r"[A-Za-z0-9-]{1,60}")


@page(right="order.read")
@require_safe
def reach_part(request: HttpRequest, by: By, about: str) -> HttpResponse:
    """`field` of the form and what is chosen in it. Raises NotFound for a form that does not show it."""
    field, key = request.GET.get("field", ""), request.GET.get("key", about)
    if about not in ABOUT or field not in FIELDS or not KEY.fullmatch(key):
        raise NotFound
    asked = cast(About, about)
    shown = {"about": asked, "key": key, "field": field, "drawn": True}
    return render(
        request, "peers/parts/reach.html", {**shown, "nodes": told(by, asked, request.GET.get(field, "")[:40])}
    )
