"""`{% load sent %}`: on the order's page, beside each document added here, whether the other nodes have it.

The page asks for it when it is there: so it has one statement less to wait for.
"""

from __future__ import annotations

from typing import Any

from django import template

from liandong.identity.queries import other_nodes

register = template.Library()


@register.inclusion_tag("peers/parts/sent_later.html")
def sent(number: str) -> dict[str, Any]:
    """Fills the places with `id="sent-<document>"` on the page of the order of this number."""
    return {"number": number, "drawn": bool(other_nodes())}
