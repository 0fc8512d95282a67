"""The limit: the least Python that still takes an order over HTTP and writes the same rows in the same statement.

No token, no schema, no code tables, no limits, no real sealing; bytes of the same length stand in their place. What
cannot be left out without writing less is made in the cheapest way: the words for search, the trail's body.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import asyncpg
import orjson
import uvicorn

from bench.settings import CONNECTIONS
from liandong.intake.statement import ACCEPT

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_numbers = count(1)
_pool: asyncpg.Pool | None = None
_NO_WORDS = dict.fromkeys(map(ord, " ，。：；！？、（）“”《》,.:;!?()0123456789"))
SYSTEM, DESK = "bare", "12345"


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    if scope["method"] != "POST":
        await send({"type": "http.response.start", "status": 405, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        return
    body = await _body(receive)
    key = next((value.decode() for name, value in scope["headers"] if name == b"idempotency-key"), "")
    if scope["path"].endswith("/batch"):
        lines = [line for line in body.split(b"\n") if line]
        rows = [_row(line, f"{key}#{place}") for place, line in enumerate(lines)]
    else:
        rows = [_row(body, key)]
    assert _pool is not None
    written = await _pool.fetch(ACCEPT, *([column] for column in rows[0])) if len(rows) == 1 else await _many(rows)
    answer = b"\n".join(orjson.dumps({"order_number": number, "id": id_}) for number, id_, _ in written)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


async def _many(rows: list[tuple[Any, ...]]) -> list[asyncpg.Record]:
    assert _pool is not None
    found: list[asyncpg.Record] = await _pool.fetch(ACCEPT, *zip(*rows, strict=True))
    return found


def _row(raw: bytes, key: str) -> tuple[Any, ...]:
    """The columns of the statement, in its order."""
    asked = orjson.loads(raw)
    now, sequence = datetime.now(UTC), next(_numbers)
    tail = f"{now:%Y%m%d}{sequence:08d}X"
    matter, order = f"140900L{tail}", f"140900W{tail}"
    title, content = asked["title"], asked["content"]
    place, caller = asked["place"], asked["caller"]
    address, name, phone = place["address"], caller["name"], caller["phone"]
    text = f"{title}{content}{address}".translate(_NO_WORDS)
    digest = hashlib.sha256(raw).digest()
    by = '{"desk":"12345","name":"bare","person":null,"post":"system","system":"bare","unit":null}'
    at = now.isoformat()
    event = f'{{"at":"{at}","by":{by},"detail":{{"external_id":"{asked["external_id"]}","kind":"work","order":"{order}"}},"kind":"order.accepted","subject":"{matter}"}}'  # fmt: skip # noqa: E501
    fact = f'{{"desk":"12345","matter":"{matter}","order":"{order}","urgency":"ordinary"}}'
    answer_by = now + timedelta(days=7)
    answer = f'{{"linkage_number":"{matter}","order_number":"{order}","accepted_at":"{at}","answer_by":"{at}"}}'
    return (
        matter, order, place["division"], DESK, now, "work", asked["channel"], asked["nature"], "", "ordinary", "",
        title, content, address, place["longitude"], place["latitude"], None, now, SYSTEM, asked["external_id"],
        os.urandom(28 + 3 * len(name)), os.urandom(28 + len(phone)), None, hashlib.sha256(phone.encode()).digest(),
        None, False, '{"work":{"visit_wanted":true}}', " ".join(set(map(str.__add__, text, text[1:]))), answer_by,
        by, None, event, digest, fact, SYSTEM, key, digest, answer, None, "", "", "", None, None,
    )  # fmt: skip


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _leave_as_it_is(connection: asyncpg.Connection) -> None:
    """As in ours: one round trip an order, not two."""


async def _lifespan(receive: Receive, send: Send) -> None:
    global _pool
    await receive()
    _pool = await asyncpg.create_pool(
        os.environ["DATABASE_URL"],
        min_size=CONNECTIONS,
        max_size=CONNECTIONS,
        reset=_leave_as_it_is,
        server_settings={"jit": "off", "plan_cache_mode": "force_generic_plan"},
    )
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await _pool.close()
    await send({"type": "lifespan.shutdown.complete"})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.bare")
    parser.add_argument("port", type=int)
    port = parser.parse_args().port
    uvicorn.run(
        application, host="127.0.0.1", port=port, loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )


if __name__ == "__main__":
    main()
