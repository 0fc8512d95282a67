"""The learned score beside the rules of a gate: how much a note sounds like the notes it was taught. Pure.

A linear model over traits of a note: its characters and pairs of them, those of its last clause (what the caller wants
stands there), and the slots a reading found, apart those that are meant and those under a mark (past, asked about, a
drill …). It is kept as a table of weights in the city pack (`score_training`); asking costs one look-up a trait, and
each trait's share of the answer can be named.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from operator import add

import numpy as np
from numpy.typing import NDArray

from liandong.routing.context import Reading
from liandong.routing.rulebook import LEXICON, read

Column = NDArray[np.float64]

# A long text is heard in parts of about this many characters: one sentence of it may be what matters.
PART = 40
# A trait of the last clause, of a slot, and what marks a slot that is not meant.
LAST, SLOT, DOUBTED = "»", "〈", "?"
_DIGITS = re.compile(r"\d+")
_CUT = re.compile("[,;:。!? \n]+")
_MOST = 30.0
# A run of pairs that is shown holds at most this many of them.
LONGEST_RUN = 4
_TOLD = tuple(slot.kind in ("现状", "发生") for slot in LEXICON.slots)
_NAMES = tuple("" if slot.name == "幌子" else slot.name for slot in LEXICON.slots)


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


def traits(reading: Reading, start: int, end: int) -> set[str]:
    """The traits of the text from `start` to `end`."""
    text = reading.text[start:end]
    if not text.isalpha():
        text = _DIGITS.sub("0", text)
    found = set(text)
    found.update(map(add, text, text[1:]))
    last = next((one for one in reversed(_CUT.split(text)) if one), "")
    if last:
        ended = f"^{last}$"
        found.update([LAST + ended[at : at + 2] for at in range(len(last) + 1)])
        found.update([LAST + ended[at : at + 3] for at in range(len(last))])
    for slot, hits in reading.hits.items():
        name = _NAMES[slot]
        inside = [hit for hit in hits if start <= hit[0] < end] if name else ()
        if not inside:
            continue
        if not _TOLD[slot]:
            found.add(SLOT + name)
        elif any(not reading.marks_of(*hit) for hit in inside):
            found.update((SLOT + name, SLOT))
        else:
            found.update((SLOT + name + DOUBTED, SLOT + DOUBTED))
    return found


@lru_cache(maxsize=16)
def _traits(text: str) -> tuple[set[str], ...]:
    """The traits of each part of a text; the last few are kept, as with `read`, for the next score that asks."""
    reading = read(text)
    return tuple(traits(reading, *part) for part in parts(reading))


@dataclass(frozen=True, slots=True)
class LearnedScore:
    """`score(text)` is a share, 0..1; `words(text)` the pieces of the text that spoke most for it, or against it."""

    numbers: dict[str, int]  # trait → its place in the columns; traits that are not here are not heard
    rarity: Column  # how rare it is
    weights: Column
    bias: float
    version: str = ""
    _squares: Column = field(init=False, repr=False)
    _pulls: Column = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """What asking needs, multiplied once: the square of how rare a trait is, and its pull."""
        object.__setattr__(self, "_squares", self.rarity * self.rarity)
        object.__setattr__(self, "_pulls", self.rarity * self.weights)

    @classmethod
    def load(cls, data: bytes) -> LearnedScore:
        """The score as `dump` wrote it. Raises ValueError when it is something else."""
        try:
            table = json.loads(data)
            rows = table["traits"]
            columns = np.array([(float(row[0]), float(row[1])) for row in rows.values()]).reshape(-1, 2).T
            numbers = {trait: at for at, trait in enumerate(rows)}
            return cls(numbers, columns[0].copy(), columns[1].copy(), float(table["bias"]), str(table["version"]))
        except (KeyError, TypeError, IndexError, AttributeError) as why:
            raise ValueError(f"not a table of learned weights: {why}") from why

    def dump(self) -> bytes:
        """UTF-8 JSON, a trait a line, the same for the same notes."""
        rows = ",\n".join(
            f"{json.dumps(trait, ensure_ascii=False)}:[{self.rarity[at]:.2f},{self.weights[at]:.3f}]"
            for trait, at in sorted(self.numbers.items())
        )
        head = f'{{"version":{json.dumps(self.version)},"bias":{self.bias:.4f},"traits":{{\n'
        return (head + rows + "\n}}\n").encode()

    def __call__(self, text: str) -> float:
        return max(self.heard(text))

    def heard(self, text: str) -> tuple[float, ...]:
        """The score of each part of the text."""
        return tuple(map(self.asked, _traits(text)))

    def asked(self, found: set[str]) -> float:
        """The score of what has these traits."""
        known = np.array([at for at in map(self.numbers.get, found) if at is not None], dtype=np.intp)
        length, total = float(self._squares[known].sum()), float(self._pulls[known].sum())
        z = self.bias + (total / math.sqrt(length) if length else 0.0)
        return 1 / (1 + math.exp(-max(-_MOST, min(_MOST, z))))

    def words(self, text: str, most: int = 4, *, against: bool = False) -> tuple[str, ...]:
        """The runs of characters that spoke most for it, or against it.

        Of a long text those of the part that decided.
        """
        reading = read(text)
        cut, scores = parts(reading), self.heard(text)
        start, end = cut[scores.index(max(scores))]
        sign = -1.0 if against else 1.0
        spoke = [
            sign * (self._share(pair) + self._share(LAST + pair))
            for pair in map(add, reading.text[start:end], reading.text[start + 1 : end])
        ]
        return _runs(reading.text[start:end], spoke, most)

    def _share(self, trait: str) -> float:
        at = self.numbers.get(trait)
        return 0.0 if at is None else float(self._pulls[at])


def _runs(text: str, spoke: list[float], most: int) -> tuple[str, ...]:
    """The runs of neighbouring pairs that spoke for it, the loudest first; no longer than a word or two."""
    found: dict[str, float] = {}
    start, total = 0, 0.0
    for at, share in enumerate([*spoke, -1.0]):
        told = share > 0 and text[at : at + 2].isalnum()
        if told and at - start < LONGEST_RUN:
            total += share
            continue
        if total:
            found[text[start : at + 1]] = max(total, found.get(text[start : at + 1], 0.0))
        start, total = (at, share) if told else (at + 1, 0.0)
    return tuple(sorted(found, key=lambda run: (-found[run], run))[:most])
