"""Writes of the diversion list and the unit directory: the rows of a pack, and the list's own life."""

from liandong.routing.actions.items import describe, import_items, put_item, remove_item
from liandong.routing.actions.life import approve, begin, drop, propose, reach_effect, send_back
from liandong.routing.actions.loading import load_duties, load_items, load_versions

__all__ = [
    "approve",
    "begin",
    "describe",
    "drop",
    "import_items",
    "load_duties",
    "load_items",
    "load_versions",
    "propose",
    "put_item",
    "reach_effect",
    "remove_item",
    "send_back",
]
