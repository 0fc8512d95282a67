"""What lies between the nodes: lines and ferries that lose, repeat, change, hold up and mix what they are given."""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulation.network.points import Crash, Point, Reaper

LONGEST_STALL = 72 * 3600


@dataclass(slots=True)
class Link:
    """One way from a node to another. Seconds."""

    ferry: bool = False
    slow: float = 5.0
    stalled_until: datetime | None = None


class Wire:
    """`bad` 0 to 1: how likely a message meets with something. `sent`: all that ever went out, by whom it reached."""

    def __init__(self, dice: random.Random, bad: float) -> None:
        self._dice, self.bad = dice, bad
        self.links: dict[tuple[str, str], Link] = {}
        self._under_way: list[tuple[datetime, int, str, bytes]] = []
        self._count = 0
        self.sent: list[tuple[str, bytes]] = []

    def send(self, source: str, to: str, raws: Sequence[bytes], now: datetime, reaper: Reaper) -> None:
        """Give the batch to the way to `to`. Raises Crash where the sender dies over it."""
        if self.links[source, to].ferry:
            self._ferry(source, to, raws, now, reaper)
            return
        reaper.at(Point.SEND_BEFORE)
        half = len(raws) // 2
        for place, raw in enumerate(raws):
            if place == half:
                reaper.at(Point.SEND_HALF)
            self.throw(source, to, raw, now)
        reaper.at(Point.SEND_AFTER)

    def _ferry(self, source: str, to: str, raws: Sequence[bytes], now: datetime, reaper: Reaper) -> None:
        """A file is seen by the other side only when it is done; a careless reader may take half of one."""
        reaper.at(Point.FERRY_OPENED)
        try:
            reaper.at(Point.FERRY_HALF)
        except Crash:
            if self._dice.random() < 0.5:
                self.throw(source, to, raws[0][: len(raws[0]) // 2], now)
            raise
        reaper.at(Point.FERRY_WRITTEN)
        for raw in raws:
            self.throw(source, to, raw, now)
        reaper.at(Point.FERRY_DONE)

    def throw(self, source: str, to: str, raw: bytes, now: datetime) -> None:
        """One message on its way, or not, or twice, or changed."""
        self.sent.append((to, raw))
        luck = self._dice.random()
        if luck >= self.bad:
            self._later(source, to, raw, now)
        elif luck < 0.4 * self.bad:
            return
        elif luck < 0.7 * self.bad:
            self._later(source, to, raw, now)
            self._later(source, to, raw, now)
        elif luck < 0.9 * self.bad:
            changed = bytearray(raw)
            changed[self._dice.randrange(len(raw))] ^= 1 << self._dice.randrange(7)
            self._later(source, to, bytes(changed), now)
        else:
            self._later(source, to, raw[: self._dice.randrange(len(raw))], now)

    def _later(self, source: str, to: str, raw: bytes, now: datetime) -> None:
        link = self.links[source, to]
        start = max(now, link.stalled_until) if link.stalled_until is not None else now
        self._count += 1
        # A tenth of a message's delay is chance, and now and then it is very long: so they overtake each other.
        late = link.slow * self._dice.random() * (30 if self._dice.random() < 0.05 else 1) if self.bad else 0.0
        heapq.heappush(self._under_way, (start + timedelta(seconds=late), self._count, to, raw))

    def arrived(self, now: datetime) -> dict[str, list[bytes]]:
        """What has come by now, by receiver, mixed."""
        found: dict[str, list[bytes]] = {}
        while self._under_way and self._under_way[0][0] <= now:
            _, _, to, raw = heapq.heappop(self._under_way)
            found.setdefault(to, []).append(raw)
        if self.bad:
            for raws in found.values():
                self._dice.shuffle(raws)
        return found

    def trouble(self, now: datetime) -> None:
        """One way or both may stall for up to three days."""
        if not self.bad or self._dice.random() > 0.08:
            return
        one = self._dice.choice(sorted(self.links))
        until = now + timedelta(seconds=self._dice.choice((600, 7200, 86400, LONGEST_STALL)) * self._dice.random())
        self.links[one].stalled_until = until
        if self._dice.random() < 0.5:
            self.links[one[1], one[0]].stalled_until = until

    def heal(self) -> None:
        """Everything works from now on; what was held up comes at once."""
        self.bad = 0.0
        for link in self.links.values():
            link.slow, link.stalled_until = 0.0, None
        self._under_way = [(datetime.min.replace(tzinfo=at.tzinfo), n, to, raw) for at, n, to, raw in self._under_way]
        heapq.heapify(self._under_way)

    @property
    def quiet(self) -> bool:
        return not self._under_way
