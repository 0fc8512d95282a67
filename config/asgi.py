"""What the web server runs: Django's pages in a bounded pool of threads, raw routes on the event loop beside it."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from pathlib import Path
from typing import Any

from django.core.wsgi import get_wsgi_application

from config import statics
from config.guarded import AWAITED, die_with_web_server
from config.threads import ThreadedPages

log = logging.getLogger("liandong.web")
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
die_with_web_server()
_wsgi = get_wsgi_application()

# The door needs Django's settings and apps, which the line above it has read.
from django.conf import settings  # noqa: E402
from django.db import DatabaseError, connections  # noqa: E402

from liandong.console import live  # noqa: E402
from liandong.console.failures import refused_body  # noqa: E402
from liandong.exchange.door import BATCH, ORDERS, accept_batch, accept_one  # noqa: E402
from liandong.exchange.frontage import under_api  # noqa: E402
from liandong.exchange.metering import begin, end  # noqa: E402
from liandong.exchange.pool import close, fetch  # noqa: E402
from liandong.exchange.problems import TooSlow  # noqa: E402
from liandong.exchange.raw import refuse  # noqa: E402
from liandong.kernel import clock  # noqa: E402
from liandong.kernel.jsontext import TooLarge  # noqa: E402
from liandong.routing.errors import NoListInForce  # noqa: E402
from liandong.routing.queries import engine_in_force, forget_lists  # noqa: E402

# As many requests touch the database at once in this process; each thread keeps one connection.
PAGES_AT_ONCE = 12

# Headers by which our own scripts can be told from a person's going from page to page.
BY_SCRIPT = (b"hx-request", b"x-requested-with")

# Path → an ASGI callable that bypasses Django: the few routes where a thread or the ORM costs too much. Each answers
# every method of its path.
RAW_ROUTES: dict[str, App] = {ORDERS: accept_one, BATCH: accept_batch, live.LIVE: live.live}


async def _await_tables() -> None:
    """Started beside the step that prepares the tables, this process answers nobody before that step is over."""
    awaited = os.environ.get(AWAITED)
    while awaited is not None and not Path(awaited).exists():
        await asyncio.sleep(0.02)


async def _settle() -> None:
    """What was loaded to serve stays for good: the collector need not look through it at every batch of orders."""
    gc.collect()
    gc.freeze()


def _make_engine() -> None:
    try:
        engine_in_force(clock.now())
    except NoListInForce:
        forget_lists()  # a city may be loaded in the next second; it is not to be found missing for five
        log.warning("没有施行中的分流清单，来电暂不提供分流建议。")
    except DatabaseError:
        log.exception("分流引擎未能预先装好，首次使用时再装。")
    finally:
        connections.close_all()  # this thread's; it is not used again


async def _prepare_to_judge() -> None:
    """The first call-taker after a start must not wait for the engine; nor does anybody wait for it here."""
    _preparing.add(asyncio.create_task(asyncio.to_thread(_make_engine)))


async def _leave_preparing() -> None:
    await asyncio.gather(*_preparing)
    _preparing.clear()


_preparing: set[asyncio.Task[None]] = set()

# Run on the event loop when the process starts to serve, and in reverse order when it stops.
ON_START: list[Callable[[], Awaitable[None]]] = [
    _await_tables,
    _settle,
    live.start,
    partial(begin, fetch),
    _prepare_to_judge,
]
ON_STOP: list[Callable[[], Awaitable[None]]] = [close, partial(end, fetch), live.stop, _leave_preparing]


async def _refuse(scope: Scope, send: Send, status: int) -> None:
    """A body too large or too slow is told to a program as a problem document, to a person as a page."""
    if under_api(scope["path"]):
        await refuse(scope, send, TooLarge() if status == 413 else TooSlow())
    else:
        answer = refused_body(status, script=any(name in BY_SCRIPT for name, _ in scope["headers"]))
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.items()]
        headers += [(b"content-length", str(len(answer.content)).encode()), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.content})


pages: App = ThreadedPages(_wsgi, threads=PAGES_AT_ONCE, body_seconds=settings.BODY_SECONDS, refuse=_refuse)
files: App = statics.Statics(statics.files(settings.STATIC_FOLDERS), digest=settings.STATIC_DIGEST, otherwise=pages)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        path: str = scope["path"]
        await RAW_ROUTES.get(path, files if path.startswith(statics.PREFIX) else pages)(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        await send({"type": "websocket.close", "code": 1000})


async def _lifespan(receive: Receive, send: Send) -> None:
    await receive()
    for start in ON_START:
        await start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    for stop in reversed(ON_STOP):
        await stop()
    await send({"type": "lifespan.shutdown.complete"})
