"""`{% load reach %}`: on the forms of a hand-over, whether the receiving desk's node hears, and its telephone."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import BoundField
from django.template import Context

from liandong.audit.by import By
from liandong.identity.queries import other_nodes
from liandong.peers.pages.words import BADGES
from liandong.peers.queries.handing import About, ahead

register = template.Library()


@register.inclusion_tag("peers/parts/reach.html", takes_context=True)
def reach(
    context: Context, about: About, choice: BoundField | str = "", *, key: str = "", later: bool = False
) -> dict[str, Any]:
    """`{% reach "offer" form.way %}`, or "danger": there only what is not online is told.

    `choice`: the field in which the receiving desk is chosen; when another is, the part is drawn anew. `key` tells two
    parts of a page apart. `later`: the page asks for it when it is there, so that a long page asks the database one
    question less.
    """
    by, field = context.get("by"), choice if isinstance(choice, BoundField) else None
    shown = {"about": about, "key": key or about, "field": field.html_name if field else ""}
    if by is None or not other_nodes():
        return shown
    if later:
        return {**shown, "drawn": True, "later": True}
    return {**shown, "drawn": True, "nodes": told(by, about, str((field.value() if field else "") or ""))}


def told(by: By, about: About, chosen: str) -> list[dict[str, Any]]:
    """What the part shows of each node."""
    return [{"one": one, "badge": BADGES[one.reach.condition]} for one in ahead(by, about, chosen)]
