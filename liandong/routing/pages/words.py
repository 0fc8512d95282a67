"""A kept suggestion and its corrections in the words of people; items by the list of the suggestion's own moment."""

from __future__ import annotations

from liandong.intake.queries import rulebook
from liandong.routing.coldstart import NEITHER
from liandong.routing.models import Decided
from liandong.routing.queries import guide_name, item_words, unit_names

SIDES = {"12345": "12345", "110": "110", NEITHER: "引导事项"}
# What of a suggestion may be corrected.
LABELS = {"side": "归口", "item": "事项", "nature": "性质", "unit": "承办单位"}
BADGES = {"noted": "soon", "confirmed": "calm", "dismissed": "quiet"}


def words(found: Decided, name: str, code: str) -> str:
    """A side, item, nature or unit as people call it; empty for none."""
    if name == "side":
        return SIDES.get(code, code)
    if name == "nature":
        return rulebook().label("nature", code) if code else ""
    if name == "unit":
        return unit_names([code]).get(code, code)
    return item_words(found.list_version, code) or guide_name(code)
