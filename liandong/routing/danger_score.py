"""The learned score beside the danger rules: how much a note sounds like the danger notes it learned from. Pure.

A logistic regression over pieces of one to three characters and the slots a reading found, trained in plain Python in a
few seconds and kept as a table of weights in the city pack. Asking costs one look-up a piece. It has no say against
the rules: it can only add a danger, with the words that weighed most.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from liandong.routing.context import Reading
from liandong.routing.rulebook import LEXICON, read

LONGEST_PIECE = 3
# A piece in one note only says more about that note than about danger.
FEWEST_NOTES = 2
# A long account is heard in parts of this many characters: one sentence of it may be the danger.
PART = 120
_EPOCHS, _RATE, _DECAY, _SEED = 30, 0.6, 2e-5, 20231107
_DIGITS = re.compile(r"\d+")
_TOLD = tuple(slot.kind != "背景" and slot.name != "幌子" for slot in LEXICON.slots)


def pieces(reading: Reading, start: int, end: int) -> Counter[str]:
    """Pieces of the plain text from `start` to `end`, and the slots found there, as 〈name〉."""
    text = _DIGITS.sub("0", reading.text[start:end])
    found = Counter(text[i : i + n] for n in range(1, LONGEST_PIECE + 1) for i in range(len(text) - n + 1))
    for slot, hits in reading.hits.items():
        if _TOLD[slot] and any(start <= at < end for at, _ in hits):
            found[f"〈{reading.lexicon.slots[slot].name}〉"] = 1
    return found


def parts(reading: Reading) -> list[tuple[int, int]]:
    """Start and end of the parts of a text: all of it when it is short, else runs of clauses."""
    length = len(reading.text)
    if length <= PART:
        return [(0, length)]
    cut, start = [], 0
    for clause in [*reading.clauses[1:], length]:
        if clause - start >= PART * 2 // 3 or clause == length:
            cut.append((start, clause))
            start = clause
    return cut


@dataclass(frozen=True, slots=True)
class DangerScore:
    """`score(text)` is a probability, 0..1; `words(text)` are the pieces that spoke most for danger."""

    rarity: dict[str, float]  # piece → how rare it is; pieces that are not here are not heard
    weights: dict[str, float]
    bias: float
    version: str = ""
    _kept: dict[str, float] = field(default_factory=dict)

    @classmethod
    def load(cls, data: bytes) -> DangerScore:
        """The score as `dump` wrote it. Raises ValueError when it is something else."""
        try:
            table = json.loads(data)
            pieces_ = table["pieces"]
            rarity = {piece: float(row[0]) for piece, row in pieces_.items()}
            weights = {piece: float(row[1]) for piece, row in pieces_.items()}
            return cls(rarity, weights, float(table["bias"]), str(table["version"]))
        except (KeyError, TypeError, IndexError) as why:
            raise ValueError(f"not a table of danger weights: {why}") from why

    def dump(self) -> bytes:
        """UTF-8 JSON, a piece a line, the same for the same notes."""
        rows = ",\n".join(
            f"{json.dumps(piece, ensure_ascii=False)}:[{self.rarity[piece]:.2f},{self.weights[piece]:.2f}]"
            for piece in sorted(self.rarity)
        )
        head = f'{{"version":{json.dumps(self.version)},"bias":{self.bias:.3f},"pieces":{{\n'
        return (head + rows + "\n}}\n").encode()

    def __call__(self, text: str) -> float:
        reading = read(text)
        return max((self._part(reading, *part)[0] for part in parts(reading)), default=0.0)

    def words(self, text: str, most: int = 4) -> tuple[str, ...]:
        """The pieces of two or more characters that spoke most for danger, none inside another."""
        reading = read(text)
        _, spoke = max((self._part(reading, *part) for part in parts(reading)), key=lambda told: told[0])
        chosen: list[str] = []
        for piece in sorted(spoke, key=lambda p: -spoke[p]):
            if len(piece) > 1 and piece[0] != "〈" and not any(piece in c or c in piece for c in chosen):
                chosen.append(piece)
        return tuple(chosen[:most])

    def _part(self, reading: Reading, start: int, end: int) -> tuple[float, dict[str, float]]:
        told = {
            p: (1 + math.log(n)) * self.rarity[p] for p, n in pieces(reading, start, end).items() if p in self.rarity
        }
        norm = math.sqrt(sum(v * v for v in told.values())) or 1.0
        spoke = {p: v / norm * self.weights[p] for p, v in told.items()}
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.bias + sum(spoke.values()))))), spoke


def train(notes: Sequence[tuple[str, bool]], version: str = "") -> DangerScore:
    """Learn from (text, is a danger). The same notes in the same order give the same score.

    Stochastic gradient descent with a decaying step; the two sides weigh the same however many notes each has.
    """
    told = [(list(pieces(r := read(text), 0, len(r.text)).items()), danger) for text, danger in notes]
    seen = Counter(piece for found, _ in told for piece, _ in found)
    rarity = {p: math.log((1 + len(told)) / (1 + n)) + 1 for p, n in seen.items() if n >= FEWEST_NOTES}
    vectors = [_unit(found, rarity) for found, _ in told]
    share = {True: 0.5 / max(1, sum(d for _, d in told)), False: 0.5 / max(1, sum(not d for _, d in told))}
    weights, bias = dict.fromkeys(rarity, 0.0), 0.0
    order, lot = list(range(len(told))), random.Random(_SEED)  # noqa: S311 - an order to learn in, no secret
    step = 0
    for epoch in range(_EPOCHS):
        lot.shuffle(order)
        for i in order:
            danger = told[i][1]
            z = bias + sum(weights[p] * v for p, v in vectors[i])
            rate = _RATE * 20 / (1 + 0.15 * epoch) * share[danger] * len(told)
            push = rate * ((1.0 if danger else 0.0) - 1 / (1 + math.exp(-max(-30.0, min(30.0, z)))))
            for p, v in vectors[i]:
                weights[p] += push * v
            bias += push * 0.1
            step += 1
        for p in weights:
            weights[p] *= 1 - _DECAY * len(told)
    return DangerScore(rarity, weights, bias, version)


def _unit(found: Iterable[tuple[str, int]], rarity: dict[str, float]) -> list[tuple[str, float]]:
    told = [(p, (1 + math.log(n)) * rarity[p]) for p, n in found if p in rarity]
    norm = math.sqrt(sum(v * v for _, v in told)) or 1.0
    return [(p, v / norm) for p, v in told]
