"""Two replicas of one transfer over a channel that loses, repeats, reorders and delays. Each side knows only its own.

A seeded walker plays both sides. After every move it checks: one replica's steps are a prefix of the other's (I2);
some side, by its own view, must act (I1); what was seen before changes nothing (I4); and once the channel is quiet
both are equal byte for byte (I5). The last tests break the rule on purpose and see the walker notice.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from liandong.kernel.errors import LiandongError
from liandong.transfer import replica as rule
from liandong.transfer.baton import compose
from liandong.transfer.errors import ChainBroken, NotHolder, OutOfOrder
from liandong.transfer.replica import Replica, Step
from liandong.transfer.states import KINDS, TRANSFER, edge_for
from liandong.transfer.tests.plain import NOW, A, B, empty

SEEDS = range(25)


class Violation(AssertionError):
    """An invariant does not hold."""


class Side:
    """One node: its steps, its replica, and what came too early."""

    def __init__(self, desk: str, kind: str) -> None:
        self.desk, self.empty = desk, empty(kind)
        self.replica, self.steps, self.early = self.empty, list[Step](), dict[int, Step]()

    def take(self, step: Step) -> None:
        """What a node does with a message: apply what follows, keep what is early, ignore what it has."""
        if step.seq <= self.replica.seq:
            return
        self.early[step.seq] = step
        while (following := self.early.pop(self.replica.seq + 1, None)) is not None:
            self.replica = rule.apply(self.replica, following)
            self.steps.append(following)

    @property
    def must_act(self) -> bool:
        return self.replica.origin_duty if self.desk == A else self.replica.target_duty


class World:
    def __init__(self, seed: int, kind: str, *, honest: bool = True) -> None:
        self.dice, self.kind, self.honest = random.Random(seed), kind, honest
        self.sides = {A: Side(A, kind), B: Side(B, kind)}
        self.channel: list[tuple[str, Step]] = []
        self.moves = 0

    def run(self, moves: int = 80) -> World:
        for _ in range(moves):
            self.dice.choice((self.act, self.act, self.deliver, self.deliver, self.lose, self.repeat, self.resend))()
            self.check()
        self.drain()
        return self

    def act(self) -> None:
        """One side adds a step, if by its own view it holds the baton (a dishonest one: also if it does not)."""
        side = self.sides[self.dice.choice((A, B))]
        if side.replica.holder != side.desk and (self.honest or side.replica.ended):
            return
        verbs = [verb for verb in VERBS if self._has_edge(side.replica, verb)]
        if not verbs:
            return
        self.moves += 1
        at = NOW + timedelta(seconds=self.moves)
        body = {"text": f"{self.dice.random()}"}
        step = compose(side.replica, self.dice.choice(verbs), side.desk, "某人", body, {}, at)
        side.take(step)
        self.channel.append((A if side.desk == B else B, step))

    def _has_edge(self, replica: Replica, verb: str) -> bool:
        try:
            edge_for(self.kind, replica.state, verb)
        except LiandongError:
            return False
        return True

    def deliver(self) -> None:
        if self.channel:
            to, step = self.channel.pop(self.dice.randrange(len(self.channel)))
            self.give(self.sides[to], step)

    def lose(self) -> None:
        if self.channel:
            self.channel.pop(self.dice.randrange(len(self.channel)))

    def repeat(self) -> None:
        if self.channel:
            self.channel.append(self.dice.choice(self.channel))

    def resend(self) -> None:
        """Reconciliation, or a file found years later: any step of a side goes on the way once more."""
        side = self.sides[self.dice.choice((A, B))]
        if side.steps:
            self.channel.append((A if side.desk == B else B, self.dice.choice(side.steps)))

    def give(self, side: Side, step: Step) -> None:
        before = side.replica
        side.take(step)
        if step.seq <= before.seq and side.replica != before:
            raise Violation("I4: an old message changed something")

    def check(self) -> None:
        shorter, longer = sorted((side.steps for side in self.sides.values()), key=len)
        if [step.content() for step in shorter] != [step.content() for step in longer[: len(shorter)]]:
            raise Violation("I2: neither is a prefix of the other")
        if not any(side.must_act for side in self.sides.values()):
            raise Violation("I1: nobody sees itself responsible")

    def drain(self) -> None:
        """The channel comes back: both send all they have, in any order, until it is quiet."""
        for desk, other in ((A, B), (B, A)):
            self.channel += [(other, step) for step in self.sides[desk].steps]
        while self.channel:
            self.deliver()
            self.check()
        one, two = self.sides[A], self.sides[B]
        if one.replica != two.replica or [s.content() for s in one.steps] != [s.content() for s in two.steps]:
            raise Violation("I5: the sides differ after the channel is quiet")


VERBS = sorted({edge.verb for edge in TRANSFER.edges})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_two_sides_never_part_and_never_both_look_away(kind: str) -> None:
    longest = 0
    for seed in SEEDS:
        world = World(seed, kind).run()
        longest = max(longest, world.sides[A].replica.seq)
    assert longest >= 4, "the walks were too short to show anything"


def test_the_walks_reach_every_state_and_every_verb() -> None:
    seen_states, seen_verbs = set(), set()
    for kind in KINDS:
        for seed in SEEDS:
            for step in World(seed, kind).run().sides[A].steps:
                seen_verbs.add(step.verb)
                seen_states.add(edge_target(kind, step.verb))
    assert seen_verbs == set(VERBS)
    assert seen_states == set(TRANSFER.states)


def edge_target(kind: str, verb: str) -> str:
    return next(edge.target for edge in TRANSFER.edges if edge.verb == verb)


def test_old_and_repeated_steps_are_refused_by_the_rule_itself() -> None:
    world = World(7, "divert").run()
    side = world.sides[B]
    for step in side.steps:
        with pytest.raises((OutOfOrder, NotHolder, ChainBroken)):
            rule.apply(side.replica, step)


def _all_violations(*, honest: bool = True) -> set[str]:
    found = set()
    for kind in ("divert", "unclear"):
        for seed in SEEDS[:20]:
            try:
                World(seed, kind, honest=honest).run()
            except (Violation, LiandongError) as violation:
                found.add(str(violation))
    return found


def _duty_lost_at(verb: str) -> Callable[[Replica, str], tuple[bool, bool]]:
    right = rule._duty

    def wrong(replica: Replica, taken: str) -> tuple[bool, bool]:
        return (False, True) if taken == verb else right(replica, taken)

    return wrong


@pytest.mark.parametrize("verb", ["award", "offer"])
def test_a_rule_that_ends_the_origins_duty_by_its_own_word_is_caught(
    monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr(rule, "_duty", _duty_lost_at(verb))
    assert "I1: nobody sees itself responsible" in _all_violations()


def test_a_rule_that_ends_the_targets_duty_when_it_concludes_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = rule._duty
    monkeypatch.setattr(rule, "_duty", lambda r, verb: (False, False) if verb == "conclude" else right(r, verb))
    assert "I1: nobody sees itself responsible" in _all_violations()


def test_a_rule_that_lets_anyone_add_a_step_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = rule.apply
    # The step is taken as though its holder had made it: the baton is no longer asked for.
    monkeypatch.setattr(
        rule, "apply", lambda r, step: replace(right(r, replace(step, author=r.holder)), head=step.digest())
    )
    assert "I2: neither is a prefix of the other" in _all_violations(honest=False)
