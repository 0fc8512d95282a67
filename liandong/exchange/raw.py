"""What routes beside Django share: a body within its bounds, work in a thread, an answer, a problem document."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, ParamSpec, TypeVar

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections

from liandong.exchange.problems import MEDIA_TYPE, TooSlow, problem
from liandong.exchange.problems import request_id as fit_request_id
from liandong.kernel.errors import LiandongError
from liandong.kernel.jsontext import TooLarge

P = ParamSpec("P")
R = TypeVar("R")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run work that may ask the database in a thread; a connection the database dropped is replaced before."""

    def run() -> R:
        close_old_connections()
        return work(*args, **kwargs)

    return await sync_to_async(run, thread_sensitive=False)()


async def refuse(scope: Scope, send: Send, error: LiandongError, request_id: str = "") -> None:
    """Answer with the problem document of `error`."""
    request_id = request_id or request_id_of(scope)
    extra = [(b"content-type", MEDIA_TYPE.encode())]
    if error.status == 401:
        extra.append((b"www-authenticate", b"Bearer"))
    if error.status == 405:
        extra.append((b"allow", getattr(error, "allow", "POST").encode()))
    if error.status == 503:
        extra.append((b"retry-after", b"2"))
    body = orjson.dumps(problem(error, request_id=request_id, path=scope["path"]))
    await send_answer(send, error.status, body, extra, request_id)


async def send_answer(send: Send, status: int, body: bytes, extra: list[tuple[bytes, bytes]], request_id: str) -> None:
    headers = [
        *extra,
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def request_id_of(scope: Scope) -> str:
    return fit_request_id(dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1"))


async def body_of(receive: Receive, limit: int) -> bytes:
    """The whole body. Raises TooLarge as soon as it is, TooSlow; CancelledError when the sender went away."""
    try:
        async with asyncio.timeout(settings.BODY_SECONDS):
            return await _parts(receive, limit)
    except TimeoutError:
        raise TooSlow from None


async def _parts(receive: Receive, limit: int) -> bytes:
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
