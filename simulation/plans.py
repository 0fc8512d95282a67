"""What people mean to do and when: a queue of acts on whatever clock the house runs on."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

from liandong.kernel import clock
from liandong.kernel.errors import LiandongError

Act = Callable[[], None]


class Plans:
    """The queue. `told_no` counts what the house refused, by code: a plan may have grown old, as a page does."""

    def __init__(self) -> None:
        self.done = 0
        self.told_no: Counter[str] = Counter()
        self._queue: list[tuple[datetime, int, Act]] = []
        self._order = count()

    @property
    def now(self) -> datetime:
        return clock.now()

    @property
    def next_at(self) -> datetime | None:
        return self._queue[0][0] if self._queue else None

    def at(self, moment: datetime, act: Act) -> None:
        """Plan an act. Moments in the past happen at the next look."""
        heapq.heappush(self._queue, (moment, next(self._order), act))

    def after(self, span: timedelta, act: Act) -> None:
        self.at(self.now + span, act)

    def do_due(self) -> None:
        """Do everything planned up to now, in the order of its time."""
        now = self.now
        while self._queue and self._queue[0][0] <= now:
            act = heapq.heappop(self._queue)[2]
            self.done += 1
            try:
                act()
            except LiandongError as why:
                self.told_no[why.code] += 1

    def touched(self, *, transfers: bool) -> None:
        """Something was written. Where the worker runs beside us, it hears of that by itself."""
