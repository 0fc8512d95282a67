"""A piece of the hand-over's forms: whether the other nodes can be reached, drawn anew when that changes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.kernel.errors import NotFound
from liandong.peers.templatetags.reach import reached

ABOUT = ("offer", "danger")


@page(right="order.read")
@require_safe
def reach_part(request: HttpRequest, by: By, about: str) -> HttpResponse:
    """Raises NotFound for a form that does not show it."""
    if about not in ABOUT:
        raise NotFound
    return render(request, "peers/parts/reach.html", reached(about))
