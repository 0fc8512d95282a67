"""Whether a confidence can be believed, and making it so: sharpness of a head, reliability, coverage. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from liandong.routing.classifier import softmax
from liandong.routing.matrix import Floats

# 95 % of a normal distribution lie within so many standard deviations.
_WITHIN = 1.959964
_STEPS = np.geomspace(0.5, 64, 29)


def sharpness(scores: Floats, truth: NDArray[np.int64]) -> float:
    """The factor that makes `scores` (texts, answers) most likely for `truth` (texts), from texts not learnt from.

    One number a head (temperature scaling, Guo et al. 2017): the order of answers stays, only how sure it sounds is
    another.
    """
    if not len(truth):
        return 1.0
    rows = np.arange(len(truth))
    lost = [float(-np.log(softmax(scores * np.float32(step))[rows, truth] + 1e-9).mean()) for step in _STEPS]
    return float(_STEPS[int(np.argmin(lost))])


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose confidence lies in [low, high): how many, how confident on average, how many were right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


def reliability(confidence: Floats, right: NDArray[np.bool_], bins: int = 10) -> tuple[Bin, ...]:
    """The reliability table; empty bins are left out."""
    number = np.minimum((confidence * bins).astype(int), bins - 1)
    found = []
    for one in range(bins):
        inside = number == one
        if inside.any():
            mean, share = float(confidence[inside].mean()), float(right[inside].mean())
            found.append(Bin(one / bins, (one + 1) / bins, int(inside.sum()), mean, share))
    return tuple(found)


def expected_error(table: Sequence[Bin]) -> float:
    """How far confidence and truth lie apart on average over all answers (expected calibration error, 0..1)."""
    total = sum(one.count for one in table)
    return sum(one.count * abs(one.confidence - one.right) for one in table) / total if total else 0.0


def at_coverage(confidence: Floats, right: NDArray[np.bool_], share: float) -> float:
    """How many of the most confident `share` of answers are right; the rest goes to a person."""
    kept = np.argsort(-confidence, kind="stable")[: max(1, round(share * len(confidence)))]
    return float(right[kept].mean()) if len(confidence) else 0.0


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `total`, with the interval the true rate lies in (Wilson, 95 %); (0, 1) while there is nothing."""

    count: int
    total: int

    @property
    def share(self) -> float:
        return self.count / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        if not self.total:
            return 0.0, 1.0
        square = _WITHIN**2
        centre = (self.count + square / 2) / (self.total + square)
        half = _WITHIN / (self.total + square) * sqrt(self.count * (1 - self.share) + square / 4)
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class Score:
    """How well labels were guessed: accuracy and macro-F1 (0..1) over `count` texts."""

    count: int
    accuracy: float
    macro_f1: float


def score(truth: Sequence[str], guessed: Sequence[str]) -> Score:
    """Accuracy and the mean F1 of all labels that occur in either, as scikit-learn counts them."""
    told, said = np.asarray(truth, dtype=object), np.asarray(guessed, dtype=object)
    harmonic = []
    for label in sorted(set(truth) | set(guessed)):
        hit = int(((told == label) & (said == label)).sum())
        asked = int((told == label).sum()) + int((said == label).sum())
        harmonic.append(2 * hit / asked)
    count = len(told)
    return Score(count, float((told == said).mean()) if count else 0.0, float(np.mean(harmonic)) if harmonic else 0.0)


def confusion(truth: Sequence[str], guessed: Sequence[str]) -> dict[tuple[str, str], int]:
    """(truth, guess) → how many."""
    found: dict[tuple[str, str], int] = {}
    for pair in zip(truth, guessed, strict=True):
        found[pair] = found.get(pair, 0) + 1
    return found
