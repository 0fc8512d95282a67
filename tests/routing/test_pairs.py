"""How well two notes are compared, on the synthetic pairs; the halves and their use are told in sets/README.md.

The bars are a little under what was reached when they were set, so that a change which costs anything is seen.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from liandong.routing.duplicates import alike
from tests.routing.fit_pairs import COUNTIES, Pair, pairs


def measured(rows: Sequence[Pair]) -> tuple[float, float]:
    """Precision and recall."""
    right = [(alike(a, b, COUNTIES).holds, bool(same)) for a, b, same in rows]
    found = right.count((True, True))
    return found / max(1, found + right.count((True, False))), found / max(1, found + right.count((False, True)))


def test_pairs_nobody_read_are_told_apart() -> None:
    precision, recall = measured(pairs("pairs")[1::2])
    assert precision >= 0.84
    assert recall >= 0.84


def test_pairs_for_development_are_told_apart() -> None:
    precision, recall = measured(pairs("pairs_dev") + pairs("pairs")[0::2])
    assert precision >= 0.94
    assert recall >= 0.89


def test_notes_of_two_pairs_are_hardly_ever_one_event() -> None:
    rows = pairs("pairs")
    chance = random.Random(9)
    strangers: list[Pair] = []
    for at in range(len(rows)):
        for other in chance.sample([number for number in range(len(rows)) if number != at], 10):
            strangers.append((rows[at][0], rows[other][1], 0))
    wrong = sum(alike(a, b, COUNTIES).holds for a, b, _ in strangers)
    assert wrong / len(strangers) <= 0.003
