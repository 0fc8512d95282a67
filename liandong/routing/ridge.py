"""Linear classes by least squares with a penalty (ridge, also called least-squares support vectors). Pure.

For k classes one solves the weighted problem  min Σ sᵢ (yᵢ - xᵢ·w - b)² + λ |w|²  in its dual, in which the unknowns
are one number a text and class: (XXᵀ + λ/s) α = y - b with Σα = 0. Few texts: solved at once, and with the inverse what
each text would have scored had it not been learnt from, exactly (Cawley and Talbot 2004). Many: by conjugate gradients,
which need only products with the sparse matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from liandong.routing.matrix import Floats, Rows

# From here on the square matrix of all texts costs more than passes over the sparse one.
FEW = 3000
STEPS, SMALL = 80, 2e-3


@dataclass(frozen=True, slots=True)
class Solved:
    """`weights` (classes, columns) and `bias` (classes); `left_out` (classes, texts) where it came for nothing."""

    weights: Floats
    bias: Floats
    left_out: Floats | None


def solve(rows: Rows, targets: Floats, penalty: Floats, *, leave_out: bool = False) -> Solved:
    """Fit `targets` (classes, texts), +1 in the class and -1 elsewhere; `penalty` is λ divided by a text's weight.

    `leave_out` asks for each text's scores by a model of the others; only of few texts are they given.
    """
    turned = rows.turned()
    if rows.count <= FEW:
        regular = rows.alike()
        regular[np.arange(rows.count), np.arange(rows.count)] += penalty
        if leave_out:
            duals, bias, left_out = _with_left_out(regular, targets)
            return Solved(turned.times(duals), bias, left_out)
        duals, bias = _at_once(regular, targets)
        return Solved(turned.times(duals), bias, None)
    duals, bias = _by_steps(rows, turned, targets, penalty)
    return Solved(turned.times(duals), bias, None)


def _at_once(regular: Floats, targets: Floats) -> tuple[Floats, Floats]:
    ones = np.ones((1, len(regular)), dtype=np.float32)
    free = np.linalg.solve(regular, np.concatenate([targets, ones]).T).T
    bias = free[:-1].sum(axis=1) / free[-1].sum()
    return free[:-1] - bias[:, None] * free[-1], bias.astype(np.float32)


def _with_left_out(regular: Floats, targets: Floats) -> tuple[Floats, Floats, Floats]:
    inverse = np.linalg.inv(regular)
    total = inverse.sum(axis=1)
    spread = total.sum()
    bias = (targets @ total) / spread
    duals = (targets - bias[:, None]) @ inverse
    own = np.diag(inverse) - total * total / spread
    left_out = targets - duals / own
    return duals.astype(np.float32), bias.astype(np.float32), left_out.astype(np.float32)


def _by_steps(rows: Rows, turned: Rows, targets: Floats, penalty: Floats) -> tuple[Floats, Floats]:
    """Conjugate gradients within the duals that add up to nothing, each class with its own step length."""

    def product(duals: Floats) -> Floats:
        return rows.times(turned.times(duals)) + penalty * duals

    def centred(values: Floats) -> Floats:
        moved: Floats = (values - values.mean(axis=1, keepdims=True)).astype(np.float32, copy=False)
        return moved

    duals = np.zeros_like(targets)
    rest = centred(targets)
    way = rest.copy()
    size = first = (rest * rest).sum(axis=1)
    for _ in range(STEPS):
        if np.all(size <= SMALL**2 * first):
            break
        ahead = centred(product(way))
        length = size / np.maximum((way * ahead).sum(axis=1), 1e-30)
        duals += length[:, None] * way
        rest -= length[:, None] * ahead
        now = (rest * rest).sum(axis=1)
        way = rest + (now / np.maximum(size, 1e-30))[:, None] * way
        size = now
    bias = (targets - product(duals)).mean(axis=1)
    return duals, bias.astype(np.float32)
