"""Traits of a note: its characters and pairs of them, those of its last clause, the slots a reading found. Pure.

What the caller wants stands in the last clause. Slots that are meant are told apart from those under a mark (past,
asked about, a drill …). Each trait the scores of a city know has a number, so that a text is looked up once for all of
them; of many texts all traits are looked up together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat
from operator import add

import numpy as np

from liandong.routing.context import Reading
from liandong.routing.grams import Keys, Numbers
from liandong.routing.keytable import KeyTable
from liandong.routing.matrix import Ids
from liandong.routing.rulebook import KEPT, LEXICON, read

# A long text is heard in parts of about this many characters: one sentence of it may be what matters.
PART = 40
# A trait of the last clause, of a slot, and what marks a slot that is not meant.
LAST, SLOT, DOUBTED = "»", "〈", "?"
_DIGITS = re.compile(r"\d+")
_CUT = re.compile("[,;:。!? \n]+")
_TOLD = tuple(slot.kind in ("现状", "发生") for slot in LEXICON.slots)
_NAMES = tuple("" if slot.name == "幌子" else slot.name for slot in LEXICON.slots)
# A character takes twenty-one bits of a key, three of them leave one for "of the last clause".
_BITS, _OF_LAST = np.uint64(21), np.uint64(1 << 63)


def parts(reading: Reading) -> list[tuple[int, int]]:
    """Start and end of the parts of a text: all of it when it is short, else runs of clauses."""
    length = len(reading.text)
    if length <= PART * 3 // 2:
        return [(0, length)]
    cut, start = [], 0
    for clause in [*reading.clauses[1:], length]:
        if clause - start >= PART or clause == length:
            cut.append((start, clause))
            start = clause
    if len(cut) > 1 and cut[-1][1] - cut[-1][0] < PART // 3:
        last = cut.pop()
        cut[-1] = (cut[-1][0], last[1])
    return cut


@dataclass(frozen=True, slots=True)
class _Told:
    """A part of a text as far as its traits go: its characters, its last clause between ^ and $, and its slots."""

    text: str
    last: str
    slots: list[str]


def _told(reading: Reading, start: int, end: int) -> _Told:
    text = reading.text[start:end]
    if not text.isalpha():
        text = _DIGITS.sub("0", text)
    last = next((one for one in reversed(_CUT.split(text)) if one), "")
    slots: list[str] = []
    for slot, hits in reading.hits.items():
        name = _NAMES[slot]
        inside = [hit for hit in hits if start <= hit[0] < end] if name else ()
        if not inside:
            continue
        if not _TOLD[slot]:
            slots.append(SLOT + name)
        elif any(not reading.marks_of(*hit) for hit in inside):
            slots += (SLOT + name, SLOT)
        else:
            slots += (SLOT + name + DOUBTED, SLOT + DOUBTED)
    return _Told(text, f"^{last}$" if last else "", slots)


def traits(reading: Reading, start: int, end: int) -> set[str]:
    """The traits of the text from `start` to `end`."""
    told = _told(reading, start, end)
    text, last = told.text, told.last
    found = {*text, *told.slots}
    found.update(map(add, text, text[1:]))
    pairs = [LAST + pair for pair in map(add, last, last[1:])]
    found.update(pairs)
    found.update(map(add, pairs, last[2:]))
    return found


@dataclass(frozen=True, slots=True)
class Looked:
    """The known traits of many texts by number, each once a part, with the part it stands in; how many parts a text
    has."""

    numbers: Numbers
    owners: Numbers
    parts: list[int]


class Traits:
    """The traits the scores of a city know, each with a number from 1 on.

    0 is the number of what none of them knows; it counts nothing.
    """

    __slots__ = ("_numbers", "_table", "of")

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._table: tuple[int, KeyTable] | None = None
        # The last few are kept, as with `read`, for the next score that asks.
        self.of: Callable[[str], tuple[Ids, ...]] = lru_cache(maxsize=KEPT)(self._of)

    def __len__(self) -> int:
        """How many numbers there are, 0 among them."""
        return len(self._numbers) + 1

    def entered(self, names: Iterable[str]) -> Ids:
        """The numbers of these traits, new ones for new traits."""
        numbers = self._numbers
        return np.array([numbers.setdefault(name, len(numbers) + 1) for name in names], dtype=np.int32)

    def names(self) -> Iterable[tuple[str, int]]:
        """All traits with their numbers, in the order of the traits."""
        return sorted(self._numbers.items())

    def number(self, name: str) -> int:
        return self._numbers.get(name, 0)

    def numbered(self, found: Collection[str]) -> Ids:
        return np.fromiter(map(self._numbers.get, found, repeat(0)), np.int32, len(found))

    def _of(self, text: str) -> tuple[Ids, ...]:
        """The numbers of the traits of each part of a text."""
        reading = read(text)
        return tuple(self.numbered(traits(reading, *part)) for part in parts(reading))

    def of_many(self, texts: Iterable[str]) -> Looked:
        """The numbers of `of`, of many texts looked up together."""
        cut = [[_told(reading, *part) for part in parts(reading)] for reading in map(read, texts)]
        found = [one for own in cut for one in own]
        keys, owners = _keys([one.text for one in found], [one.last for one in found])
        slots = self.numbered(list(chain.from_iterable(one.slots for one in found)))
        whose = np.repeat(np.arange(len(found)), [len(one.slots) for one in found])
        numbers = np.concatenate([self._by_key().numbers(keys), slots])
        # A set has each once: one number holds the part and the trait.
        both = np.sort(np.concatenate([owners, whose]) * len(self) + numbers)
        first = np.ones(len(both), dtype=bool)
        first[1:] = both[1:] != both[:-1]
        owners, numbers = np.divmod(both[first], len(self))
        return Looked(numbers, owners, [len(own) for own in cut])

    def _by_key(self) -> KeyTable:
        """The traits that are characters by their keys; slots have longer names."""
        if self._table is None or self._table[0] != len(self):
            names = list(self._numbers)
            plain = [name for name in names if len(name) < 3]
            last = [name for name in names if len(name) > 2 and name[0] == LAST]
            keys = [_packed(plain), _packed([name[1:] for name in last]) | _OF_LAST]
            self._table = len(self), KeyTable(np.concatenate(keys), self.numbered([*plain, *last]))
        return self._table[1]


def _packed(names: Sequence[str]) -> Keys:
    """The key of each name of up to three characters."""
    codes = _codes("".join(names))
    begins = np.cumsum([0, *map(len, names)])[:-1].astype(np.int64)
    lengths = np.array([len(name) for name in names], dtype=np.int64)
    keys = np.zeros(len(names), dtype=np.uint64)
    for at in range(3):
        inside = lengths > at
        keys[inside] = (keys[inside] << _BITS) | codes[begins[inside] + at]
    return keys


def _codes(text: str) -> Keys:
    """One number a character, from 1 on."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64) + np.uint64(1)


def _keys(texts: Sequence[str], lasts: Sequence[str]) -> tuple[Keys, Numbers]:
    """The keys of all characters and pairs of the texts, of all pairs and triples of the last clauses; and whose."""
    codes, own = _codes("".join(texts)), np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    same = own[1:] == own[:-1]
    pairs = ((codes[:-1] << _BITS) | codes[1:])[same]
    last, whose = _codes("".join(lasts)), np.repeat(np.arange(len(lasts)), [len(text) for text in lasts])
    beside = whose[1:] == whose[:-1]
    twos = (last[:-1] << _BITS) | last[1:]
    threes = (twos[:-1] << _BITS) | last[2:]
    within = beside[1:] & beside[:-1]
    keys = np.concatenate([codes, pairs, twos[beside] | _OF_LAST, threes[within] | _OF_LAST])
    return keys, np.concatenate([own, own[:-1][same], whose[:-1][beside], whose[:-2][within]])
