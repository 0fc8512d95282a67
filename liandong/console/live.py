"""GET /live/: the line by which an open screen hears what happens, as server-sent events; beside Django, on the loop.

Whose line it is is asked in a thread when it opens, once a minute for all lines together, and at once when an account
is said to have changed. A line that may not stay is ended without a word: the browser comes back by itself and is told
why it is not let in.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import asyncpg
import orjson
from asgiref.sync import sync_to_async
from django.db import Error, close_old_connections

from liandong.audit.by import By
from liandong.identity.gate import raw_route
from liandong.identity.sessions import key_in, signed_in
from liandong.intake.queries import access_matter
from liandong.kernel.errors import Invalid, LiandongError
from liandong.kernel.hearing import Hub, Line
from liandong.kernel.live import DANGER, EVERYWHERE, MATTER, ORDERS, PEERS, REACH, TRANSFERS, topic

log = logging.getLogger(__name__)

LIVE = "/live/"
LINES_AT_MOST = 20  # of one person in one process
MATTERS_AT_MOST = 20  # one line may follow: a browser has one line for all its windows
BEAT = 15.0  # seconds between signs of life
ASK_AGAIN = 50.0  # seconds; with the time it takes, everybody is asked again within a minute
ASKED_AT_ONCE = 200
TRY_AGAIN = 5.0
BUFFER = 16 * 1024  # bytes that may wait for a slow reader, in the process and in the kernel each
RETRY = (500, 2000)  # milliseconds; spread, so that a thousand screens do not come back in one moment

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]

hub = Hub()
_asking: asyncio.Task[None] | None = None
# Persons whose lines are to be asked about now; None stands for everybody.
_doubted: set[int | None] = set()
_doubt = asyncio.Event()


class SignInAgain(LiandongError):
    code = "sign_in_again"
    status = 401
    message = "登录已失效，请重新登录。"


class TooManyLines(LiandongError):
    code = "too_many_lines"
    status = 429
    message = "您打开的窗口过多，本窗口不能自动更新；请关闭一些窗口后刷新页面。"


class NotHeard(LiandongError):
    code = "not_heard"
    status = 503
    message = "系统暂时不能自动更新，正在重试。"


class OnlyRead(LiandongError):
    code = "method_unfit"
    status = 405
    message = "此地址只能读取。"


async def start() -> None:
    """Begin to listen; run when the process starts to serve."""
    global _asking
    hub.on_account = _doubt_about
    await hub.start()
    _asking = asyncio.create_task(_keep_asking(), name="asking who may listen")


async def stop() -> None:
    if _asking is not None:
        _asking.cancel()
        await asyncio.gather(_asking, return_exceptions=True)
    await hub.stop()


def running() -> bool:
    """Whether this process listens: the web server does; a command or a test client has no line to offer."""
    return _asking is not None


def mark() -> int | None:
    """How far this process has heard: what a page shows that is made now is at least as new."""
    return hub.mark if hub.hears else None


@raw_route(right="order.read", or_right="peers.manage")
async def live(scope: Scope, receive: Receive, send: Send) -> None:
    """One line. `matter`: the numbers of matters whose page is open; `after` or Last-Event-ID: what was heard last."""
    try:
        if scope["method"] != "GET":
            raise OnlyRead
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        line = await _let_in(headers.get(b"cookie", ""), asked.get("matter", []))
        after = _after(headers.get(b"last-event-id") or asked.get("after", [""])[0])
        await _open(line, after)
    except LiandongError as why:
        await _refuse(send, why)
        return
    await _serve(line, scope, receive, send)


async def _let_in(cookies: str, matters: list[str]) -> Line:
    """The line of who is behind the cookies. Raises SignInAgain, NotAllowed, NotFound, BadNumber, NotHeard."""
    key = key_in(cookies)
    if not key:
        raise SignInAgain
    if len(matters) > MATTERS_AT_MOST:
        raise Invalid(f"同时关注的事项不能超过{MATTERS_AT_MOST}件。", field="matter")
    try:
        by, numbers = await _in_thread(_who_and_what, key, matters)
    except Error as why:
        raise NotHeard from why
    return Line(session=key, person=by.person or 0, topics=topics_of(by, numbers), rights=by.rights)


def _who_and_what(key: str, matters: list[str]) -> tuple[By, list[str]]:
    by = signed_in([key]).get(key)
    if by is None:
        raise SignInAgain
    if not may_listen(by):
        by.needs("order.read")
    return by, [access_matter(by, number).number for number in matters]


def may_listen(by: By) -> bool:
    """Who sees orders hears of them; who looks after the other nodes hears of those."""
    return by.may("order.read") or by.may("peers.manage")


def topics_of(by: By, matters: Iterable[str] = ()) -> set[str]:
    """What the actor's screens follow: the own desk or unit, or every desk; the alarm only who can see to it.

    And whether other nodes can be reached; what goes to and fro with them only who looks after that.
    """
    found = {topic(REACH, EVERYWHERE)}
    if by.may("peers.manage"):
        found.add(topic(PEERS, EVERYWHERE))
    if not by.may("order.read"):
        return found
    whose = {by.party, EVERYWHERE} if by.may("desk.all") else {by.party}
    found |= {topic(what, one) for what in (ORDERS, TRANSFERS) for one in whose}
    if by.desk and by.may("order.handle"):
        found.add(topic(DANGER, by.desk))
    return found | {topic(MATTER, number) for number in matters}


async def _in_thread(work: Callable[..., Any], *arguments: Any) -> Any:
    def run() -> Any:
        close_old_connections()
        return work(*arguments)

    return await sync_to_async(run, thread_sensitive=False)()


def _after(text: str) -> int | None:
    """The id heard last; what is no number was no id of ours, and what came after it is not known."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else -1


async def _open(line: Line, after: int | None) -> None:
    """Raises TooManyLines, NotHeard."""
    if len(hub.lines_of(line.person)) >= LINES_AT_MOST:
        raise TooManyLines
    line.put(b"retry: %d\n\n" % random.randint(*RETRY))  # noqa: S311 - spreads who comes back, keeps no secret
    try:
        await hub.open(line, after)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as why:
        hub.close(line)
        raise NotHeard from why
    line.put(hub.beat())


async def _serve(line: Line, scope: Scope, receive: Receive, send: Send) -> None:
    if "wire" in scope:
        scope["wire"].for_a_stream(line.end, BUFFER)
        line.cut = scope["wire"].drop
    watch = asyncio.ensure_future(_until_gone(line, receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        while not line.over:
            chunk = await line.next(BEAT)
            if not line.over:
                await send({"type": "http.response.body", "body": chunk or hub.beat(), "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        watch.cancel()
        hub.close(line)


async def _until_gone(line: Line, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    line.end()


async def _refuse(send: Send, why: LiandongError) -> None:
    body = orjson.dumps({"code": why.code, "status": why.status, "message": why.message})
    title = HTTPStatus(why.status)
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": title.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _doubt_about(person: int | None) -> None:
    _doubted.add(person)
    _doubt.set()


async def _keep_asking() -> None:
    """Ask about those who are doubted as soon as they are, and about everybody every `ASK_AGAIN` seconds."""
    loop = asyncio.get_running_loop()
    all_at = loop.time() + ASK_AGAIN
    while True:
        try:
            async with asyncio.timeout_at(all_at):
                await _doubt.wait()
        except TimeoutError:
            _doubted.add(None)
        _doubt.clear()
        persons, everybody = {one for one in _doubted if one is not None}, None in _doubted
        _doubted.clear()
        if everybody:
            all_at = loop.time() + ASK_AGAIN
        await _ask_about([line for line in hub.lines if everybody or line.person in persons])


async def _ask_about(lines: list[Line]) -> None:
    """End the lines of who may not listen any more, or not to the same.

    Without a database nothing is heard either, so the lines stay until it is back and everybody can be asked about.
    """
    for start in range(0, len(lines), ASKED_AT_ONCE):
        some = lines[start : start + ASKED_AT_ONCE]
        try:
            actors: dict[str, By] = await _in_thread(signed_in, [line.session for line in some])
        except Error as why:
            log.warning("live: nobody can be asked about: %s", str(why).strip())
            asyncio.get_running_loop().call_later(TRY_AGAIN, _doubt_about, None)
            return
        for line in some:
            if not _may_stay(line, actors.get(line.session)):
                line.end()


def _may_stay(line: Line, by: By | None) -> bool:
    """Whether the line is still what its person would get now."""
    if by is None or not may_listen(by):
        return False
    matters = [name.partition(":")[2] for name in line.topics if name.startswith(f"{MATTER}:")]
    return by.person == line.person and by.rights == line.rights and line.topics == topics_of(by, matters)
