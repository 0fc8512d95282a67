"""Writes of the diversion list and the unit directory: the rows of a pack, and the list's own life."""

from liandong.routing.actions.items import describe, import_items, put_item, remove_item
from liandong.routing.actions.judging import (
    Chosen,
    confirm,
    correct,
    dismiss,
    judged,
    judged_in_front_of,
    keep,
    kept,
    suggested,
)
from liandong.routing.actions.life import approve, begin, drop, propose, reach_effect, recall, send_back
from liandong.routing.actions.loading import (
    load_duties,
    load_examples,
    load_guides,
    load_items,
    load_natures,
    load_versions,
)
from liandong.routing.actions.training import roll_back, switch, train

__all__ = [
    "Chosen",
    "approve",
    "begin",
    "confirm",
    "correct",
    "describe",
    "dismiss",
    "drop",
    "import_items",
    "judged",
    "judged_in_front_of",
    "keep",
    "kept",
    "load_duties",
    "load_examples",
    "load_guides",
    "load_items",
    "load_natures",
    "load_versions",
    "propose",
    "put_item",
    "reach_effect",
    "recall",
    "remove_item",
    "roll_back",
    "send_back",
    "suggested",
    "switch",
    "train",
]
