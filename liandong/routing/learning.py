"""Learning a classifier from texts with answers: closed form where texts are few, conjugate gradients where many. Pure.

The same learner serves the cold start (the list's texts and examples alone), corrections people confirmed, and any
labelled file. It needs numpy and nothing else, so a node can train where nothing can be installed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liandong.routing.calibration import sharpness
from liandong.routing.classifier import Classifier, Head
from liandong.routing.corpus import counted, damped, rarity, telling
from liandong.routing.matrix import Floats, Rows
from liandong.routing.ridge import Solved, solve


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to learn: the widest n-gram, in how many texts it must occur, the penalty, whether classes count alike.

    `telling` names the head by whose classes n-grams are weighed beside their rarity; empty for none, which is better
    where a class has but a few texts.
    """

    widest: int = 2
    least: int = 1
    penalty: float = 0.3
    telling: str = ""
    folds: int = 0  # for the sharpness where nothing comes for free: 0 leaves it at 1


# A label has hundreds of texts: what is uneven between labels counts more (measured on the labelled appeals).
LABELLED = Recipe(penalty=0.4, telling="label")
# A list item has half a dozen texts.
LISTED = Recipe(penalty=0.3)

Answers = Sequence[str]


def learn(
    texts: Sequence[str],
    heads: Mapping[str, Answers],
    recipe: Recipe,
    *,
    version: str = "",
    weights: NDArray[np.float32] | None = None,
    asked: NDArray[np.bool_] | None = None,
) -> Classifier:
    """Learn all `heads` from the same `texts`; an empty answer means that this text says nothing on that head.

    `weights` is how much a text counts (1 for all). `asked` marks texts like those that will be asked about: only they
    tell how sure an answer may sound (titles and lists of words do not). Raises ValueError without a text or an answer.
    """
    keys, counts = counted(texts, recipe.widest, recipe.least)
    if not len(keys):
        raise ValueError("no text to learn from")
    worth = rarity(counts)
    if recipe.telling:
        labels = _labels(heads[recipe.telling])
        worth = worth * telling(counts, _belongs(heads[recipe.telling], labels))
    rows = damped(counts).scaled(worth)
    made: list[Head] = []
    solved: list[Solved] = []
    for name, answers in heads.items():
        head, found = _head(name, answers, rows, recipe, weights, asked)
        made.append(head)
        solved.append(found)
    singles = np.bincount(counts.ids, minlength=counts.width) <= recipe.least
    return Classifier(
        version=version,
        widest=recipe.widest,
        keys=keys,
        worth=worth,
        strange=float(worth[singles].mean() if singles.any() else worth.max()),
        heads=tuple(made),
        weights=np.ascontiguousarray(np.concatenate([one.weights for one in solved]).T),
        bias=np.concatenate([one.bias for one in solved]),
    )


def _head(
    name: str,
    answers: Answers,
    rows: Rows,
    recipe: Recipe,
    weights: NDArray[np.float32] | None,
    asked: NDArray[np.bool_] | None,
) -> tuple[Head, Solved]:
    given = np.asarray([at for at, one in enumerate(answers) if one], dtype=np.int64)
    answers = [one for one in answers if one]
    labels = _labels(answers)
    own = rows.some(given)
    belongs = _belongs(answers, labels)
    heed = np.ones(len(given), dtype=np.float32) if weights is None else weights[given]
    found = _fit(own, belongs, heed, recipe)
    marked = np.ones(len(given), dtype=bool) if asked is None else asked[given]
    truth = belongs.argmax(axis=0)
    left_out = found.left_out if found.left_out is not None else _left_out(own, belongs, heed, recipe)
    sure = sharpness(left_out[:, marked].T, truth[marked]) if left_out is not None else 1.0
    return Head(name, labels, sure), found


def _fit(rows: Rows, belongs: Floats, heed: Floats, recipe: Recipe) -> Solved:
    """Every class counts alike, however many texts it has."""
    mass = belongs @ heed
    alike = heed.sum() / (len(belongs) * mass)
    heed = heed * alike[belongs.argmax(axis=0)]
    return solve(rows, 2 * belongs - 1, (recipe.penalty / heed).astype(np.float32))


def _left_out(rows: Rows, belongs: Floats, heed: Floats, recipe: Recipe) -> Floats | None:
    """Scores of each text by a model of the others, for the many texts of which they do not come for nothing."""
    if recipe.folds < 2:
        return None
    scores = np.empty_like(belongs)
    fold = np.random.default_rng(0).permutation(rows.count) % recipe.folds
    for number in range(recipe.folds):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        found = _fit(rows.some(inside), belongs[:, inside], heed[inside], recipe)
        scores[:, outside] = rows.some(outside).times(found.weights) + found.bias[:, None]
    return scores


def _labels(answers: Answers) -> tuple[str, ...]:
    labels = tuple(sorted({one for one in answers if one}))
    if not labels:
        raise ValueError("no answer to learn")
    return labels


def _belongs(answers: Answers, labels: Sequence[str]) -> Floats:
    """(labels, texts) of 0 and 1."""
    number = {label: at for at, label in enumerate(labels)}
    found = np.zeros((len(labels), len(answers)), dtype=np.float32)
    for at, answer in enumerate(answers):
        if answer:
            found[number[answer], at] = 1
    return found
