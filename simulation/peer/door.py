"""The https door of an imitated node: its own listener under mutual TLS, by the paths and answers of the protocol.

What is pushed is kept in memory until it is asked for. A node's real door is `liandong/exchange/peerdoor.py`.
"""

from __future__ import annotations

import secrets
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

import orjson
import uvicorn

from config.wire import PeerHttp
from liandong.exchange.messages import lines_of
from liandong.exchange.problems import MEDIA_TYPE, MediaTypeUnfit, MethodUnfit, PathUnknown, Unavailable, problem
from liandong.kernel.errors import Invalid, LiandongError
from liandong.kernel.jsontext import TooLarge, parse_json
from liandong.peers.channels.https import ANSWER_BYTES, MESSAGES, PARCEL, SETTLED
from liandong.peers.channels.tls import Files, names_in, server_context
from liandong.peers.errors import CertificateUnknown, ChannelDown
from simulation.peer.laid import LaidHere

Scope = MutableMapping[str, Any]
Answer = tuple[int, bytes, str, dict[str, str]]
JSON, NDJSON = "application/json", "application/x-ndjson"
NAME_BYTES = 1024
START_WITHIN, STOP_WITHIN = 10, 5  # seconds


class Door:
    """`judge` raises what is wrong with an envelope. `mischief` is asked before an answer: "", "busy" or "cut"."""

    def __init__(
        self,
        names: Iterable[str],
        judge: Callable[[bytes], object],
        laid: LaidHere,
        mischief: Callable[[], str] = lambda: "",
    ) -> None:
        self._names, self._judge, self._laid = frozenset(names), judge, laid
        self.mischief = mischief
        self._came: deque[bytes] = deque()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.port = 0
        self.knocked = False  # somebody with one of the names has come

    def open(self, host: str, port: int, files: Files) -> None:
        """Serve in a thread of its own. Raises ChannelDown."""
        context = server_context(files)
        try:
            listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        except OSError as why:
            raise ChannelDown(f"不能在 {host}:{port} 接入：{why.strerror}。") from why
        self.port = listening.getsockname()[1]
        self._server = uvicorn.Server(_config(self, context))
        given = {"sockets": [listening]}
        self._thread = threading.Thread(target=self._server.run, kwargs=given, daemon=True, name="door")
        self._thread.start()

    def close(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = self._server.force_exit = True
            self._thread.join(STOP_WITHIN)

    def came(self) -> list[bytes]:
        """What was pushed since it was asked for last."""
        return [self._came.popleft() for _ in range(len(self._came))]

    async def __call__(self, scope: Scope, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        request = secrets.token_hex(8)
        mischief = self.mischief()
        try:
            if mischief == "busy":
                raise Unavailable
            if not self._names & set(names_in(scope.get("peercert"))):
                raise CertificateUnknown
            self.knocked = True
            status, body, kind, more = await self._answer(scope, receive, request)
        except LiandongError as why:
            told = problem(why, request_id=request, path=scope["path"])
            status, body, kind, more = why.status, orjson.dumps(told), MEDIA_TYPE, _headers_of(why)
        if mischief == "cut":
            scope["wire"].drop()
            return
        given = {"content-length": str(len(body)), "x-request-id": request, **more}
        if kind:
            given["content-type"] = kind
        headers = [(name.encode(), value.encode()) for name, value in given.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Callable[[], Any], request: str) -> Answer:
        routes = {
            (MESSAGES, "POST"): self._pushed,
            (MESSAGES, "GET"): self._fetched,
            (SETTLED, "POST"): self._settled,
        }
        if scope["path"] not in (MESSAGES, SETTLED):
            raise PathUnknown
        does = routes.get((scope["path"], scope["method"]))
        if does is None:
            raise MethodUnfit
        return does(scope, await _body(receive), request)

    def _pushed(self, scope: Scope, body: bytes, request: str) -> Answer:
        _must_be(scope, NDJSON)
        refused, lines = [], lines_of(body)
        for number, line in lines:
            try:
                self._judge(line)
            except LiandongError as why:
                refused.append({"line": number, "problem": problem(why, request_id=request, path=scope["path"])})
        # What is refused is told by the receipts too, so all of it goes in.
        self._came.extend(line for _, line in lines)
        said = {"taken": len(lines) - len(refused), "refused": refused}
        return (207 if refused else 200), orjson.dumps(said), JSON, {}

    def _fetched(self, scope: Scope, body: bytes, request: str) -> Answer:
        name, found = self._laid.lying()
        if not found:
            return 204, b"", "", {}
        return 200, b"".join(one + b"\n" for one in found), NDJSON, {PARCEL.lower(): name}

    def _settled(self, scope: Scope, body: bytes, request: str) -> Answer:
        _must_be(scope, JSON)
        asked = parse_json(body, NAME_BYTES)
        name = asked.get("parcel") if isinstance(asked, dict) else None
        if not isinstance(name, str) or not name:
            raise Invalid("缺少批次名称。", field="parcel")
        return 200, orjson.dumps({"gone": self._laid.taken(name)}), JSON, {}


def _config(app: Any, context: ssl.SSLContext) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=PeerHttp,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="critical",
        timeout_graceful_shutdown=1,
        ssl_context_factory=lambda *_: context,
    )


def _headers_of(why: LiandongError) -> dict[str, str]:
    return {405: {"allow": "POST"}, 503: {"retry-after": "2"}}.get(why.status, {})


def _must_be(scope: Scope, media_type: str) -> None:
    given = dict(scope["headers"]).get(b"content-type", b"")
    if given.split(b";")[0].strip().lower() != media_type.encode():
        raise MediaTypeUnfit(f"报文类型须为 {media_type}。", header="Content-Type")


async def _body(receive: Callable[[], Any]) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Unavailable
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > ANSWER_BYTES:
            raise TooLarge(f"报文过大，上限为{ANSWER_BYTES}字节，请拆分后再发送。", limit=ANSWER_BYTES)
        more = message.get("more_body", False)
    return b"".join(parts)
