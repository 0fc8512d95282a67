"""The kit at one end of a real channel, and the simulated peer, whole or broken, at the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from liandong.kernel.clock import VirtualClock, now, running_on
from simulation.conformance.kit import Result, named, play
from simulation.conformance.session import Session
from simulation.peer.counterpart import Counterpart
from simulation.peer.faults import Storm, read
from simulation.peer.memory import Memory
from simulation.peer.run import turn
from simulation.peer.tests.ends import Ends
from simulation.peer.tests.test_counterpart import NOW, identity
from simulation.peer.ways import ByChannel

QUIET = Storm(read(""), Random(1))


@dataclass
class Trial:
    """`turns` lets the peer work; asked for something to be done, it does it."""

    peer: Counterpart
    its: ByChannel
    clock: VirtualClock
    memory: Memory = field(init=False)

    def __post_init__(self) -> None:
        self.memory = Memory(self.peer, None, lambda line: None)

    def turns(self, *, acts: bool) -> Iterator[None]:
        for _ in range(6 if acts else 3):
            turn(self.memory, self.its, QUIET, now())
            yield
            self.clock.advance(seconds=2)

    def ask(self, what: str) -> None:
        """A danger that nobody answers; whoever believes that it was refused takes it back."""
        danger = "险情" in what
        self.peer.offer("联调" if danger else "【不答】联调", now(), "danger" if danger else "divert")


def tried(peer: Counterpart, ends: Ends, *codes: str) -> list[Result]:
    """Play the cases over the channel."""
    clock = VirtualClock(NOW)
    with running_on(clock):
        session = Session(identity("12345"), ends[0], Trial(peer, ends[1], clock))
        return play(session, named(codes, ends[0].kind))


def wrong(results: Sequence[Result]) -> dict[str, str]:
    return {one.case.code: one.outcome.came for one in results if one.outcome.verdict != "pass"}
