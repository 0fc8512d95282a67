"""A sparse matrix by rows, multiplied with dense ones by numpy alone. Pure.

Dense factors are kept one column after the other, so that every inner step is a plain pass over one array: take the
numbers a row names, multiply, add up between the bounds of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
Bounds = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Row i holds `values[bounds[i]:bounds[i + 1]]` in the columns `ids[bounds[i]:bounds[i + 1]]` of `width`."""

    bounds: Bounds
    ids: Ids
    values: Floats
    width: int

    @property
    def count(self) -> int:
        return len(self.bounds) - 1

    def owners(self) -> Bounds:
        """The row of every value."""
        return np.repeat(np.arange(self.count), np.diff(self.bounds))

    def summed(self, values: Floats) -> Floats:
        """One sum a row of `values`, which are as many as the matrix has."""
        if not len(values):
            return np.zeros(self.count, dtype=np.float32)
        begins = self.bounds[:-1]
        sums: Floats = np.add.reduceat(values, np.minimum(begins, len(values) - 1))
        sums[begins == self.bounds[1:]] = 0  # reduceat gives an empty row the value at its bound
        return sums

    def times(self, dense: Floats) -> Floats:
        """The product with `dense`, given and returned as (columns, rows): (k, width) → (k, count)."""
        found = np.empty((len(dense), self.count), dtype=np.float32)
        for number, column in enumerate(dense):
            found[number] = self.summed(column[self.ids] * self.values)
        return found

    def turned(self) -> Rows:
        """The transposed matrix."""
        order = np.argsort(self.ids, kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(self.ids, minlength=self.width))])
        return Rows(bounds, self.owners()[order].astype(np.int32), self.values[order], self.count)

    def scaled(self, columns: Floats, *, unit: bool = True) -> Rows:
        """Every column times its weight, then every row brought to length one (an empty row stays empty)."""
        values = self.values * columns[self.ids]
        if unit:
            length = np.sqrt(self.summed(values * values))
            values = values / np.repeat(np.where(length > 0, length, 1), np.diff(self.bounds))
        return Rows(self.bounds, self.ids, values.astype(np.float32), self.width)

    def kept(self, columns: NDArray[np.bool_]) -> Rows:
        """Without the columns that are False."""
        inside = columns[self.ids]
        number = np.cumsum(columns) - 1
        before = np.concatenate([[0], np.cumsum(inside)])
        return Rows(
            before[self.bounds], number[self.ids[inside]].astype(np.int32), self.values[inside], int(columns.sum())
        )

    def some(self, rows: Bounds) -> Rows:
        """The rows named, in that order."""
        lengths = np.diff(self.bounds)[rows]
        bounds = np.concatenate([[0], np.cumsum(lengths)])
        at = np.repeat(self.bounds[rows] - bounds[:-1], lengths) + np.arange(bounds[-1])
        return Rows(bounds, self.ids[at], self.values[at], self.width)

    def alike(self, dense_from: int = 24) -> Floats:
        """The product with its own transpose, (count, count): how alike any two rows are.

        Columns with at least `dense_from` values go through one dense product; of the rare ones, every pair of values
        is added by itself, which is less work than a dense product of mostly zeros.
        """
        turned = self.turned()
        often = np.diff(turned.bounds) >= dense_from
        common = self.kept(often)
        block = np.zeros((self.count, common.width), dtype=np.float32)
        block[common.owners(), common.ids] = common.values
        product: Floats = block @ block.T
        rare = turned.some(np.flatnonzero(~often))
        lengths = np.diff(rare.bounds)
        # Each value meets every value of its column: value i is repeated as often as its column is long.
        times = np.repeat(lengths, lengths)
        left = np.repeat(np.arange(len(rare.values)), times)
        first = np.repeat(np.repeat(rare.bounds[:-1], lengths), times)
        within = np.arange(len(left)) - np.repeat(np.cumsum(times) - times, times)
        right = first + within
        cell = rare.ids[left].astype(np.int64) * self.count + rare.ids[right]
        cell, at = np.unique(cell, return_inverse=True)
        product.reshape(-1)[cell] += np.bincount(at, rare.values[left] * rare.values[right])
        return product
