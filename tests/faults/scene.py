"""What a fault is done to, and what it may leave behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.faults.couple import Couple, End, wait_for
from tests.faults.stream import Stream
from tests.faults.watch import Watch

FELT = 12.0  # seconds a fault is held at most until it is felt
UNSTORED = "SELECT count(*) FROM peers_outgoing WHERE stored_at IS NULL"
TROUBLE = "SELECT trouble FROM peers_peer"


class Skipped(Exception):
    """Not tried here; the sentence says why."""


@dataclass
class Scene:
    """`enough`: so many messages that wait are a backlog, awaited for `felt` seconds at most. `dead`, `apart`: how many
    messages the fault may leave on the dead-letter list and in quarantine, at least one each where it is not zero.
    `healed`: when the fault was over. `later`: what is to be looked at when the nodes are equal; it returns what was
    seen and what is wrong.
    """

    couple: Couple
    stream: Stream
    dice: Random
    watch: Watch
    enough: int
    felt: float
    dead: int = 0
    apart: int = 0
    healed: float | None = None
    later: Callable[[], tuple[str, list[str]]] | None = None
    dangers: dict[str, float] = field(default_factory=dict)

    def over(self) -> None:
        self.healed = time.monotonic()

    def danger(self) -> str:
        """Hand one over now. How long it takes beyond the fault is looked at."""
        number = self.stream.danger()
        self.dangers[number] = time.monotonic()
        self.watch.await_(number)
        return number

    def backlog(self, *ends: End) -> str:
        """Wait until enough waits at these nodes to go out, then hand over a danger, which is the last of it."""
        felt = wait_for(lambda: all(end.eyes.value(UNSTORED) >= self.enough for end in ends), self.felt)
        self.danger()
        wait_for(lambda: ends[0].eyes.value(UNSTORED), FELT)  # it is on its way to the line, and does not get through
        return f"{self.waiting(*ends)} messages waited" + ("" if felt else " (fewer than meant)")

    def waiting(self, *ends: End) -> str:
        return "、".join(str(end.eyes.value(UNSTORED)) for end in ends)

    def troubled(self, *words: str) -> bool:
        """Whether both nodes told in time that nothing goes through, in these words where some are given."""
        said = words or ("",)

        def told() -> bool:
            here = [end.eyes.value(TROUBLE) for end in self.couple.ends]
            return all(one and any(word in one for word in said) for one in here)

        return wait_for(told, 2 * FELT)


Mischief = Callable[[Scene], str]
