"""Counts what each token does, in this process, and writes the counts away every few seconds in one statement.

The paths that answer only add to a dictionary; nothing of theirs waits for these tables. What was counted since the
last write is lost when the process is killed; a process that is stopped writes it first.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock
from typing import Any

from django.conf import settings

from liandong.audit.catalogue import covered
from liandong.exchange.problems import AWAY
from liandong.kernel import clock
from liandong.kernel.errors import LiandongError
from liandong.kernel.ids import local_day

log = logging.getLogger(__name__)

ERRORS_HELD = 200  # a process; of a flood the newest are enough
ERRORS_KEPT = 50  # a token
# What may stand in a path beside words of ours: numbers of orders, which are not needed here.
_NUMBER = re.compile(r"/[^/]*\d[^/]*")
DONE = ""
Key = tuple[int | None, date, str]


@dataclass(slots=True)
class _Count:
    requests: int = 0
    items: int = 0
    last_at: datetime = field(default_factory=clock.now)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as it is kept; see `TokenError`."""

    token: int | None
    at: datetime
    path: str
    status: int
    code: str
    field: str
    request_id: str


@dataclass(slots=True)
class Meter:
    """The counts of one process. Event loop and threads add to it; the lock is held for a few instructions."""

    counts: dict[Key, _Count] = field(default_factory=dict)
    refusals: deque[Refusal] = field(default_factory=lambda: deque(maxlen=ERRORS_HELD))
    lock: Lock = field(default_factory=Lock)

    def done(self, token: int | None, *, items: int = 1) -> None:
        """A call was answered; `items` orders or lines of it were taken."""
        self._add(token, DONE, requests=1, items=items)

    def refused(self, token: int | None, why: LiandongError, *, path: str, request_id: str, call: bool = True) -> None:
        """A call was refused, or one line of a batch (`call` False) while the batch itself was answered."""
        self._add(token, why.code, requests=int(call), items=1)
        refusal = Refusal(
            token=token,
            at=clock.now(),
            path=_NUMBER.sub("/…", path.removeprefix("/api/v1"))[:120],
            status=why.status,
            code=why.code,
            field=covered(why.field or "")[:200].replace("\0", ""),
            request_id=request_id,
        )
        with self.lock:
            self.refusals.append(refusal)

    def _add(self, token: int | None, code: str, *, requests: int, items: int) -> None:
        now = clock.now()
        key = (token, local_day(now), code)
        with self.lock:
            count = self.counts.setdefault(key, _Count())
            count.requests += requests
            count.items += items
            count.last_at = now

    def take(self) -> tuple[dict[Key, _Count], list[Refusal]]:
        """Everything counted since the last time."""
        with self.lock:
            counts, self.counts = self.counts, {}
            refusals = list(self.refusals)
            self.refusals.clear()
        return counts, refusals

    def give_back(self, counts: dict[Key, _Count], refusals: list[Refusal]) -> None:
        """What could not be written is counted on with what came meanwhile."""
        with self.lock:
            for key, count in counts.items():
                kept = self.counts.setdefault(key, _Count(last_at=count.last_at))
                kept.requests += count.requests
                kept.items += count.items
            room = ERRORS_HELD - len(self.refusals)
            self.refusals.extendleft(reversed(refusals[-room:] if room else []))


METER = Meter()

# One statement, one transaction: counts are added to the rows of other processes. The clean-up sees the rows of before,
# so a token may have a few more than it keeps until the next time.
WRITE = """
WITH used AS (
    INSERT INTO exchange_tokenuse AS kept (token_id, day, code, requests, items, last_at)
    SELECT * FROM unnest($1::bigint[], $2::date[], $3::text[], $4::bigint[], $5::bigint[], $6::timestamptz[])
    ON CONFLICT (token_id, day, code) DO UPDATE SET requests = kept.requests + excluded.requests,
        items = kept.items + excluded.items, last_at = greatest(kept.last_at, excluded.last_at)
), told AS (
    INSERT INTO exchange_tokenerror (token_id, at, path, status, code, field, request_id)
    SELECT * FROM unnest($7::bigint[], $8::timestamptz[], $9::text[], $10::smallint[], $11::text[], $12::text[],
                         $13::text[])
)
DELETE FROM exchange_tokenerror WHERE id IN (
    SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY token_id ORDER BY id DESC) AS place
                    FROM exchange_tokenerror) AS ordered
    WHERE place > $14)
"""


def parameters(counts: dict[Key, _Count], refusals: list[Refusal]) -> list[Any]:
    """The parameters of `WRITE`."""
    keys, values = list(counts), list(counts.values())
    names = ("token", "at", "path", "status", "code", "field", "request_id")
    return [
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
        [one.requests for one in values],
        [one.items for one in values],
        [one.last_at for one in values],
        *([getattr(refusal, name) for refusal in refusals] for name in names),
        ERRORS_KEPT,
    ]


async def flush(fetch: Callable[..., Awaitable[Any]], meter: Meter = METER) -> None:
    """Write away what was counted. When the database is away it is kept for the next time."""
    counts, refusals = meter.take()
    if not counts and not refusals:
        return
    try:
        await fetch(WRITE, *parameters(counts, refusals))
    except (*AWAY, LiandongError, OSError) as why:
        log.warning("use of the API not written yet: %s", why)
        meter.give_back(counts, refusals)


_running: dict[int, asyncio.Task[None]] = {}


async def begin(fetch: Callable[..., Awaitable[Any]]) -> None:
    """Write every few seconds from now on, on the running loop."""

    async def ever() -> None:
        while True:
            await asyncio.sleep(settings.USE_SECONDS)
            try:
                await flush(fetch)
            except Exception:
                # A defect here must not end the counting; the counts of this round are lost and the log says why.
                log.exception("use of the API could not be written")

    _running[id(asyncio.get_running_loop())] = asyncio.create_task(ever())


async def end(fetch: Callable[..., Awaitable[Any]]) -> None:
    """Stop, and write what was counted since."""
    task = _running.pop(id(asyncio.get_running_loop()), None)
    if task is not None:
        task.cancel()
    await flush(fetch)
