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

# From how many values on a column is multiplied densely, and how many pairs of rarer ones are added together at most.
DENSE, PAIRS = 64, 100_000


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
        sums = np.zeros(self.count, dtype=np.float32)
        begins = self.bounds[:-1]
        filled = begins < self.bounds[1:]  # reduceat knows no empty stretch
        if filled.any():
            sums[filled] = np.add.reduceat(values, begins[filled])
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

    def alike(self) -> Floats:
        """The product with its own transpose, (count, count): how alike any two rows are.

        Columns with many values go through one dense product. Of the rare ones every pair of values is added by itself,
        which is less work than a dense product of mostly zeros.
        """
        turned = self.turned()
        lengths = np.diff(turned.bounds)
        common = self.kept(lengths >= DENSE)
        block = np.zeros((self.count, common.width), dtype=np.float32)
        block[common.owners(), common.ids] = common.values
        product: Floats = block @ block.T
        cells = product.reshape(-1)
        for length in range(1, DENSE):
            begins = turned.bounds[:-1][lengths == length]
            for first in range(0, len(begins), 1 + PAIRS // length**2):
                at = begins[first : first + 1 + PAIRS // length**2, None] + np.arange(length)
                rows, values = turned.ids[at].astype(np.int64), turned.values[at]
                pairs = rows[:, :, None] * self.count + rows[:, None, :]
                np.add.at(cells, pairs.reshape(-1), (values[:, :, None] * values[:, None, :]).reshape(-1))
        return product
