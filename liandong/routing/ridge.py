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
BLOCK = 128
STEPS, SMALL = 80, 2e-3


@dataclass(frozen=True, slots=True)
class Solved:
    """`duals` and `left_out` (classes, texts), `bias` (classes). The turned rows make weights of the duals."""

    duals: Floats
    bias: Floats
    left_out: Floats | None = None


def solve(rows: Rows, targets: Floats, penalty: Floats, *, leave_out: bool = False) -> Solved:
    """Fit `targets` (classes, texts), +1 in the class and -1 elsewhere; `penalty` is λ divided by a text's weight.

    `leave_out` asks for each text's scores by a model of the others; only of few texts are they given.
    """
    if rows.count <= FEW:
        regular = rows.alike()
        regular[np.arange(rows.count), np.arange(rows.count)] += penalty
        if leave_out:
            return _with_left_out(regular, targets)
        return _at_once(regular, targets)
    return _by_steps(rows, rows.turned(), targets, penalty)


def _at_once(regular: Floats, targets: Floats) -> Solved:
    ones = np.ones((1, len(regular)), dtype=np.float32)
    free = _symmetric(regular, np.concatenate([targets, ones]).T).T
    bias = free[:-1].sum(axis=1) / free[-1].sum()
    return Solved(free[:-1] - bias[:, None] * free[-1], bias.astype(np.float32))


def _symmetric(regular: Floats, right: Floats) -> Floats:
    """Solve by Cholesky, block by block in the place of `regular`, which is spent.

    numpy's own solvers compute in double precision whatever they are given: twice the time, and six times the memory.
    """
    blocks = [slice(at, min(at + BLOCK, len(regular))) for at in range(0, len(regular), BLOCK)]
    corners = []
    for number, one in enumerate(blocks):
        corner = np.linalg.inv(np.linalg.cholesky(regular[one, one]))
        corners.append(corner)
        below = regular[one.stop :, one] = regular[one.stop :, one] @ corner.T
        for later in blocks[number + 1 :]:
            regular[later.start :, later] -= below[later.start - one.stop :] @ regular[later, one].T
    found = right.copy()
    for one, corner in zip(blocks, corners, strict=True):
        found[one] = corner @ (found[one] - regular[one, : one.start] @ found[: one.start])
    for one, corner in zip(reversed(blocks), reversed(corners), strict=True):
        found[one] = corner.T @ (found[one] - regular[one.stop :, one].T @ found[one.stop :])
    return found


def _with_left_out(regular: Floats, targets: Floats) -> Solved:
    inverse = np.linalg.inv(regular)
    total = inverse.sum(axis=1)
    spread = total.sum()
    bias = (targets @ total) / spread
    duals = (targets - bias[:, None]) @ inverse
    own = np.diag(inverse) - total * total / spread
    left_out = targets - duals / own
    return Solved(duals.astype(np.float32), bias.astype(np.float32), left_out.astype(np.float32))


def _by_steps(rows: Rows, turned: Rows, targets: Floats, penalty: Floats) -> Solved:
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
    return Solved(duals, bias.astype(np.float32))
