"""Numbers by 64-bit keys, looked up for thousands at a time: open addressing in two arrays. Pure.

A dictionary waits for memory once a look-up, one after the other. Here all first places are fetched in one pass, and
only what lies elsewhere is asked for again.
"""

from __future__ import annotations

import numpy as np

from liandong.routing.grams import Keys, Numbers
from liandong.routing.matrix import Ids

# Multiplied by this odd number (2⁶⁴ divided by the golden ratio) neighbouring keys lie far apart.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
# No key: codes of characters are counted from one.
_EMPTY = np.uint64(0)


class KeyTable:
    """`numbers` (none of them 0) by `keys` (each once, none of them 0)."""

    def __init__(self, keys: Keys, numbers: Ids) -> None:
        # At most half full, so that most look-ups are done at once.
        bits = max(4, int(2 * len(keys)).bit_length())
        self._shift = np.uint64(64 - bits)
        self._mask = (1 << bits) - 1
        self._keys = np.zeros(1 << bits, dtype=np.uint64)
        self._numbers = np.zeros(1 << bits, dtype=np.int32)
        place = self._first(keys)
        while len(keys):
            free = np.flatnonzero(self._keys[place] == _EMPTY)
            taken, which = np.unique(place[free], return_index=True)
            won = free[which]
            self._keys[taken], self._numbers[taken] = keys[won], numbers[won]
            left = np.ones(len(keys), dtype=bool)
            left[won] = False
            keys, numbers, place = keys[left], numbers[left], (place[left] + 1) & self._mask

    def _first(self, keys: Keys) -> Numbers:
        return ((keys * _SPREAD) >> self._shift).astype(np.int64)

    def numbers(self, keys: Keys) -> Ids:
        """The number of each key, 0 for one that is not there."""
        place = self._first(keys)
        there = self._keys.take(place)
        found = np.where(there == keys, self._numbers.take(place), np.int32(0))
        # Whoever was displaced stands in one of the next places, before the first that is empty.
        lost = np.flatnonzero((there != keys) & (there != _EMPTY))
        while len(lost):
            place[lost] = (place[lost] + 1) & self._mask
            there = self._keys.take(place[lost])
            own = keys[lost]
            hit = there == own
            found[lost[hit]] = self._numbers.take(place[lost[hit]])
            lost = lost[~hit & (there != _EMPTY)]
        return found
