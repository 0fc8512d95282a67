"""Learning a classifier from texts with answers: closed form where texts are few, conjugate gradients where many. Pure.

The same learner serves the cold start (the list's texts and examples alone), corrections people confirmed, and any
labelled file. It needs numpy and nothing else, so a node can train where nothing can be installed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from liandong.routing.calibration import sharpness
from liandong.routing.classifier import Classifier, Head
from liandong.routing.corpus import counted, damped, rarity, telling
from liandong.routing.matrix import Floats, Rows
from liandong.routing.ridge import Solved, solve

Answers = Sequence[str]
Weights = NDArray[np.float32]
# Of so many answers the weights are made at a time: a model of many answers stands in memory once, not twice.
_TOGETHER = 16


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to learn: the widest n-gram, in how many texts it must occur, the penalty.

    `balanced`: every answer counts alike, however many texts it has. `telling` names the head by whose answers n-grams
    are weighed beside their rarity; empty for none, which is better where an answer has but a few texts. `sharpness`
    is how sure answers may sound, by head; of a head that is not named it is found out from texts left out.
    """

    widest: int = 2
    least: int = 1
    penalty: float = 0.3
    balanced: bool = False
    telling: str = ""
    sharpness: Mapping[str, float] = field(default_factory=dict)
    folds: int = 3


@dataclass(frozen=True, slots=True)
class _Task:
    """Heads that are answered for the same texts and so are solved together; `belongs` is (answers of all, texts)."""

    names: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    rows: Rows
    belongs: Floats
    heed: Weights
    asked: NDArray[np.bool_]


def learn(
    texts: Sequence[str],
    heads: Mapping[str, Answers],
    recipe: Recipe,
    *,
    version: str = "",
    weights: Weights | None = None,
    asked: NDArray[np.bool_] | None = None,
) -> Classifier:
    """Learn all `heads` from the same `texts`; an empty answer means that this text says nothing on that head.

    `weights` is how much a text counts (1 for all). `asked` marks texts like those that will be asked about: only they
    tell how sure an answer may sound (lists of words do not). Raises ValueError without a text or an answer.
    """
    keys, counts = counted(texts, recipe.widest, recipe.least)
    if not len(keys):
        raise ValueError("no text to learn from")
    worth = rarity(counts)
    if recipe.telling:
        answers = heads[recipe.telling]
        worth = worth * telling(counts, _belongs(answers, _labels(answers)))
    heed = np.ones(len(texts), dtype=np.float32) if weights is None else weights
    marked = np.ones(len(texts), dtype=bool) if asked is None else asked
    tasks = _tasks(heads, damped(counts).scaled(worth), heed, marked)
    made: list[Head] = []
    weights_of_all = np.empty((len(keys), sum(len(task.belongs) for task in tasks)), dtype=np.float32)
    bias = np.empty(weights_of_all.shape[1], dtype=np.float32)
    for task in tasks:
        found = _fit(task, recipe, leave_out=any(name not in recipe.sharpness for name in task.names))
        turned, begin = task.rows.turned(), sum(len(head.labels) for head in made)
        for first in range(0, len(found.bias), _TOGETHER):
            some = found.duals[first : first + _TOGETHER]
            weights_of_all[:, begin + first : begin + first + len(some)] = turned.times(some).T
        bias[begin : begin + len(found.bias)] = found.bias
        made += _sounding(task, found, recipe)
    singles = np.bincount(counts.ids, minlength=counts.width) <= recipe.least
    return Classifier(
        version=version,
        widest=recipe.widest,
        keys=keys,
        worth=worth,
        strange=float(worth[singles].mean() if singles.any() else worth.max()),
        heads=tuple(made),
        weights=weights_of_all,
        bias=bias,
    )


def _tasks(heads: Mapping[str, Answers], rows: Rows, heed: Weights, asked: NDArray[np.bool_]) -> list[_Task]:
    """Heads by which texts have an answer: each group needs the square matrix of its texts only once."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for name, answers in heads.items():
        groups.setdefault(tuple(at for at, one in enumerate(answers) if one), []).append(name)
    made = []
    for given, names in groups.items():
        at = np.asarray(given, dtype=np.int64)
        labels = tuple(_labels(heads[name]) for name in names)
        told = [_belongs([heads[name][one] for one in given], own) for name, own in zip(names, labels, strict=True)]
        made.append(_Task(tuple(names), labels, rows.some(at), np.concatenate(told), heed[at], asked[at]))
    return made


def _fit(task: _Task, recipe: Recipe, *, leave_out: bool = False) -> Solved:
    heed = task.heed
    if recipe.balanced:
        mass = task.belongs @ heed
        heed = heed * (heed.sum() / (len(mass) * mass))[task.belongs.argmax(axis=0)]
    return solve(task.rows, 2 * task.belongs - 1, (recipe.penalty / heed).astype(np.float32), leave_out=leave_out)


def _sounding(task: _Task, found: Solved, recipe: Recipe) -> list[Head]:
    """The heads of the task with their sharpness."""
    if all(name in recipe.sharpness for name in task.names):
        sure = [recipe.sharpness[name] for name in task.names]
    else:
        left_out = found.left_out if found.left_out is not None else _left_out(task, recipe)
        ends = np.cumsum([len(own) for own in task.labels])[:-1]
        parts = zip(np.split(left_out, ends), np.split(task.belongs, ends), task.names, strict=True)
        sure = [
            recipe.sharpness.get(name) or sharpness(scores[:, task.asked].T, told[:, task.asked].argmax(axis=0))
            for scores, told, name in parts
        ]
    return [Head(*one) for one in zip(task.names, task.labels, sure, strict=True)]


def _left_out(task: _Task, recipe: Recipe) -> Floats:
    """Scores of each text by a model of the others, for the many texts of which they do not come for nothing."""
    scores = np.empty_like(task.belongs)
    fold = np.random.default_rng(0).permutation(task.rows.count) % recipe.folds
    for number in range(recipe.folds):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        rest = _Task(
            task.names, task.labels, task.rows.some(inside), task.belongs[:, inside], task.heed[inside], task.asked
        )
        found = _fit(rest, recipe)
        weights = rest.rows.turned().times(found.duals)
        scores[:, outside] = task.rows.some(outside).times(weights) + found.bias[:, None]
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
