"""Which item of the list a note points to, by the list's own signal words. Pure.

This is the plain reading of the list. It says nothing when no signal occurs, or when two sides are equally likely: then
a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    version: str
    code: str
    side: str
    kind: str
    clause: str
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pointed:
    """The item and the words of the note that point to it."""

    item: Item
    words: tuple[str, ...]


def point(note: str, items: Sequence[Item]) -> Pointed | None:
    """The item with the most signal characters in the note; None when none occurs or two sides tie."""
    found = [Pointed(item, hits) for item in items if (hits := tuple(word for word in item.signals if word in note))]
    if not found:
        return None
    best = max(found, key=_weight)
    rivals = [p for p in found if _weight(p) == _weight(best) and p.item.side != best.item.side]
    return None if rivals else best


def _weight(pointed: Pointed) -> int:
    return sum(map(len, pointed.words))
