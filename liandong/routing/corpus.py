"""Many texts as one sparse matrix of n-gram counts with their vocabulary, and what each n-gram is worth. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from liandong.routing.grams import Keys, grams
from liandong.routing.matrix import Floats, Ids, Rows

# Texts counted together: large enough for numpy to pay, small enough that long texts fit into memory.
_TOGETHER = 2000


def counted(texts: Sequence[str], widest: int, least: int = 1) -> tuple[Keys, Rows]:
    """The sorted keys of all n-grams that occur in at least `least` texts, and how often each occurs in each text."""
    parts = list(_parts(texts, widest))
    every = np.concatenate([keys for _, keys, _ in parts]) if parts else np.zeros(0, dtype=np.uint64)
    vocabulary, inside = np.unique(every, return_counts=True)
    vocabulary = vocabulary[inside >= least]
    owners, ids, counts = [], [], []
    for owner, keys, count in parts:
        at = np.minimum(np.searchsorted(vocabulary, keys), max(len(vocabulary) - 1, 0))
        known = vocabulary[at] == keys if len(vocabulary) else np.zeros(len(keys), dtype=bool)
        owners.append(owner[known])
        ids.append(at[known].astype(np.int32))
        counts.append(count[known])
    lengths = np.bincount(np.concatenate(owners), minlength=len(texts)) if owners else np.zeros(len(texts), dtype=int)
    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    empty = np.zeros(0, dtype=np.float32)
    values = np.concatenate(counts).astype(np.float32) if counts else empty
    return vocabulary, Rows(bounds, np.concatenate(ids) if ids else empty.astype(np.int32), values, len(vocabulary))


def _parts(texts: Sequence[str], widest: int) -> Iterator[tuple[Ids, Keys, Ids]]:
    """Of some texts at a time: the text, the key and the count of every n-gram that occurs in a text."""
    for first in range(0, len(texts), _TOGETHER):
        found = [grams(text, widest) for text in texts[first : first + _TOGETHER]]
        keys, number = np.unique(np.concatenate(found), return_inverse=True)
        owner = np.repeat(np.arange(len(found)), [len(one) for one in found])
        pair, count = np.unique(owner * np.int64(max(len(keys), 1)) + number, return_counts=True)
        yield (first + pair // max(len(keys), 1)).astype(np.int64), keys[pair % max(len(keys), 1)], count


def rarity(counts: Rows) -> Floats:
    """What an n-gram is worth by how few texts have it (idf, smoothed): 1 for one that is in all of them."""
    inside = np.bincount(counts.ids, minlength=counts.width)
    worth: Floats = (np.log((1 + counts.count) / (1 + inside)) + 1).astype(np.float32)
    return worth


def telling(counts: Rows, belongs: Floats) -> Floats:
    """What an n-gram is worth by how unevenly classes use it: 1 plus its largest log-odds between a class and the rest.

    `belongs` is (classes, texts) of 0 and 1. After the log-count ratio of Wang and Manning (ACL 2012), of which only
    the size is taken, so that one weighting serves all classes.
    """
    present = Rows(counts.bounds, counts.ids, np.ones_like(counts.values), counts.width).turned()
    within = present.times(belongs) + 0.5
    without = present.summed(present.values) - within + 1.0
    texts = belongs.sum(axis=1, keepdims=True)
    odds = np.log((within / (texts + 1)) / (without / (counts.count - texts + 1)))
    worth: Floats = (1 + np.abs(odds).max(axis=0)).astype(np.float32)
    return worth


def damped(counts: Rows) -> Rows:
    """A count c becomes 1 + log c: the tenth 停水 in a text says less than the first."""
    return Rows(counts.bounds, counts.ids, (1 + np.log(counts.values)).astype(np.float32), counts.width)
