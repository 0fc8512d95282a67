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

from liandong.routing.batches import ungated
from liandong.routing.decision import DANGER, LEAD, SIDES, UNHEARD, Decision, Engine, decide
from liandong.routing.grams import Runs, runs
from liandong.routing.verdicts import Note

Marks = NDArray[np.bool_]
Numbers = NDArray[np.int64]
_POLICE = SIDES.index("110")


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
    told = {width: runs(texts, width) for width in {before.classifier.widest, after.classifier.widest}}
    old, new = (_answered(told[engine.classifier.widest], engine) for engine in (before, after))
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


def _answered(told: Runs, engine: Engine) -> _Answered:
    """What `decide` makes of all notes together, without and with a gate."""
    seen = engine.classifier.read_many(told)
    codes = np.array([topic.code for topic in engine.items])
    raw = engine.classifier.answers_of_many(seen, "item")
    side, sure, item, _ = ungated(seen, raw, engine)
    gated = []
    for kind in (DANGER, LEAD):
        own = engine.urgent[kind]
        within = raw * own if own.any() else raw
        gated.append(codes[(within * engine.by_side[_POLICE]).argmax(axis=1)])
    return _Answered(
        side=side,
        item=np.where(seen.known < UNHEARD, "", codes[item]),
        unsure=sure.astype(np.float64) < engine.bars.side,
        gated=tuple(gated),
    )


def _among(codes: NDArray[np.str_], touched: AbstractSet[str]) -> Marks:
    return np.isin(codes, sorted(touched)) if touched else np.zeros(len(codes), dtype=bool)
