"""The learned score beside the rules of a gate: how much a note sounds like the notes it was taught. Pure.

A linear model over the traits of a note (`traits`). It is kept as a table of weights in the city pack
(`score_training`); asking costs one look-up a trait for all scores together, and each trait's share of the answer can
be named.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import add

import numpy as np
from numpy.typing import NDArray

from liandong.routing.grams import Numbers
from liandong.routing.matrix import Ids
from liandong.routing.rulebook import read
from liandong.routing.traits import LAST, Looked, Traits, parts

Column = NDArray[np.float64]

_MOST = 30.0
_GRID = 2.0**32
# A run of pairs that is shown holds at most this many of them.
LONGEST_RUN = 4


def _exact(column: Column) -> Column:
    """On a grid so coarse that sums of some thousand come out exact, in whatever order they are added up.

    The traits of a text are a set, which has no order of its own; and of one text, of many together, today and after a
    restart the answer has to be one, to the last bit.
    """
    return np.round(column * _GRID) / _GRID


@dataclass(frozen=True, slots=True, eq=False)
class LearnedScore:
    """`score(text)` is a share, 0..1; `words(text)` the pieces of the text that spoke most for it, or against it."""

    known: Traits
    rarity: Column  # how rare a trait is, by its number; 0 for one that this score does not hear
    weights: Column
    bias: float
    version: str = ""
    _squares: Column = field(init=False, repr=False)
    _pulls: Column = field(init=False, repr=False)
    _foreseen: dict[str, tuple[float, ...]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """What asking needs, multiplied once: the square of how rare a trait is, and its pull."""
        object.__setattr__(self, "_squares", _exact(self.rarity * self.rarity))
        object.__setattr__(self, "_pulls", _exact(self.rarity * self.weights))

    @classmethod
    def of(
        cls,
        names: Collection[str],
        rarity: Column,
        weights: Column,
        bias: float,
        version: str,
        known: Traits | None = None,
    ) -> LearnedScore:
        """A score that hears the traits `names`; `known` are those of others that are asked about the same texts."""
        known = known or Traits()
        at = known.entered(names)
        return cls(known, _placed(at, rarity, len(known)), _placed(at, weights, len(known)), bias, version)

    @classmethod
    def load(cls, data: bytes, known: Traits | None = None) -> LearnedScore:
        """The score as `dump` wrote it. Raises ValueError when it is something else."""
        try:
            table = json.loads(data)
            rows = table["traits"]
            columns = np.array([(float(row[0]), float(row[1])) for row in rows.values()]).reshape(-1, 2).T
            return cls.of(rows, columns[0], columns[1], float(table["bias"]), str(table["version"]), known)
        except (KeyError, TypeError, IndexError, AttributeError) as why:
            raise ValueError(f"not a table of learned weights: {why}") from why

    @property
    def heard_of(self) -> int:
        """How many traits it hears."""
        return int(np.count_nonzero(self.rarity))

    def dump(self) -> bytes:
        """UTF-8 JSON, a trait a line, the same for the same notes."""
        rows = ",\n".join(
            f"{json.dumps(trait, ensure_ascii=False)}:[{self.rarity[at]:.2f},{self.weights[at]:.3f}]"
            for trait, at in self.known.names()
            if at < len(self.rarity) and self.rarity[at]
        )
        head = f'{{"version":{json.dumps(self.version)},"bias":{self.bias:.4f},"traits":{{\n'
        return (head + rows + "\n}}\n").encode()

    def __call__(self, text: str) -> float:
        return max(self.heard(text))

    def heard(self, text: str) -> tuple[float, ...]:
        """The score of each part of the text."""
        foreseen = self._foreseen.get(text)
        return foreseen if foreseen is not None else tuple(map(self._of, self.known.of(text)))

    def asked(self, found: Collection[str]) -> float:
        """The score of what has these traits."""
        return self._of(self.known.numbered(found))

    def foresee(self, texts: Sequence[str], looked: Looked) -> None:
        """Keep the scores of these texts, whose traits `known.of_many` looked up, until the next are foreseen."""
        owners, many = looked.owners, sum(looked.parts)
        lengths = np.bincount(owners, weights=_taken(self._squares, looked.numbers), minlength=many)
        totals = np.bincount(owners, weights=_taken(self._pulls, looked.numbers), minlength=many)
        shares = map(self._share, lengths.tolist(), totals.tolist())
        foreseen = {text: tuple(islice(shares, count)) for text, count in zip(texts, looked.parts, strict=True)}
        object.__setattr__(self, "_foreseen", foreseen)

    def _of(self, numbers: Ids) -> float:
        length, total = _taken(self._squares, numbers).sum(), _taken(self._pulls, numbers).sum()
        return self._share(float(length), float(total))

    def _share(self, length: float, total: float) -> float:
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
            sign * (self._pull(pair) + self._pull(LAST + pair))
            for pair in map(add, reading.text[start:end], reading.text[start + 1 : end])
        ]
        return _runs(reading.text[start:end], spoke, most)

    def _pull(self, trait: str) -> float:
        at = self.known.number(trait)
        return float(self._pulls[at]) if at < len(self._pulls) else 0.0


def foreseeing(scores: Iterable[object]) -> Callable[[Sequence[str]], None]:
    """Makes the learned ones among `scores` ready for many texts, each trait looked up once for all that know it."""
    learned = [one for one in scores if isinstance(one, LearnedScore)]

    def foresee(texts: Sequence[str]) -> None:
        looked: dict[int, Looked] = {}
        for score in learned:
            own = id(score.known)
            if own not in looked:
                looked[own] = score.known.of_many(texts)
            score.foresee(texts, looked[own])

    return foresee


def _taken(column: Column, numbers: Ids | Numbers) -> Column:
    """The value of each number; 0 for a trait that only a score loaded later knows."""
    return column.take(numbers, mode="clip")


def _placed(at: Ids, values: Column, many: int) -> Column:
    """One value a number; 0 for those that are not told, and at the end, where `_taken` finds what came later."""
    column = np.zeros(many + 1)
    column[at] = values
    return column


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
