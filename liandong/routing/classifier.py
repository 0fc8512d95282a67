"""A linear classifier over the characters of a note: several questions (heads) asked of one reading. Pure.

A note becomes the n-grams it shares with the vocabulary, each weighed by how often it occurs in the note and how much
it says, the whole brought to length one. What the vocabulary does not know counts in that length as well: a note in
another language, or about something nobody taught, gets small scores and so an unsure answer.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from liandong.routing.grams import Keys, Runs, grams, spelled
from liandong.routing.matrix import Bounds, Floats, Ids

# Raised when the bytes of a model change their meaning; an older model is then trained anew.
FORMAT = 1
# Of the runs that speak for an answer the strongest are shown, put together where they touch.
STRONGEST, MOST_WORDS, LONGEST_WORD = 6, 3, 8


# Beyond all single characters; the ideographs lie from the second up to the third.
_MARKS = np.array([0x10000, 0x3400, 0xA000], dtype=np.uint64)


class ModelUnreadable(ValueError):
    """The bytes are no model of this release."""


@dataclass(frozen=True, slots=True)
class Head:
    """One question and its answers. `sharpness` makes probabilities of scores; fitted on texts not learnt from."""

    name: str
    labels: tuple[str, ...]
    sharpness: float = 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A note as the model reads it: its known features with their values, and the scores of all heads' answers."""

    text: str
    ids: Ids
    values: Floats
    known: float  # share of the note's weight that the vocabulary knows, times that of ideographs in it, 0..1
    scores: Floats


@dataclass(frozen=True, slots=True)
class SeenMany:
    """Many notes as the model reads them, a row a note: of each what `Seen` says of one, to the last bit.

    The features of note i are `ids[bounds[i]:bounds[i + 1]]`, their values `values` likewise.
    """

    bounds: Bounds
    ids: Ids
    values: Floats
    known: NDArray[np.float64]
    scores: Floats

    def one(self, at: int, text: str) -> Seen:
        """The note at this position, as `read` gives it."""
        features = slice(self.bounds[at], self.bounds[at + 1])
        return Seen(text, self.ids[features], self.values[features], float(self.known[at]), self.scores[at])


@dataclass(frozen=True, eq=False)
class Classifier:
    """`keys` (sorted) and `worth` are the vocabulary; `weights` (features, answers) and `bias` answer all heads.

    `strange` is what a feature the vocabulary does not know counts.
    """

    version: str
    widest: int
    keys: Keys
    worth: Floats
    strange: float
    heads: tuple[Head, ...]
    weights: Floats
    bias: Floats

    @cached_property
    def spans(self) -> Mapping[str, slice]:
        """Where the answers of each head stand among the columns."""
        ends = np.cumsum([len(head.labels) for head in self.heads]).tolist()
        return {head.name: slice(end - len(head.labels), end) for head, end in zip(self.heads, ends, strict=True)}

    @cached_property
    def named(self) -> Mapping[str, Head]:
        return {head.name: head for head in self.heads}

    @cached_property
    def columns(self) -> Mapping[tuple[str, str], int]:
        """The column of each answer, by head and label."""
        labels = [(head.name, label) for head in self.heads for label in head.labels]
        return {answer: column for column, answer in enumerate(labels)}

    def read(self, text: str) -> Seen:
        """Read a note of any length, an empty one too."""
        keys, counts = _distinct(grams(text, self.widest))
        if not len(keys):
            nothing = np.zeros(0, dtype=np.float32)
            return Seen(text, nothing.astype(np.int32), nothing, 0.0, self.bias)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known = self.keys[at] == keys
        ids = at[known].astype(np.int32)
        values = (1 + np.log(counts[known])).astype(np.float32) * self.worth[ids]
        size = float(values @ values)
        whole = size + (len(keys) - len(ids)) * self.strange**2
        values /= np.float32(math.sqrt(whole))
        known_share = size / whole * _ideographs(keys)
        return Seen(text, ids, values, known_share, values @ self.weights.take(ids, axis=0) + self.bias)

    def read_many(self, runs: Runs) -> SeenMany:
        """Read many notes by their runs of `widest` characters: what `read` says of each, in far fewer steps.

        What adds up numbers of one note is asked of that note alone, as `read` asks it: floats added in another order
        come out otherwise in the last bit.
        """
        at = np.minimum(np.searchsorted(self.keys, runs.keys), len(self.keys) - 1)
        inside = np.flatnonzero(self.keys[at] == runs.keys)
        ids = at[inside].astype(np.int32)
        values = (1 + np.log(runs.counts[inside])).astype(np.float32) * self.worth[ids]
        bounds = np.searchsorted(inside, runs.begins)
        scores = np.zeros((runs.texts, len(self.bias)), dtype=np.float32)
        size = np.zeros(runs.texts)
        unknown = np.diff(runs.begins) - np.diff(bounds)
        lengths = np.ones(runs.texts, dtype=np.float32)
        stretches = list(pairwise(bounds.tolist()))
        for note, (begin, end) in enumerate(stretches):
            own = values[begin:end]
            size[note] = own @ own
        whole = size + unknown * self.strange**2
        heard = whole > 0
        lengths[heard] = np.sqrt(whole[heard])
        values /= np.repeat(lengths, np.diff(bounds))
        for note, (begin, end) in enumerate(stretches):
            np.matmul(values[begin:end], self.weights.take(ids[begin:end], axis=0), out=scores[note])
        known = np.divide(size, whole, out=np.zeros_like(size), where=heard) * _ideographs_of(runs)
        return SeenMany(bounds, ids, values, known, scores + self.bias)

    def answers_of_many(self, seen: SeenMany, head: str) -> Floats:
        """As `answers`, a row a note."""
        return softmax(seen.scores[:, self.spans[head]] * self.named[head].sharpness)

    def answers(self, seen: Seen, head: str) -> Floats:
        """The probability of every answer of `head`, in the order of its labels."""
        return softmax(seen.scores[self.spans[head]] * self.named[head].sharpness)

    def words(self, seen: Seen, head: str, label: str) -> tuple[str, ...]:
        """The words of the note that spoke for the answer, strongest first; at most three."""
        spoke = seen.values * self.weights[seen.ids, self.columns[head, label]]
        best = (-spoke).argsort()[:STRONGEST]
        best = best[spoke[best] > 0]
        spans: dict[int, tuple[int, float]] = {}
        for key, weight in zip(self.keys.take(seen.ids.take(best)).tolist(), spoke[best].tolist(), strict=True):
            run = spelled(key)
            start = seen.text.find(run)  # not found where folding changed it: digits, letters
            if start >= 0 and len(run) > 1:
                spans[start] = max(spans.get(start, (0, 0.0)), (start + len(run), weight))
        return _together(seen.text, spans)

    def dump(self) -> bytes:
        """The model as bytes, without anything that could run when they are read."""
        about = {
            "format": FORMAT,
            "version": self.version,
            "widest": self.widest,
            "strange": self.strange,
            "heads": [asdict(head) for head in self.heads],
        }
        told = np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), dtype=np.uint8)
        out = io.BytesIO()
        weights = self.weights.astype(np.float16)
        np.savez_compressed(out, about=told, keys=self.keys, worth=self.worth, weights=weights, bias=self.bias)
        return out.getvalue()

    @classmethod
    def load(cls, raw: bytes) -> Classifier:
        """Raises ModelUnreadable."""
        try:
            with np.load(io.BytesIO(raw), allow_pickle=False) as held:
                about = json.loads(held["about"].tobytes())
                if about["format"] != FORMAT:
                    raise ModelUnreadable(f"format {about['format']}, this release reads {FORMAT}")
                return cls(
                    version=about["version"],
                    widest=about["widest"],
                    keys=held["keys"],
                    worth=held["worth"],
                    strange=about["strange"],
                    heads=tuple(Head(h["name"], tuple(h["labels"]), h["sharpness"]) for h in about["heads"]),
                    weights=held["weights"].astype(np.float32),
                    bias=held["bias"],
                )
        except ModelUnreadable:
            raise
        except Exception as why:  # whatever zip, numpy or JSON say of bytes that are no model
            raise ModelUnreadable(str(why)) from why


def _distinct(keys: Keys) -> tuple[Keys, Bounds]:
    """The sorted keys, each once, and how often each occurs (`np.unique`, without its detours)."""
    keys = np.sort(keys)
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    return keys[first], np.diff(np.append(first, len(keys)))


def _ideographs(keys: Keys) -> float:
    """The share of ideographs among the characters (sorted keys of one character come before all longer runs)."""
    single, first, last = np.searchsorted(keys, _MARKS)
    return float(last - first) / float(single)


def _ideographs_of(runs: Runs) -> NDArray[np.float64]:
    """As `_ideographs`, of each text; 0 for one without characters."""
    single, first, last = (runs.summed(runs.keys < mark) for mark in _MARKS)
    return np.divide(last - first, single, out=np.zeros_like(single), where=single > 0)


def softmax(scores: Floats) -> Floats:
    """Scores (… answers) as probabilities that add up to one."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    whole: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return whole


def _together(text: str, spans: Mapping[int, tuple[int, float]]) -> tuple[str, ...]:
    """Runs that touch become one word, as strong as they are together."""
    joined: list[tuple[int, int, float]] = []
    for start, (end, weight) in sorted(spans.items()):
        if joined and start <= joined[-1][1] and end - joined[-1][0] <= LONGEST_WORD:
            first, last, so_far = joined[-1]
            joined[-1] = (first, max(end, last), so_far + weight)
        else:
            joined.append((start, end, weight))
    ordered = sorted(joined, key=lambda one: -one[2])
    return tuple(dict.fromkeys(text[start:end] for start, end, _ in ordered))[:MOST_WORDS]
