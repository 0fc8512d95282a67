"""The one clock. Business code asks `now()` and nothing else, so tests and the simulator can move time.

The clock is one for the process, not per thread: a simulated city has one time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime: ...


class SystemClock:
    """The machine's time, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until told to move; it never goes back."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self._now = start

    def now(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Move forward to `moment`; a moment in the past leaves the clock where it is."""
        self._now = max(self._now, moment)

    def advance(self, **span: float) -> datetime:
        """Move forward by `timedelta(**span)` and return the new time."""
        self.move_to(self._now + timedelta(**span))
        return self._now


_clock: Clock = SystemClock()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _clock.now()


@contextmanager
def running_on(clock: Clock) -> Iterator[Clock]:
    """Let the whole process live on `clock` inside the block."""
    global _clock
    before, _clock = _clock, clock
    try:
        yield clock
    finally:
        _clock = before
