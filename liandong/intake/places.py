"""Which division an address names. Pure; the divisions come in as values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from liandong.intake.words import fold

# A short name of one character would be found in half of all addresses.
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Area:
    """A division as an address may call it; `whole` is the city itself, which every address of it may name."""

    code: str
    name: str
    short: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """The division an address names, and the word that names it."""

    area: Area
    word: str


def named(address: str, areas: Iterable[Area]) -> Named | None:
    """The longest name found, the first of equally long ones; the city itself only when no part of it is named."""
    text = fold(address)
    found = [
        (area.whole, -len(word), text.index(fold(word)), Named(area, word))
        for area in areas
        for word in {area.name, area.short}
        if len(word) >= SHORTEST and fold(word) in text
    ]
    return min(found, key=lambda hit: hit[:3])[3] if found else None
