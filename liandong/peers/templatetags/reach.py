"""`{% load reach %}`: on the forms of a hand-over, whether desks of other nodes can be reached, and their numbers."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from liandong.identity.queries import desks, node_of, other_nodes
from liandong.peers.pages.words import BADGES
from liandong.peers.queries.desk import reaches

register = template.Library()

NAMED = 4  # desks of a node named with their number; the others are told by how many they are
# The desks of the city first: a county's is reached through them.
_FIRST = {"city_110": 0, "city_12345": 0, "hotline": 1}


@register.inclusion_tag("peers/parts/reach.html", takes_context=True)
def reach(context: Context, about: str, *, later: bool = False) -> dict[str, Any]:
    """`{% reach "offer" %}`, or "danger": there only what is not online is told, and who is to be telephoned.

    `later`: the page asks for it when it is there, so that a long page asks the database one question less.
    """
    if later:
        return {"about": about, "nodes": (), "later": bool(other_nodes())}
    return reached(about, context)


def reached(about: str, context: Context | None = None) -> dict[str, Any]:
    """What the part shows. Asked once a page, and of no database where the house is alone."""
    request = context.get("request") if context is not None else None
    kept = vars(request) if request is not None else {}
    if "_reaches" not in kept:
        kept["_reaches"] = [_shown(*one) for one in reaches()]
    return {"about": about, "nodes": kept["_reaches"]}


def _shown(node: Any, found: Any) -> dict[str, Any]:
    there = sorted((one for one in desks() if node_of(one.code) == node.code), key=lambda one: _FIRST.get(one.kind, 2))
    return {
        "node": node,
        "reach": found,
        "badge": BADGES[found.condition],
        "desks": there[:NAMED],
        "more": max(0, len(there) - NAMED),
    }
