"""Random transfers of random kinds between random desks over one matter: the responsible set is never empty, and
nobody enters it by another's hand."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import permutations

import pytest

from liandong.kernel.errors import LiandongError
from liandong.transfer.baton import compose, open_verb
from liandong.transfer.paths import PATHS
from liandong.transfer.replica import Replica, apply
from liandong.transfer.responsibility import Duty, responsible
from liandong.transfer.states import KINDS, TRANSFER
from liandong.transfer.tests.plain import NOW

DESKS = {
    "12345": "city_12345",
    "110": "city_110",
    "110-140902": "county_110",
    "gas": "hotline",
    "water": "hotline",
}
ROADS = [
    (kind, origin, target)
    for kind in KINDS
    for origin, target in permutations(DESKS, 2)
    if (DESKS[origin], DESKS[target]) in PATHS[kind]
]
VERBS = sorted({edge.verb for edge in TRANSFER.edges} - {"offer", "open"})
ANY_TIME = ("danger", "clue")


@dataclass
class Run:
    replica: Replica
    parent: str | None
    beside: bool


class Walk:
    """One matter. Transfers are opened as `offer_for` opens them: by a desk that is responsible, or in danger."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.first = self.dice.choice(list(DESKS))
        self.runs: dict[str, Run] = {}
        self.made = 0

    def duties(self) -> list[Duty]:
        running = {number: run for number, run in self.runs.items() if not run.replica.ended}
        return [
            Duty(
                number,
                run.parent if run.parent in running else None,
                run.replica.origin,
                run.replica.target,
                KINDS[run.replica.kind].passes and not run.beside,
                run.replica.origin_duty,
                run.replica.target_duty,
            )
            for number, run in running.items()
        ]

    def now(self) -> tuple[str, ...]:
        return responsible(self.first, self.duties())

    def move(self) -> str | None:
        """Make one move; returns its author, None when nothing could be done."""
        return self.open() if self.dice.random() < 0.25 else self.step()

    def open(self) -> str | None:
        openings = [one for one in ROADS if self._may_open(*one)]
        if not openings:
            return None
        kind, origin, target = self.dice.choice(openings)
        duties = self.duties()
        parent = self._by_which(origin)
        self.made += 1
        number = f"T{self.made}"
        fresh = Replica(transfer=number, kind=kind, origin=origin, target=target)
        replica = apply(fresh, compose(fresh, open_verb(kind), origin, "某人", {}, {}, NOW))
        self.runs[number] = Run(replica, parent, beside=kind == "danger" and bool(duties))
        return origin

    def _by_which(self, desk: str) -> str | None:
        """The transfer by which the desk itself has the matter."""
        return next((d.transfer for d in self.duties() if d.target == desk and d.target_duty), None)

    def _may_open(self, kind: str, origin: str, target: str) -> bool:
        involved = {self.first, *(run.replica.target for run in self.runs.values() if run.replica.target_duty)}
        if origin not in involved or any(d.origin == origin and d.target == target for d in self.duties()):
            return False
        if kind in ANY_TIME:
            return True
        parent = self._by_which(origin)
        sends_back = parent is not None and self.runs[parent].replica.origin == target
        barred = KINDS[kind].passes and (sends_back or self._handed(origin))
        return origin in self.now() and not barred

    def _handed(self, desk: str) -> bool:
        """Whether the desk's order is with somebody else: what was handed over is not handed over twice."""
        return any(d.origin == desk and d.passes and d.target_duty and not d.origin_duty for d in self.duties())

    def step(self) -> str | None:
        running = [run for run in self.runs.values() if not run.replica.ended]
        if not running:
            return None
        run = self.dice.choice(running)
        author = str(run.replica.holder)
        for verb in self.dice.sample(VERBS, len(VERBS)):
            if verb == "conclude" and self._open_below(run):
                continue
            try:
                run.replica = apply(run.replica, compose(run.replica, verb, author, "某人", {}, {}, NOW))
            except LiandongError:
                continue
            return author
        return None

    def _open_below(self, run: Run) -> bool:
        mine = [other.replica for other in self.runs.values() if other.parent == run.replica.transfer]
        return any(not replica.ended and replica.state != "concluded" for replica in mine)


def walked(seed: int) -> tuple[int, str]:
    """How many transfers were opened, and what was wrong first; empty when nothing was."""
    walk = Walk(seed)
    before = {walk.first}
    for turn in range(60):
        author = walk.move()
        now = set(walk.now())
        if not now:
            return walk.made, f"seed {seed} turn {turn}: nobody is responsible"
        if now - before - {author}:
            return walk.made, f"seed {seed} turn {turn}: {now - before} entered by the hand of {author}"
        before = now
    return walk.made, ""


@pytest.mark.parametrize("block", range(5))
def test_somebody_is_always_responsible_and_only_by_their_own_hand(block: int) -> None:
    walks = [walked(seed) for seed in range(block * 40, block * 40 + 40)]
    assert [wrong for _, wrong in walks if wrong] == []
    assert sum(made for made, _ in walks) > 150, "the walks opened too little to show anything"


def test_a_rule_by_which_an_offer_is_enough_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = responsible
    monkeypatch.setattr(
        Walk,
        "now",
        lambda walk: offered(walk.first, [replace(d, origin_duty=False, target_duty=True) for d in walk.duties()]),
    )
    assert any("entered by the hand of" in wrong for _, wrong in map(walked, range(40)))
