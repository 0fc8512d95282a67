"""Hearing what happened, for everybody who looks: one connection a process listens, and hands on to its open lines.

Runs on the event loop. What is told stands in a table (see `telling`), so a notice that was lost, a connection that was
cut or a server that was restarted costs time and no message. A line that does not take what it is given is cut: whoever
is behind it comes back and gets what it missed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import asyncpg
import orjson

from liandong.kernel.addresses import for_asyncpg
from liandong.kernel.live import ACCOUNT, CHANNEL, EVERYWHERE, topic

log = logging.getLogger(__name__)

REMEMBERED = 5000  # messages a process keeps for who comes back
READ_AT_ONCE = 1000
WAITING_AT_MOST = 200  # chunks a line may be behind
LOOK = 15.0  # seconds; after them the table is read without a notice, which also finds a dead connection
GATHER = 0.03  # seconds between two reads, so that a storm of notices is not a storm of reads
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
CONNECT_WITHIN = 5.0

_COLUMNS = 'id, kind, topics, matter, "order", transfer, danger, needs'
_NEWEST = f"SELECT {_COLUMNS} FROM kernel_livemessage ORDER BY id DESC LIMIT $1"  # noqa: S608 - our own words
_AFTER = f"SELECT {_COLUMNS} FROM kernel_livemessage WHERE id > $1 ORDER BY id LIMIT $2"  # noqa: S608 - our own words


class Line:
    """One open line: what its reader follows, and what waits for it. `person` and `session` say whose it is."""

    __slots__ = ("_ready", "_waiting", "cut", "over", "person", "rights", "session", "topics")

    def __init__(self, *, session: str, person: int, topics: Iterable[str], rights: frozenset[str]) -> None:
        self.session, self.person = session, person
        self.topics, self.rights = frozenset(topics), rights
        self.over = False
        # Called when the reader is too slow; whoever serves the line drops the connection there.
        self.cut: Callable[[], None] | None = None
        self._waiting: deque[bytes] = deque()
        self._ready = asyncio.Event()

    def put(self, chunk: bytes) -> None:
        """Have `chunk` sent; a line too far behind is ended instead."""
        if self.over:
            return
        if len(self._waiting) >= WAITING_AT_MOST:
            log.info("a line of person %s was too slow and is cut", self.person)
            self.end()
            if self.cut is not None:
                self.cut()
            return
        self._waiting.append(chunk)
        self._ready.set()

    def end(self) -> None:
        """Nothing more is to be sent, what waits included."""
        self.over = True
        self._waiting.clear()
        self._ready.set()

    async def next(self, within: float) -> bytes:
        """All that waits; empty after `within` seconds of silence, and when the line is over."""
        if not self._waiting and not self.over:
            self._ready.clear()
            try:
                async with asyncio.timeout(within):
                    await self._ready.wait()
            except TimeoutError:
                return b""
        chunks = b"".join(self._waiting)
        self._waiting.clear()
        return chunks


class Hub:
    """`mark`: the highest id heard, None before the first reading. `hears`: whether the database is listened to now."""

    def __init__(self) -> None:
        self.mark: int | None = None
        self.hears = False
        # Called with the id of a person whose account changed; with None when such a notice may have been missed.
        self.on_account: Callable[[int | None], None] = lambda person: None
        self._floor = 0  # everything above it is remembered
        self._remembered: deque[asyncpg.Record] = deque()
        self._followers: dict[str, set[Line]] = {}
        self._lines: set[Line] = set()
        self._news = asyncio.Event()
        self._reading = asyncio.Lock()
        self._connection: asyncpg.Connection | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="hearing")

    async def stop(self) -> None:
        self.end_all()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def end_all(self) -> None:
        for line in list(self._lines):
            line.end()

    @property
    def lines(self) -> list[Line]:
        return list(self._lines)

    def lines_of(self, person: int) -> list[Line]:
        return [line for line in self._lines if line.person == person]

    async def open(self, line: Line, after: int | None) -> None:
        """Let `line` hear everything from now on, and first what came after the message `after`.

        When not all of that is known any more the line hears `stale` instead.
        """
        if after is not None and (self.mark is None or after > self.mark):
            # Another process was faster; or we just started.
            await self._catch_up()
        self._lines.add(line)
        for name in line.topics:
            self._followers.setdefault(name, set()).add(line)
        if after is None:
            return
        if self.mark is None or not self._floor <= after <= self.mark:
            line.put(self.stale())
            return
        missed = [row for row in self._remembered if row["id"] > after]
        chunks = [chunk for row in missed if (chunk := _chunk_for(line, row))]
        if len(chunks) >= WAITING_AT_MOST:
            line.put(self.stale())
        elif chunks:
            line.put(b"".join(chunks))

    def close(self, line: Line) -> None:
        line.end()
        self._lines.discard(line)
        for name in line.topics:
            followers = self._followers.get(name, set())
            followers.discard(line)
            if not followers:
                self._followers.pop(name, None)

    def beat(self) -> bytes:
        """A sign of life that carries the mark, so that who hears nothing for hours still knows where it stands."""
        return event("beat" if self.hears else "deaf", self.mark or 0, {})

    def stale(self) -> bytes:
        """What tells a line that it missed something nobody can tell it any more."""
        return event("stale", self.mark or 0, {})

    async def _listen(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._connect()
                pause = FIRST_PAUSE
                while True:
                    await self._catch_up()
                    await asyncio.sleep(GATHER)
                    await self._wait()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as why:
                log.warning("live: database not heard, again in %g s: %s", pause, str(why).strip())
            finally:
                self._drop()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _connect(self) -> None:
        self._connection = await asyncpg.connect(
            **for_asyncpg(),
            timeout=CONNECT_WITHIN,
            command_timeout=CONNECT_WITHIN,
            server_settings={"application_name": "liandong-live"},
        )
        self._connection.add_termination_listener(lambda connection: self._news.set())
        await self._connection.add_listener(CHANNEL, self._noticed)
        await self._orient()
        self.hears = True
        self._say(self.beat())
        self.on_account(None)

    def _drop(self) -> None:
        if self.hears:
            self.hears = False
            self._say(self.beat())
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _orient(self) -> None:
        """Learn where the table stands: at the first time, and when it is another table than the one we knew."""
        assert self._connection is not None
        newest = list(reversed(await self._connection.fetch(_NEWEST, REMEMBERED)))
        top, oldest = (newest[-1]["id"], newest[0]["id"]) if newest else (0, 1)
        known = self.mark is not None and self.mark <= top
        # What was removed while nobody here could hear it is missing too.
        if known and (len(newest) == REMEMBERED or oldest <= (self.mark or 0) + 1):
            return
        restored = self.mark is not None
        self._remembered = deque(newest)
        self._floor = oldest - 1
        self.mark = top
        if restored:
            self._say(self.stale())

    async def _catch_up(self) -> None:
        """Read what is new and hand it on; one reader at a time, so that everybody hears it once and in order."""
        async with self._reading:
            while self._connection is not None and self.mark is not None:
                rows = await self._connection.fetch(_AFTER, self.mark, READ_AT_ONCE)
                for row in rows:
                    self._hand_on(row)
                if len(rows) < READ_AT_ONCE:
                    break

    async def _wait(self) -> None:
        """Until there is news, at most `LOOK` seconds. Raises ConnectionError when the connection was lost."""
        try:
            async with asyncio.timeout(LOOK):
                await self._news.wait()
        except TimeoutError:
            pass
        self._news.clear()
        if self._connection is None or self._connection.is_closed():
            raise ConnectionError("the connection was closed")

    def _noticed(self, connection: Any, pid: int, channel: str, payload: str) -> None:
        if payload.startswith(ACCOUNT):
            self.on_account(int(payload.removeprefix(ACCOUNT)))
        elif self.mark is None or int(payload) > self.mark:
            self._news.set()

    def _hand_on(self, row: asyncpg.Record) -> None:
        self.mark = row["id"]
        self._remembered.append(row)
        if len(self._remembered) > REMEMBERED:
            self._floor = self._remembered.popleft()["id"]
        made: dict[tuple[str, ...], bytes] = {}
        for line in {line for name in _names(row) for line in self._followers.get(name, ())}:
            about = _about(line, row)
            if about:
                if about not in made:
                    made[about] = _chunk(row, about)
                line.put(made[about])

    def _say(self, chunk: bytes) -> None:
        for line in list(self._lines):
            line.put(chunk)


def _names(row: asyncpg.Record) -> list[str]:
    """The topics under which a message is followed: its own, and those of who follows them everywhere."""
    return [*row["topics"], *{topic(name.partition(":")[0], EVERYWHERE) for name in row["topics"]}]


def _about(line: Line, row: asyncpg.Record) -> tuple[str, ...]:
    """What the message is about for this line (`orders`, `transfers` …); empty when it is not to hear of it."""
    if row["needs"] and row["needs"] not in line.rights:
        return ()
    return tuple(sorted({name.partition(":")[0] for name in _names(row) if name in line.topics}))


def _chunk_for(line: Line, row: asyncpg.Record) -> bytes:
    about = _about(line, row)
    return _chunk(row, about) if about else b""


def _chunk(row: asyncpg.Record, about: tuple[str, ...]) -> bytes:
    told = {name: row[name] for name in ("id", "kind", "matter", "order", "transfer", "danger")}
    return event("fact", row["id"], {**told, "about": about})


def event(name: str, number: int, data: dict[str, Any]) -> bytes:
    """One event of a stream of server-sent events."""
    return b"event: %s\nid: %d\ndata: %s\n\n" % (name.encode(), number, orjson.dumps(data))
