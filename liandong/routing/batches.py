"""Many notes decided together on one core: to the last bit what each alone is decided. Pure.

Numpy takes as long to begin with forty numbers as to be done with four thousand. So what is the same arithmetic for
every note (its runs, its scores, the likeliest answer) is done for a batch at once; gates, places, units and reasons
are asked note by note, by the same functions that decide about one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from liandong.routing.classifier import SeenMany
from liandong.routing.decision import (
    ENOUGH,
    HEARD,
    SIDES,
    UNHEARD,
    Decision,
    Engine,
    Weighed,
    concluded,
    decide,
    gates,
    picked,
    told_nature,
    weighed,
)
from liandong.routing.grams import Numbers, runs
from liandong.routing.matrix import Floats
from liandong.routing.rulebook import KEPT
from liandong.routing.verdicts import Note

# As many readings as are kept: each is made when the scores are asked, and used again when the rules are.
TOGETHER = KEPT
# For so few nothing is made ready.
FEW = 4


def decide_all(notes: Iterable[Note], engine: Engine) -> Iterator[Decision]:
    """What `decide` says of each note, in their order; notes are taken and given a batch at a time."""
    left = iter(notes)
    while some := list(islice(left, TOGETHER)):
        if len(some) < FEW:
            yield from (decide(note, engine) for note in some)
        else:
            yield from _decided(some, engine)


def _decided(notes: Sequence[Note], engine: Engine) -> Iterator[Decision]:
    texts = [note.text for note in notes]
    classifier = engine.classifier
    seen = classifier.read_many(runs(texts, classifier.widest))
    engine.foresee(texts)
    items = classifier.answers_of_many(seen, "item")
    calm = list(map(Weighed, *(column.tolist() for column in ungated(seen, items, engine))))
    natures = _natures(seen, engine)
    for at, note in enumerate(notes):
        one, own = seen.one(at, note.text), items[at]
        danger, lead = gates(note, own, engine)
        held = danger.holds or lead.holds
        found = picked(*weighed(one, own, engine, danger, lead), engine) if held else calm[at]
        nature = told_nature(note) or ("" if one.known < UNHEARD else natures[at])
        yield concluded(note, engine, one, danger, lead, found, nature)


def ungated(seen: SeenMany, items: Floats, engine: Engine) -> tuple[Numbers, Floats, Numbers, Floats]:
    """As `decision.weighed` where no gate holds, and `decision.picked`, of every note: side, how sure, item, how sure.

    `items` are the answers of the classifier, a row a note.
    """
    items = items * engine.restraint
    items /= items.sum(axis=1, keepdims=True)
    answers = engine.classifier.answers_of_many(seen, "side")
    # A product a note, as of one alone: floats added in another order come out otherwise in the last bit.
    opinions = (engine.by_side @ items[:, :, None]) * (engine.sides @ answers[:, :, None])
    sides = np.sqrt(opinions[:, :, 0])
    heard = np.minimum(1.0, np.minimum(seen.known / HEARD, np.diff(seen.bounds) / ENOUGH))[:, None]
    sides = heard.astype(np.float32) * sides / sides.sum(axis=1, keepdims=True)
    sides += ((1 - heard) / len(SIDES)).astype(np.float32)
    best = sides.argmax(axis=1)
    within = items * engine.by_side[best]
    number = within.argmax(axis=1)
    every = np.arange(len(best))
    return best, sides[every, best], number, within[every, number]


def _natures(seen: SeenMany, engine: Engine) -> list[str]:
    """As `decision.guessed_nature`, of every note."""
    head = engine.classifier.named.get("nature")
    if head is None:
        return [""] * len(seen.known)
    best = engine.classifier.answers_of_many(seen, "nature").argmax(axis=1)
    return [head.labels[at] for at in best.tolist()]
