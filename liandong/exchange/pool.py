"""The event loop's own connections to the database: a small asyncpg pool a process, made at first use.

A connection that breaks leaves the pool by itself; the next request gets a new one, so a restarted database needs no
restart of ours.
"""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
from django.conf import settings

MOST = 8
TIMEOUT_SECONDS = 10

_pools: dict[int, asyncpg.Pool] = {}


async def _pool() -> asyncpg.Pool:
    """The pool of the running loop."""
    loop = id(asyncio.get_running_loop())
    found = _pools.get(loop)
    if found is None:
        given = settings.DATABASES["default"]
        found = asyncpg.create_pool(
            host=given["HOST"] or None,
            port=int(given["PORT"]) if given["PORT"] else None,
            user=given["USER"] or None,
            password=given["PASSWORD"] or None,
            database=given["NAME"],
            min_size=1,
            max_size=MOST,
            command_timeout=TIMEOUT_SECONDS,
            timeout=TIMEOUT_SECONDS,
            server_settings={"jit": "off", "application_name": "liandong-accept"},
        )
        # Two first requests at once get the same pool: it is kept before it is awaited.
        _pools[loop] = found
    await found
    return found


async def fetch(statement: str, *parameters: Any) -> list[asyncpg.Record]:
    """Run one statement in its own transaction and return its rows."""
    pool = await _pool()
    rows: list[asyncpg.Record] = await pool.fetch(statement, *parameters)
    return rows


async def close() -> None:
    """Close the running loop's pool; for a server that stops and for tests."""
    found = _pools.pop(id(asyncio.get_running_loop()), None)
    if found is not None:
        await found.close()
