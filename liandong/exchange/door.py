"""The accept door: POST /api/v1/orders and /api/v1/orders/batch, before Django, on the event loop.

This is the hot path. What it needs of the world (token, desk, limits, a block of numbers) is kept in the process and
refreshed in a thread when stale; then one order is one statement on a pooled asyncpg connection, shared with the orders
that came while the one before was written (`together.py`). Orders with a second wish (hand-over, danger, relation) go
through the ordinary actions in a thread. 2xx means durable: the answer is sent after the commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
import orjson
from django.core.exceptions import SynchronousOnlyOperation

from liandong.audit.by import By
from liandong.exchange import together
from liandong.exchange.entrance import enter
from liandong.exchange.messages import BATCH_BYTES, ORDER_BYTES, Asked, fit_key, line_key, lines_of, read_order
from liandong.exchange.metering import METER
from liandong.exchange.problems import MediaTypeUnfit, MethodUnfit, named, problem
from liandong.exchange.raw import Receive, Scope, Send, body_of, in_thread, refuse, request_id_of, send_answer
from liandong.identity.errors import TokenExpired, TokenUnknown
from liandong.identity.gate import raw_route
from liandong.identity.queries import kept_token, token
from liandong.intake.accepting import Accepted, Row
from liandong.intake.actions.accept import Outcome, known_external, outcomes, prepare
from liandong.kernel.errors import LiandongError
from liandong.kernel.trace import following

ORDERS = "/api/v1/orders"
BATCH = "/api/v1/orders/batch"


@raw_route(right="order.accept", token=True)
async def accept_one(scope: Scope, receive: Receive, send: Send) -> None:
    """POST one order as JSON: 201 with its numbers, 200 when the key was used before with the same body."""
    await _serve(scope, receive, send, _one)


@raw_route(right="order.accept", token=True)
async def accept_batch(scope: Scope, receive: Receive, send: Send) -> None:
    """POST orders as NDJSON: one answer a line; 200 when every line was taken, 207 when some were not."""
    await _serve(scope, receive, send, _many)


Answer = tuple[int, bytes, list[tuple[bytes, bytes]]]
# Where a request keeps the id of its token and how many lines of it were taken, for the count of what is used.
TOKEN, TAKEN = "liandong.token", "liandong.taken"


async def _serve(
    scope: Scope, receive: Receive, send: Send, answer: Callable[[Scope, Receive, str], Awaitable[Answer]]
) -> None:
    with following(dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")):
        await _answered(scope, receive, send, answer)


async def _answered(
    scope: Scope, receive: Receive, send: Send, answer: Callable[[Scope, Receive, str], Awaitable[Answer]]
) -> None:
    request_id = request_id_of(scope)
    try:
        status, body, extra = await answer(scope, receive, request_id)
    except Exception as failure:  # noqa: BLE001 - the door answers every failure with a problem document
        why = named(failure, request_id=request_id)
        METER.refused(scope.get(TOKEN), why, path=scope["path"], request_id=request_id)
        await refuse(scope, send, why, request_id)
        return
    METER.done(scope.get(TOKEN), items=scope.get(TAKEN, 1))
    await send_answer(send, status, body, extra, request_id)


async def _one(scope: Scope, receive: Receive, request_id: str) -> Answer:
    headers = dict(scope["headers"])
    _check_request(scope, headers, b"application/json")
    by, key = await _who(scope, headers), _key(headers)
    asked = read_order(await body_of(receive, ORDER_BYTES), by.system or "", key)
    outcome = await _take_one(by, asked)
    if outcome.error is not None:
        raise outcome.error
    extra = [(b"content-type", b"application/json")]
    if outcome.replayed:
        extra.append((b"idempotency-replayed", b"true"))
    return (200 if outcome.replayed else 201), orjson.dumps(outcome.answer), extra


async def _take_one(by: By, asked: Asked) -> Outcome:
    if asked.at_once:
        return await in_thread(enter, by=by, asked=asked)
    (outcome,) = await _take_rows(by, [asked])
    return outcome


async def _take_rows(by: By, asked: Sequence[Asked]) -> list[Outcome]:
    """Accept all in one statement, or none. Raises DuplicateExternal and what `prepare` raises."""
    rows, accepted = await _prepared(by, asked)
    try:
        written = await together.write(rows) if len(rows) > 1 else await together.accept(rows[0])
    except asyncpg.UniqueViolationError:
        known = await in_thread(known_external, rows)
        if not known:
            raise
        raise next(iter(known.values())) from None
    if len(written) == len(rows):
        return [Outcome(one.answer) for one in accepted]
    return await in_thread(outcomes, rows, accepted, written)


async def _prepared(by: By, asked: Sequence[Asked]) -> tuple[list[Row], list[Accepted]]:
    """The rows; when something kept is stale, they are made in a thread, which may ask the database.

    Of many that find it stale at once, one asks and the others wait: a dozen threads reading the same would hold up
    everybody else.
    """
    incoming, keys = [one.incoming for one in asked], [one.key for one in asked]
    try:
        return prepare(by, incoming, keys)
    except SynchronousOnlyOperation:
        async with _asking():
            try:
                return prepare(by, incoming, keys)
            except SynchronousOnlyOperation:
                return await in_thread(prepare, by, incoming, keys)


def _asking() -> asyncio.Lock:
    """The lock of the running loop for reading what is kept afresh."""
    return _asks.setdefault(asyncio.get_running_loop(), asyncio.Lock())


_asks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def _many(scope: Scope, receive: Receive, request_id: str) -> Answer:
    headers = dict(scope["headers"])
    _check_request(scope, headers, b"application/x-ndjson")
    by = await _who(scope, headers)
    by.needs("order.accept")
    key = _key(headers)
    lines = lines_of(await body_of(receive, BATCH_BYTES))
    answers: dict[int, dict[str, Any]] = {}
    plain: list[tuple[int, Asked]] = []

    def refused(line: int, failure: Exception) -> None:
        why = named(failure, request_id=request_id)
        METER.refused(scope[TOKEN], why, path=scope["path"], request_id=request_id, call=False)
        answers[line] = _refused(line, why, request_id, scope["path"])

    for line, raw in lines:
        try:
            asked = read_order(raw, by.system or "", line_key(key, line))
            if asked.at_once:
                answers[line] = _line(line, await _take_one(by, asked))
            else:
                plain.append((line, asked))
        except Exception as why:  # noqa: BLE001 - a line's failure is that line's answer; others may be taken already
            refused(line, why)
    await _take_plain(by, plain, answers, refused)
    found = [answers[line] for line, _ in lines]
    scope[TAKEN] = sum(answer["status"] < 300 for answer in found)
    status = 200 if scope[TAKEN] == len(found) else 207
    body = b"".join(orjson.dumps(answer) + b"\n" for answer in found)
    return status, body, [(b"content-type", b"application/x-ndjson")]


async def _take_plain(
    by: By,
    plain: Sequence[tuple[int, Asked]],
    answers: dict[int, dict[str, Any]],
    refused: Callable[[int, Exception], None],
) -> None:
    """One statement for all of them; when it is refused, one for each half, down to the line that is to blame."""
    if not plain:
        return
    try:
        taken = await _take_rows(by, [asked for _, asked in plain])
    except LiandongError as why:
        if len(plain) == 1:
            refused(plain[0][0], why)
            return
        middle = len(plain) // 2
        await _take_plain(by, plain[:middle], answers, refused)
        await _take_plain(by, plain[middle:], answers, refused)
    except Exception as why:  # noqa: BLE001 - see above
        for line, _ in plain:
            refused(line, why)
    else:
        for (line, _), outcome in zip(plain, taken, strict=True):
            if outcome.error is None:
                answers[line] = _line(line, outcome)
            else:
                refused(line, outcome.error)


def _line(line: int, outcome: Outcome) -> dict[str, Any]:
    if outcome.error is not None:
        raise outcome.error
    return {"line": line, "status": 201, **outcome.answer} | (
        {"status": 200, "replayed": True} if outcome.replayed else {}
    )


def _refused(line: int, why: LiandongError, request_id: str, path: str) -> dict[str, Any]:
    return {"line": line, "status": why.status, "problem": problem(why, request_id=request_id, path=path)}


def _check_request(scope: Scope, headers: dict[bytes, bytes], media_type: bytes) -> None:
    if scope["method"] != "POST":
        raise MethodUnfit
    if headers.get(b"content-type", b"").split(b";")[0].strip().lower() != media_type:
        raise MediaTypeUnfit(f"报文类型须为 {media_type.decode()}。", header="Content-Type")


def _key(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"idempotency-key")
    return fit_key(None if given is None else given.decode("latin-1"))


async def _who(scope: Scope, headers: dict[bytes, bytes]) -> By:
    """The system the token belongs to. Raises TokenUnknown, TokenExpired."""
    scheme, _, raw = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise TokenUnknown
    try:
        seen = kept_token(raw.strip())
        if seen is None:
            seen = await in_thread(token, raw.strip())
    except TokenExpired as why:
        scope[TOKEN] = why.token
        raise
    scope[TOKEN] = seen.id
    return seen.by
