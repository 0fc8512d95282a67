"""A piece of the order's page: beside each document added here, whether the other nodes have it."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import node_name
from liandong.peers.pages.words import refusal
from liandong.peers.queries.sent import Sent, access_sent

LOOKS = {"going": "soon", "there": "calm", "refused": "over"}


@page(right="order.read")
@require_safe
def sent_part(request: HttpRequest, by: By, number: str) -> HttpResponse:
    """Each piece goes to the place of its document (`templatetags/sent.py`)."""
    of = groupby(access_sent(by, number), key=lambda one: one.document.pk)
    pieces = [(document, [_shown(one) for one in each]) for document, each in of]
    return render(request, "peers/parts/sent.html", {"pieces": pieces})


def _shown(one: Sent) -> dict[str, str]:
    said = one.progress
    return {
        "node": node_name(one.peer),
        "label": said.label,
        "look": LOOKS[said.state],
        "why": refusal(said.refused) if said.refused else "",
    }
