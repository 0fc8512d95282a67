"""Which of many known words occur in a text, in one pass over the text. Pure.

A thousand words one by one cost a thousand searches a note; by their first two characters only those are tried that can
begin at a place.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import add
from typing import Generic, TypeVar

Owner = TypeVar("Owner")


class WordIndex(Generic[Owner]):
    """Words of two characters and more with whom they point to."""

    def __init__(self, pairs: Iterable[tuple[str, Owner]]) -> None:
        self._by_head: dict[str, list[tuple[str, Owner]]] = {}
        for word, owner in pairs:
            if len(word) >= 2:
                self._by_head.setdefault(word[:2], []).append((word, owner))

    def owners(self, text: str) -> list[Owner]:
        """Whom the words of the text point to, each once, in the order of the text."""
        found: dict[int, Owner] = {}
        for at, begun in enumerate(map(self._by_head.get, map(add, text, text[1:]))):
            for word, owner in begun or ():
                if text.startswith(word, at):
                    found.setdefault(id(owner), owner)
        return list(found.values())
