"""The event loop's own connections to the database: a small asyncpg pool a process, made at first use.

A connection that breaks leaves the pool by itself; the next request gets a new one, so a restarted database needs no
restart of ours.
"""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from liandong.exchange.problems import Unavailable
from liandong.kernel.addresses import for_asyncpg

MOST = 8
TIMEOUT_SECONDS = 10

# One pool and one lock an event loop: a pool must not be awaited twice while it opens.
_pools: dict[int, asyncpg.Pool] = {}
_opening: dict[int, asyncio.Lock] = {}


async def _pool() -> asyncpg.Pool:
    """The running loop's pool; one that could not be opened is forgotten, so that the next request tries again."""
    loop = id(asyncio.get_running_loop())
    if loop in _pools:
        return _pools[loop]
    async with _opening.setdefault(loop, asyncio.Lock()):
        if loop not in _pools:
            _pools[loop] = await _open()
    return _pools[loop]


async def _open() -> asyncpg.Pool:
    return await asyncpg.create_pool(
        **for_asyncpg(),
        min_size=1,
        max_size=MOST,
        reset=_leave_as_it_is,
        command_timeout=TIMEOUT_SECONDS,
        timeout=TIMEOUT_SECONDS,
        # One statement of inserts: planning it anew for its values costs a quarter more and gives the same plan.
        server_settings={
            "jit": "off",
            "plan_cache_mode": "force_generic_plan",
            "application_name": "liandong-accept",
        },
    )


async def _leave_as_it_is(connection: asyncpg.Connection) -> None:
    """Our one statement leaves nothing behind in its session; asyncpg's clean-up would be a second round trip."""


async def fetch(statement: str, *parameters: Any) -> list[asyncpg.Record]:
    """Run one statement in its own transaction and return its rows.

    Raises Unavailable when the server cannot be reached or was lost on the way, in words asyncpg has no class for.
    """
    try:
        pool = await _pool()
        async with pool.acquire() as connection:
            return await _run(connection, statement, parameters)
    except (OSError, asyncpg.InternalClientError) as why:
        raise Unavailable from why


async def _run(connection: asyncpg.Connection, statement: str, parameters: tuple[Any, ...]) -> list[asyncpg.Record]:
    try:
        rows: list[asyncpg.Record] = await connection.fetch(statement, *parameters)
    except asyncpg.InternalClientError:
        # A server killed in the midst of a message leaves a state nobody knows; nothing else would drop it.
        connection.terminate()
        raise
    return rows


async def close() -> None:
    """Close the running loop's pool; for a server that stops and for tests."""
    loop = id(asyncio.get_running_loop())
    _opening.pop(loop, None)
    found = _pools.pop(loop, None)
    if found is not None:
        await found.close()
