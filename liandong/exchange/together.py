"""Orders that find the database busy go into its next statement together: one commit for all that came meanwhile.

A lone order never waits, and nobody waits for company. What one order's row is refused for is that order's alone: the
statement is tried again for each half, down to the row to blame.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import asyncpg

from liandong.exchange.pool import fetch
from liandong.intake.accepting import Row, columns
from liandong.intake.statement import ACCEPT

# Statements under way at once, and rows in one: how many senders wait when one statement takes long (who fills the list
# of new words puts the index of search in order, some ten milliseconds). Few long statements hold up everybody, many
# short ones save nothing. Tried from 2 by 64 to 8 by 2: docs/decisions/0017.
LANES, MOST = 4, 8
# What the database refuses because of the rows themselves, or of rows that two statements wrote in each other's way.
_OF_THE_ROWS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    asyncpg.TransactionRollbackError,
)


async def write(rows: Sequence[Row]) -> set[str]:
    """Run the accept statement; returns the numbers of the orders that are new.

    Raises Unavailable, and the driver's errors for what the database refuses.
    """
    return {record["number"] for record in await fetch(ACCEPT, *columns(rows))}


async def accept(row: Row) -> set[str]:
    """Write one row, with others that wait; returns its order's number when it is new. Raises what `write` raises."""
    loop = asyncio.get_running_loop()
    return await _of_loop.setdefault(loop, Together()).take(row, loop)


Waiting = tuple[Row, asyncio.Future[set[str]]]


@dataclass(eq=False)
class Together:
    """The rows that wait in one event loop, and the statements under way."""

    waiting: deque[Waiting] = field(default_factory=deque)
    lanes: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, row: Row, loop: asyncio.AbstractEventLoop) -> set[str]:
        told: asyncio.Future[set[str]] = loop.create_future()
        self.waiting.append((row, told))
        if len(self.lanes) < LANES:
            lane = loop.create_task(self._run())
            self.lanes.add(lane)
            lane.add_done_callback(self.lanes.discard)
        return await told

    async def _run(self) -> None:
        """Write what waits until nothing does."""
        while self.waiting:
            await _write([self.waiting.popleft() for _ in range(min(MOST, len(self.waiting)))])


_of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Together] = WeakKeyDictionary()


async def _write(group: Sequence[Waiting]) -> None:
    """Write a group and tell each of it; a sender that went away in the meantime is told nothing."""
    try:
        new = await write([row for row, _ in group])
    except _OF_THE_ROWS as why:
        if len(group) == 1:
            _tell_failure(group, why)
            return
        middle = len(group) // 2
        await _write(group[:middle])
        await _write(group[middle:])
    except BaseException as why:
        _tell_failure(group, why)
        if not isinstance(why, Exception):
            raise
    else:
        for row, told in group:
            with suppress(asyncio.InvalidStateError):
                told.set_result(new & {row.order_number})


def _tell_failure(group: Sequence[Waiting], why: BaseException) -> None:
    for _, told in group:
        with suppress(asyncio.InvalidStateError):
            told.set_exception(why)
