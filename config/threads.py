"""A WSGI application inside an ASGI server: each request in a thread of a pool nobody can hold hostage.

The body is read before a thread is taken, so a slow sender costs none; a client that goes away ends its stream at the
next chunk, so a deserted one is given back. (The server swallows what is sent to a closed connection: without the
watch on `http.disconnect` an endless stream would keep its thread for ever.)
"""

from __future__ import annotations

import asyncio
import functools
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Refuse = Callable[[Message, Send, int], Awaitable[None]]
Wsgi = Callable[..., Iterable[bytes]]

IN_MEMORY = 1024 * 1024  # a longer body waits on disk
LARGEST_BODY = 64 * 1024 * 1024
WHOLE = 2 * 1024 * 1024  # a response of known length up to this goes out in one piece


class _Gone(Exception):
    """The client has left."""


class ThreadedPages:
    """`refuse` answers a body that is too large (413) or did not come within `body_seconds` (408)."""

    def __init__(self, app: Wsgi, *, threads: int, body_seconds: float, refuse: Refuse) -> None:
        self.app = app
        self.body_seconds = body_seconds
        self.refuse = refuse
        self.pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="page")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                async with asyncio.timeout(self.body_seconds):
                    fits = await _read(receive, body)
            except _Gone:
                return
            except TimeoutError:
                await self.refuse(scope, send, 408)
                return
            if not fits:
                await self.refuse(scope, send, 413)
                return
            environ = environment(scope, body)
            exchange = _Exchange(asyncio.get_running_loop(), send)
            watch = asyncio.ensure_future(exchange.watch(receive))
            try:
                run = functools.partial(exchange.run, self.app, environ)
                last = await asyncio.get_running_loop().run_in_executor(self.pool, run)
                for message in last:
                    await send(message)
            finally:
                watch.cancel()


class _Exchange:
    """One request in its thread. What the loop and the thread share is `gone`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Send) -> None:
        self.loop = loop
        self.send = send
        self.gone = threading.Event()
        self.head: Message | None = None

    async def watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone.set()

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self.head = {"type": "http.response.start", "status": int(status[:3]), "headers": pairs}

    def run(self, app: Wsgi, environ: dict[str, Any]) -> list[Message]:
        """Run the application and return what is left to send: everything, unless the response is a stream."""
        chunks = app(environ, self.start_response)
        try:
            if self._goes_in_one_piece(chunks):
                body = b"".join(chunks)
                assert self.head is not None
                _tell_length(self.head, environ["REQUEST_METHOD"], len(body))
                return [self.head, {"type": "http.response.body", "body": body}]
            return self._stream(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()

    def _goes_in_one_piece(self, chunks: Iterable[bytes]) -> bool:
        if not getattr(chunks, "streaming", not isinstance(chunks, list | tuple)):
            return True
        assert self.head is not None
        length = next((value for name, value in self.head["headers"] if name == b"content-length"), None)
        return length is not None and int(length) <= WHOLE

    def _stream(self, chunks: Iterable[bytes]) -> list[Message]:
        for chunk in chunks:
            if self.gone.is_set():
                return []
            if chunk:
                self._send_first_head()
                self._hand_over({"type": "http.response.body", "body": chunk, "more_body": True})
        self._send_first_head()
        return [{"type": "http.response.body", "body": b""}]

    def _send_first_head(self) -> None:
        if self.head is not None:
            head, self.head = self.head, None
            self._hand_over(head)

    def _hand_over(self, message: Message) -> None:
        async def hand_over() -> None:
            await self.send(message)

        asyncio.run_coroutine_threadsafe(hand_over(), self.loop).result()


def _tell_length(head: Message, method: str, length: int) -> None:
    """A body in one piece goes without chunks; where there is none, there is no length of ours to tell either."""
    bodiless = method == "HEAD" or head["status"] in (204, 304)
    if not bodiless and all(name != b"content-length" for name, _ in head["headers"]):
        head["headers"].append((b"content-length", str(length).encode()))


async def _read(receive: Receive, body: IO[bytes]) -> bool:
    """Take in the whole body. False when it is larger than we take. Raises _Gone when the client leaves meanwhile."""
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        length += body.write(message.get("body", b""))
        if length > LARGEST_BODY:
            return False
        if not message.get("more_body", False):
            body.seek(0)
            return True


def environment(scope: Message, body: IO[bytes]) -> dict[str, Any]:
    """The WSGI environ of an ASGI http scope (PEP 3333: text as latin-1 of its bytes).

    A header with an underscore is dropped: in the environ it could not be told from the one with a hyphen, which a
    proxy in front may have set or removed.
    """
    root: str = scope.get("root_path", "")
    server, client = scope.get("server") or ("localhost", 80), scope.get("client")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root.encode().decode("latin-1"),
        "PATH_INFO": scope["path"].removeprefix(root).encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if client:
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    # The body has been read whole, chunked or not; Django reads no more than this says.
    body.seek(0, 2)
    environ["CONTENT_LENGTH"] = str(body.tell())
    body.seek(0)
    return environ
