"""How a learned score comes out of notes: a logistic regression with a penalty, solved to its end. Pure.

Nothing in it is drawn by lot, so the same notes give the same weights. A note that is one and long counts with the part
that sounds most like it, since the rest of a long appeal is about something else; of one that is none all parts count.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from liandong.routing.decision import DANGER, LEAD
from liandong.routing.engine import DANGER_WEIGHTS, ESCALATION_WEIGHTS, LEAD_WEIGHTS
from liandong.routing.learned_score import LearnedScore
from liandong.routing.matrix import Floats, Rows
from liandong.routing.rulebook import read
from liandong.routing.traits import parts, traits

# A trait in one note only says more about that note than about what it tells.
FEWEST_NOTES = 2
# How much a mistake weighs against large weights; found on held-out notes of our own.
COST = 10.0
EXAMPLE = 0.3
# What is learnt: the kind of the list's items that are one, and the file of the weights.
TAUGHT = {
    "danger": (DANGER, DANGER_WEIGHTS),
    "lead": (LEAD, LEAD_WEIGHTS),
    "escalation": ("", ESCALATION_WEIGHTS),
}
_STEPS, _INNER, _SMALL = 20, 60, 1e-3


@dataclass(frozen=True, slots=True)
class Taught:
    """A note, whether it is one, and how much it counts."""

    text: str
    yes: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class _Row:
    found: set[str]
    yes: bool
    weight: float


def train(notes: Sequence[Taught], version: str = "") -> LearnedScore:
    """Learn from notes; both sides weigh the same however many notes each has. Raises ValueError without both."""
    if len({note.yes for note in notes}) < 2:
        raise ValueError("notes of both kinds are needed")
    cut = [
        (note, [traits(reading, *part) for part in parts(reading)]) for note in notes for reading in (read(note.text),)
    ]
    rows = [_Row(one, note.yes, note.weight) for note, found in cut for one in found if not note.yes or len(found) == 1]
    first = _fitted(rows, version)
    long = [(note, found) for note, found in cut if note.yes and len(found) > 1]
    if not long:
        return first
    rows += [_Row(max(found, key=first.asked), True, note.weight) for note, found in long]
    return _fitted(rows, version)


def _cut(text: str) -> list[set[str]]:
    reading = read(text)
    return [traits(reading, *part) for part in parts(reading)]


def _fitted(rows: Sequence[_Row], version: str) -> LearnedScore:
    seen = Counter(trait for row in rows for trait in row.found)
    rarity = {trait: math.log((1 + len(rows)) / (1 + n)) + 1 for trait, n in seen.items() if n >= FEWEST_NOTES}
    names = sorted(rarity)
    number = {trait: at for at, trait in enumerate(names)}
    ids = [sorted(number[trait] for trait in row.found if trait in number) for row in rows]
    bounds = np.concatenate([[0], np.cumsum([len(one) for one in ids])])
    flat = np.array([at for one in ids for at in one], dtype=np.int32)
    told = Rows(bounds, flat, np.ones(len(flat), dtype=np.float32), len(names))
    told = told.scaled(np.array([rarity[name] for name in names], dtype=np.float32))
    signs = np.array([1.0 if row.yes else -1.0 for row in rows], dtype=np.float32)
    costs = np.array([row.weight for row in rows], dtype=np.float32)
    for sign in (1.0, -1.0):
        side = signs == sign
        costs[side] *= COST * len(rows) / (2 * int(side.sum()))
    weights, bias = _regressed(told, signs, costs)
    rare = np.array([rarity[name] for name in names])
    return LearnedScore.of(names, rare, weights.astype(np.float64), bias, version)


def _regressed(rows: Rows, signs: Floats, costs: Floats) -> tuple[Floats, float]:
    """min ½|w|² + ½b² + Σ cᵢ log(1 + exp(-yᵢ(xᵢ·w + b))), by Newton's steps with conjugate gradients inside."""
    turned = rows.turned()

    def pulled(values: Floats) -> Floats:
        """The transposed matrix times `values`, with the column of ones for b at the end."""
        return np.append(turned.times(values[None])[0], values.sum(dtype=np.float64)).astype(np.float32)

    def pushed(held: Floats) -> Floats:
        told: Floats = rows.times(held[None, :-1])[0] + held[-1]
        return told

    def bent(curve: Floats, way: Floats) -> Floats:
        return way + pulled(curve * pushed(way))

    held = np.zeros(rows.width + 1, dtype=np.float32)
    begun = 0.0
    for _ in range(_STEPS):
        wrong = 1 / (1 + np.exp(np.clip(signs * pushed(held), -30, 30)))
        slope = held - pulled(costs * signs * wrong)
        size = float(np.sqrt(slope @ slope))
        begun = begun or size
        if size <= _SMALL * begun:
            break
        curve = costs * wrong * (1 - wrong)
        held = held + _solved(partial(bent, curve), -slope)
    return held[:-1], float(held[-1])


def _solved(product: Callable[[Floats], Floats], right: Floats) -> Floats:
    """Conjugate gradients, as far as a step needs."""
    found = np.zeros_like(right)
    rest, way = right.copy(), right.copy()
    size = first = float(rest @ rest)
    for _ in range(_INNER):
        if size <= 0.01 * first:
            break
        ahead = product(way)
        length = size / float(way @ ahead)
        found += length * way
        rest -= length * ahead
        now = float(rest @ rest)
        way = rest + now / size * way
        size = now
    return found


def lessons(pack: Mapping[str, Sequence[Mapping[str, str]]], what: str, kind: str) -> list[Taught]:
    """What the pack teaches about `what` (danger, lead): notes of its own, and the list's items of the like kind.

    An example of the list is a line of a textbook, not a call; it counts less, as do the notes of another score that
    are nothing to that one. A progress note is no call: of escalation only its own notes teach, and dangers.
    """
    own = [Taught(row["text"], row[what] == "1") for row in pack[f"{what}_notes"]]
    if what == "escalation":
        dangers = pack.get("danger_notes", ())
        return own + [Taught(row["text"], row["danger"] == "1", EXAMPLE) for row in dangers]
    for other in {"danger", "lead"} - {what}:
        own += [Taught(row["text"], False, EXAMPLE) for row in pack.get(f"{other}_notes", ()) if row[other] == "0"]
    calls = [Taught(row["text"], row["kind"] == kind) for row in pack["notes"]]
    examples = {
        example: row["kind"] == kind for row in pack["list_items"] for example in row["examples"].split("|") if example
    }
    return own + calls + [Taught(text, yes, EXAMPLE) for text, yes in examples.items()]


def named(rows: Sequence[Mapping[str, str]], what: str) -> str:
    """A name for what was learnt from these notes of the pack: the same notes, the same name."""
    told = "\n".join(row[what] + row["text"] for row in rows)
    return hashlib.blake2b(told.encode(), digest_size=6).hexdigest()
