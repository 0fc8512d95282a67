"""Accepting over HTTP: ours beside the bare server, in turn, and beside the peer."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from bench.figures import Figure, Result
from bench.ground import Ground, Measured, send

ONE, MANY = "/api/v1/orders", "/api/v1/orders/batch"
BATCH = 100


@dataclass(frozen=True, slots=True)
class Pairs:
    """Runs of two sides in turn."""

    ours: list[Measured]
    theirs: list[Measured]

    @property
    def ratio(self) -> float:
        """The median of the pairwise ratios of the rates."""
        return statistics.median(a.rate / b.rate for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def spread(self) -> str:
        ratios = sorted(a.rate / b.rate for a, b in zip(self.ours, self.theirs, strict=True))
        return f"pairs {ratios[0]:.2f}–{ratios[-1]:.2f}"


def in_turn(pairs: int, ours: Callable[[], Measured], theirs: Callable[[], Measured]) -> Pairs:
    """A B, B A, A B …: who goes first alternates too. One run of each is thrown away."""
    ours(), theirs()
    found = Pairs([], [])
    for number in range(pairs):
        sides = ((ours, found.ours), (theirs, found.theirs))
        for side, kept in sides if number % 2 == 0 else reversed(sides):
            kept.append(side())
    return found


def rate(runs: list[Measured]) -> str:
    return f"{statistics.median(run.rate for run in runs):,.0f}/s"


def single(ground: Ground, quick: bool) -> list[Result]:
    """One order a request, 16 connections; and the peer."""
    seconds, pairs = (1.5, 3) if quick else (4.0, 7)
    ours, bare, peer = ground.fresh("ours"), ground.fresh("bare"), ground.fresh("peer")
    with ground.product(ours) as a, ground.bare(bare) as b:
        seen = in_turn(
            pairs,
            lambda: send(a, ONE, ground.token, seconds=seconds),
            lambda: send(b, ONE, ground.token, seconds=seconds),
        )
        with ground.peer(peer) as c:
            beside = in_turn(
                2 if quick else 3,
                lambda: send(a, ONE, ground.token, seconds=seconds),
                lambda: send(c, ONE, ground.token, seconds=seconds),
            )
    late, their_late = (statistics.median(run.p99 for run in runs) for runs in (seen.ours, seen.theirs))
    half, their_half = (statistics.median(run.p50 for run in runs) for runs in (seen.ours, seen.theirs))
    return [
        Figure(
            "accept one order a request, 16 connections, beside the bare server",
            rate(seen.ours),
            rate(seen.theirs),
            seen.ratio,
            f"× {seen.ratio:.2f} ({seen.spread})",
            least=0.7,
        ),
        Figure(
            "the same, time to the answer: 99th percentile (median of the runs)",
            f"{late:.1f} ms (half within {half:.1f})",
            f"{their_late:.1f} ms (half within {their_half:.1f})",
            late,
            f"{late:.1f} ms",
            most=50,
        ),
        Figure(
            "the same beside Django's ORM, one call a table",
            rate(beside.ours),
            rate(beside.theirs),
            beside.ratio,
            f"× {beside.ratio:.1f}",
        ),
    ]


def batch(ground: Ground, quick: bool) -> list[Result]:
    """A hundred orders a request, four connections."""
    seconds, pairs = (1.5, 3) if quick else (4.0, 7)
    ours, bare = ground.fresh("ours_batch"), ground.fresh("bare_batch")
    with ground.product(ours) as a, ground.bare(bare) as b:
        seen = in_turn(
            pairs,
            lambda: send(a, MANY, ground.token, seconds=seconds, connections=4, batch=BATCH),
            lambda: send(b, MANY, ground.token, seconds=seconds, connections=4, batch=BATCH),
        )
    return [
        Figure(
            f"accept {BATCH} orders a request, 4 connections, beside the bare server",
            rate(seen.ours),
            rate(seen.theirs),
            seen.ratio,
            f"× {seen.ratio:.2f} ({seen.spread})",
            least=0.6,
        )
    ]
