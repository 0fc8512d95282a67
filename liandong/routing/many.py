"""Which of many notes two engines may decide differently, found in bulk; the rest need not be decided. Pure.

Two engines of two lists are asked the same question of every note. Nearly all answers are equal, so here they are put
side by side without gates, reasons and units, and only of the notes that may differ the gates have to be asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liandong.routing.classifier import Classifier, softmax
from liandong.routing.decision import DANGER, ENOUGH, HEARD, LEAD, SIDES, UNHEARD, Decision, Engine, decide
from liandong.routing.grams import Keys, grams
from liandong.routing.matrix import Floats
from liandong.routing.verdicts import Note

Marks = NDArray[np.bool_]
Numbers = NDArray[np.int64]
_SINGLE, _FIRST, _LAST = 0x10000, 0x3400, 0xA000
_POLICE = SIDES.index("110")


@dataclass(frozen=True, slots=True)
class _Runs:
    """The distinct runs of all notes: whose, which, how often; `begins` where each note begins, and the end."""

    owners: Numbers
    keys: Keys
    counts: Numbers
    begins: Numbers

    @property
    def notes(self) -> int:
        return len(self.begins) - 1

    def summed(self, values: NDArray[np.floating] | Marks) -> NDArray[np.float64]:
        """One sum a note of `values`, which are as many as the runs."""
        return np.bincount(self.owners, weights=values, minlength=self.notes).astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Answered:
    """One engine's answers without and with a gate: numbers of sides, codes of items, whether a person is asked."""

    side: Numbers
    item: NDArray[np.str_]
    unsure: Marks
    gated: tuple[NDArray[np.str_], ...]


@dataclass(frozen=True, slots=True)
class Short:
    """The beginning of a decision: side, item, whether a person is asked."""

    side: str
    item: str
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Apart:
    """A note, by its position, that may be decided differently: what either engine says without a gate, and what if
    the gate of danger or of leads holds."""

    at: int
    plain: tuple[Short, Short]
    danger: tuple[Short, Short]
    lead: tuple[Short, Short]

    def settled(self, note: Note, before: Engine, after: Engine) -> tuple[Short, Short]:
        """What `decide` says by either engine; their gates are one and are asked once."""
        if before.learned is None:
            # Without a learned score the gate listens to each engine's own items.
            return _short(decide(note, before)), _short(decide(note, after))
        if before.danger(note, before.learned).holds:
            return self.danger
        return self.lead if before.lead(note).holds else self.plain


def _short(made: Decision) -> Short:
    return Short(made.side, made.item, made.unsure)


def may_differ(texts: Sequence[str], before: Engine, after: Engine, touched: AbstractSet[str]) -> list[Apart]:
    """The notes whose decisions may differ so that an item of `touched` is on either side of it.

    No note is left out that `decide` answers differently in that way: with another side, item or certainty. Both
    engines have the same gates.
    """
    if not texts:
        return []
    runs = {width: _runs(texts, width) for width in {before.classifier.widest, after.classifier.widest}}
    old, new = (_answered(runs[engine.classifier.widest], engine) for engine in (before, after))
    differs = (old.side != new.side) | (old.item != new.item) | (old.unsure != new.unsure)
    found = differs & (_among(old.item, touched) | _among(new.item, touched))
    for one, other in zip(old.gated, new.gated, strict=True):
        found |= (one != other) & (_among(one, touched) | _among(other, touched))
    return [_apart(at, old, new) for at in np.flatnonzero(found).tolist()]


def _apart(at: int, old: _Answered, new: _Answered) -> Apart:
    def plain(one: _Answered) -> Short:
        return Short(SIDES[int(one.side[at])], str(one.item[at]), bool(one.unsure[at]))

    def gated(one: _Answered, which: int) -> Short:
        return Short(SIDES[_POLICE], str(one.gated[which][at]))

    danger, lead = ((gated(old, which), gated(new, which)) for which in (0, 1))
    return Apart(at, (plain(old), plain(new)), danger, lead)


def _runs(texts: Sequence[str], widest: int) -> _Runs:
    own = [np.sort(grams(text, widest)) for text in texts]
    owners = np.repeat(np.arange(len(own)), [len(keys) for keys in own])
    keys = np.concatenate(own)
    first = np.ones(len(keys), dtype=bool)
    first[1:] = (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])
    at = np.flatnonzero(first)
    whose = owners[at]
    begins = np.searchsorted(whose, np.arange(len(own) + 1))
    return _Runs(whose, keys[at], np.diff(np.append(at, len(keys))), begins)


def _scores(runs: _Runs, classifier: Classifier) -> tuple[Floats, Floats, Floats]:
    """As `Classifier.read`: the scores of all answers, how much of each note is known, how many known runs it has."""
    at = np.minimum(np.searchsorted(classifier.keys, runs.keys), len(classifier.keys) - 1)
    known = classifier.keys[at] == runs.keys
    values = np.where(known, (1 + np.log(runs.counts)) * classifier.worth[at], 0).astype(np.float32)
    size, unknown = runs.summed(values * values), runs.summed(~known)
    whole = size + unknown * classifier.strange**2
    single = runs.summed(runs.keys < _SINGLE)
    chinese = runs.summed((runs.keys >= _FIRST) & (runs.keys < _LAST))
    share = size / np.maximum(whole, 1e-12) * chinese / np.maximum(single, 1)
    length = np.sqrt(np.maximum(whole, 1e-12)).astype(np.float32)
    inside = np.flatnonzero(known)
    begins = np.searchsorted(inside, runs.begins)
    ids, values = at[inside], values[inside]
    scores = np.tile(classifier.bias, (runs.notes, 1)).astype(np.float32)
    for note, (begin, end) in enumerate(zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True)):
        if begin < end:
            scores[note] += (values[begin:end] @ classifier.weights[ids[begin:end]]) / length[note]
    return scores, share.astype(np.float32), np.diff(begins).astype(np.float32)


def _answered(runs: _Runs, engine: Engine) -> _Answered:
    """As `decision.weighed` and what `decide` makes of it, for all notes together."""
    classifier = engine.classifier
    scores, known, heard_of = _scores(runs, classifier)

    def answers(head: str) -> Floats:
        return softmax(scores[:, classifier.spans[head]] * np.float32(classifier.named[head].sharpness))

    codes = np.array([topic.code for topic in engine.items])
    raw = answers("item")
    items = raw * engine.restraint
    items /= items.sum(axis=1, keepdims=True)
    sides = np.sqrt((items @ engine.by_side.T) * (answers("side") @ engine.sides.T))
    heard = np.minimum(1, np.minimum(known / HEARD, heard_of / ENOUGH))[:, None]
    sides = heard * sides / sides.sum(axis=1, keepdims=True) + (1 - heard) / len(SIDES)
    best = sides.argmax(axis=1)
    item = codes[(items * engine.by_side[best]).argmax(axis=1)]
    gated = []
    for kind in (DANGER, LEAD):
        own = engine.urgent[kind]
        within = raw * own if own.any() else raw
        gated.append(codes[(within * engine.by_side[_POLICE]).argmax(axis=1)])
    return _Answered(
        side=best,
        item=np.where(known < UNHEARD, "", item),
        unsure=sides.max(axis=1) < engine.bars.side,
        gated=tuple(gated),
    )


def _among(codes: NDArray[np.str_], touched: AbstractSet[str]) -> Marks:
    return np.isin(codes, sorted(touched)) if touched else np.zeros(len(codes), dtype=bool)
