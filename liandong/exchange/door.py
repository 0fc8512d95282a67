"""The accept door: POST /api/v1/orders and /api/v1/orders/batch, before Django, on the event loop.

This is the hot path. What it needs of the world (token, desk, limits, a block of numbers) is kept in the process and
refreshed in a thread when stale; then one order is one statement on a pooled asyncpg connection. Orders with a second
wish (hand-over, danger, relation) go through the ordinary actions in a thread. 2xx means durable: the answer is sent
after the commit.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, ParamSpec, TypeVar, cast

import asyncpg
import orjson
from asgiref.sync import sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.db import close_old_connections
from django.db.utils import InterfaceError, OperationalError

from liandong.audit.by import By
from liandong.exchange.entrance import enter
from liandong.exchange.messages import BATCH_BYTES, ORDER_BYTES, Asked, lines_of, read_order
from liandong.exchange.pool import fetch
from liandong.exchange.problems import MEDIA_TYPE, MediaTypeUnfit, MethodUnfit, Unavailable, named, problem
from liandong.identity.errors import TokenUnknown
from liandong.identity.queries import kept_token, token
from liandong.intake.accepting import Accepted, Row, columns
from liandong.intake.actions.accept import Outcome, known_external, outcomes, prepare
from liandong.intake.statement import ACCEPT
from liandong.kernel.errors import LiandongError
from liandong.kernel.jsontext import TooLarge

ORDERS = "/api/v1/orders"
BATCH = "/api/v1/orders/batch"

P = ParamSpec("P")
R = TypeVar("R")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
    OperationalError,
    InterfaceError,
)


async def accept_one(scope: Scope, receive: Receive, send: Send) -> None:
    """POST one order as JSON: 201 with its numbers, 200 when the key was used before with the same body."""
    await _serve(scope, receive, send, _one)


async def accept_batch(scope: Scope, receive: Receive, send: Send) -> None:
    """POST orders as NDJSON: one answer a line; 200 when every line was taken, 207 when some were not."""
    await _serve(scope, receive, send, _many)


Answer = tuple[int, bytes, list[tuple[bytes, bytes]]]


async def _in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run work that may ask the database in a thread; a connection the database dropped is replaced before."""

    def run() -> R:
        close_old_connections()
        return work(*args, **kwargs)

    return await sync_to_async(run, thread_sensitive=False)()


async def _serve(
    scope: Scope, receive: Receive, send: Send, answer: Callable[[Scope, Receive, str], Awaitable[Answer]]
) -> None:
    headers = dict(scope["headers"])
    request_id = headers.get(b"x-request-id", b"").decode("latin-1")[:64] or secrets.token_hex(8)
    try:
        status, body, extra = await answer(scope, receive, request_id)
    except Exception as why:  # noqa: BLE001 - the door answers every failure with a problem document
        error = _away(why) or named(why, request_id=request_id)
        status, extra = error.status, [(b"content-type", MEDIA_TYPE.encode())]
        body = orjson.dumps(problem(error, request_id=request_id, path=scope["path"]))
        if status == 401:
            extra.append((b"www-authenticate", b"Bearer"))
        if status == 405:
            extra.append((b"allow", b"POST"))
        if status == 503:
            extra.append((b"retry-after", b"2"))
    extra += [
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode("latin-1")),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": extra})
    await send({"type": "http.response.body", "body": body})


def _away(why: Exception) -> LiandongError | None:
    """A database that is away is not a failure of the request: it was not taken and may be sent again."""
    return Unavailable() if isinstance(why, AWAY) else None


async def _one(scope: Scope, receive: Receive, request_id: str) -> Answer:
    headers = dict(scope["headers"])
    _check_request(scope, headers, b"application/json")
    by = await _who(headers)
    raw = await _body(receive, ORDER_BYTES)
    asked = read_order(raw, by.system or "", headers.get(b"idempotency-key", b"").decode("latin-1"))
    outcome = await _take_one(by, asked)
    if outcome.error is not None:
        raise outcome.error
    extra = [(b"content-type", b"application/json")]
    if outcome.replayed:
        extra.append((b"idempotency-replayed", b"true"))
    return (200 if outcome.replayed else 201), orjson.dumps(outcome.answer), extra


async def _take_one(by: By, asked: Asked) -> Outcome:
    if asked.at_once:
        return await _in_thread(enter, by=by, asked=asked)
    (outcome,) = await _take_rows(by, [asked])
    return outcome


async def _take_rows(by: By, asked: Sequence[Asked]) -> list[Outcome]:
    """Accept all in one statement, or none. Raises DuplicateExternal and what `prepare` raises."""
    rows, accepted = await _prepared(by, asked)
    try:
        written = {record["number"] for record in await fetch(ACCEPT, *columns(rows))}
    except asyncpg.UniqueViolationError:
        known = await _in_thread(known_external, rows)
        if not known:
            raise
        raise next(iter(known.values())) from None
    if len(written) == len(rows):
        return [Outcome(one.answer()) for one in accepted]
    return await _in_thread(outcomes, rows, accepted, written)


async def _prepared(by: By, asked: Sequence[Asked]) -> tuple[list[Row], list[Accepted]]:
    """The rows; when something kept is stale, they are made in a thread, which may ask the database."""
    incoming, keys = [one.incoming for one in asked], [one.key for one in asked]
    try:
        return prepare(by, incoming, keys)
    except SynchronousOnlyOperation:
        return await _in_thread(prepare, by, incoming, keys)


async def _many(scope: Scope, receive: Receive, request_id: str) -> Answer:
    headers = dict(scope["headers"])
    _check_request(scope, headers, b"application/x-ndjson")
    by = await _who(headers)
    by.needs("order.accept")
    lines = lines_of(await _body(receive, BATCH_BYTES))
    key = headers.get(b"idempotency-key", b"").decode("latin-1")
    answers: list[dict[str, Any] | None] = [None] * len(lines)
    plain: list[tuple[int, Asked]] = []
    for place, line in enumerate(lines):
        try:
            asked = read_order(line, by.system or "", f"{key}#{place + 1}" if key else "")
            if asked.at_once:
                answers[place] = _line(place, await _take_one(by, asked))
            else:
                plain.append((place, asked))
        except LiandongError as why:
            answers[place] = _refused(place, why, request_id, scope["path"])
    await _take_plain(by, plain, answers, request_id, scope["path"])
    found = cast("list[dict[str, Any]]", answers)
    status = 200 if all(answer["status"] < 300 for answer in found) else 207
    body = b"".join(orjson.dumps(answer) + b"\n" for answer in found)
    return status, body, [(b"content-type", b"application/x-ndjson")]


async def _take_plain(
    by: By, plain: list[tuple[int, Asked]], answers: list[dict[str, Any] | None], request_id: str, path: str
) -> None:
    """One statement for all of them; when one is refused, each is asked for itself, so that only that one is."""
    if not plain:
        return
    try:
        taken = await _take_rows(by, [asked for _, asked in plain])
    except LiandongError:
        for place, asked in plain:
            try:
                answers[place] = _line(place, *(await _take_rows(by, [asked])))
            except LiandongError as why:
                answers[place] = _refused(place, why, request_id, path)
        return
    for (place, _), outcome in zip(plain, taken, strict=True):
        answers[place] = (
            _line(place, outcome) if outcome.error is None else _refused(place, outcome.error, request_id, path)
        )


def _line(place: int, outcome: Outcome) -> dict[str, Any]:
    if outcome.error is not None:
        raise outcome.error
    return {"line": place + 1, "status": 201, **outcome.answer} | (
        {"status": 200, "replayed": True} if outcome.replayed else {}
    )


def _refused(place: int, why: LiandongError, request_id: str, path: str) -> dict[str, Any]:
    return {"line": place + 1, "status": why.status, "problem": problem(why, request_id=request_id, path=path)}


def _check_request(scope: Scope, headers: dict[bytes, bytes], media_type: bytes) -> None:
    if scope["method"] != "POST":
        raise MethodUnfit
    if headers.get(b"content-type", b"").split(b";")[0].strip().lower() != media_type:
        raise MediaTypeUnfit(f"报文类型须为 {media_type.decode()}。", header="Content-Type")


async def _who(headers: dict[bytes, bytes]) -> By:
    """The system the token belongs to. Raises TokenUnknown, TokenExpired."""
    scheme, _, raw = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise TokenUnknown
    seen = kept_token(raw.strip())
    if seen is None:
        seen = await _in_thread(token, raw.strip())
    return seen.by


async def _body(receive: Receive, limit: int) -> bytes:
    """The whole body. Raises TooLarge as soon as it is, ConnectionError when the sender went away."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise asyncio.CancelledError
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise TooLarge(f"报文过大，上限为{limit}字节，请拆分后再发送。", limit=limit)
        parts.append(part)
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)
