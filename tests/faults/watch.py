"""When a hand-over takes effect at the other desk, seen from outside and by no clock of the nodes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.faults.equal import Eyes

EVERY = 0.05
THERE = "SELECT subject FROM peers_incoming WHERE kind = 'step' AND state = 'applied' AND subject IN ({numbers})"


class Watch:
    """`seen`: number of a transfer → the moment of the monotonic clock at which it was there."""

    def __init__(self, eyes: Eyes) -> None:
        self._eyes = eyes
        self._awaited = set[str]()
        self.seen = dict[str, float]()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def await_(self, number: str) -> None:
        self._awaited.add(number)

    def _look(self) -> None:
        while not self._stop.wait(EVERY):
            missing = self._awaited - self.seen.keys()
            if not missing:
                continue
            numbers = ", ".join(f"'{number}'" for number in sorted(missing))
            try:
                there = self._eyes.rows(THERE.format(numbers=numbers))
            except psycopg.OperationalError:
                continue  # it is being killed
            self.seen.update((number, time.monotonic()) for (number,) in there)

    @contextmanager
    def open(self) -> Iterator[Watch]:
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._thread.join()
            self._eyes.close()
