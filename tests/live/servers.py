"""A web server and a worker as processes of their own on the tests' database, and a reader of the line they keep."""

from __future__ import annotations

import http.client
import os
import queue
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from django.conf import settings

from config.processes import liandong
from tests.address import database_url
from tests.browser.engine import UNSAFE
from tests.journeys import city

PATIENCE = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return cast(int, probe.getsockname()[1])


@dataclass
class Server:
    """The web server on `port`; may be stopped and started again on the same one."""

    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = run("web", "--port", str(self.port))
        end = time.monotonic() + PATIENCE
        while not self._answers():
            assert self.process.poll() is None, "the web server ended"
            assert time.monotonic() < end, "the web server gives no answer"
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        assert self.process is not None
        end(self.process)

    def knows_the_city(self) -> None:
        """Wait until it knows what `city.build` has made for this test.

        What it keeps for five seconds may be of the moment between two tests: a request of the window that was just
        closed, begun while there still was a city, asks for the desks when there is none any more. Until that has gone
        out of date every page is refused.
        """
        session, until = session_of("li-rexian"), time.monotonic() + PATIENCE
        while not (self._tells(session, "/orders/new/", "投诉") and self._tells(session, "/calls/items/", "P01")):
            assert time.monotonic() < until, "the web server does not come to know the city"
            time.sleep(0.2)

    def _tells(self, session: str, path: str, word: str) -> bool:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            link.request("GET", path, headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"})
            return word in link.getresponse().read().decode()
        finally:
            link.close()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False


def session_of(username: str) -> str:
    return str(city.signed_in(username).cookies[settings.SESSION_COOKIE_NAME].value)


def run(*command: str) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name != UNSAFE}
    environment["DATABASE_URL"] = database_url()
    return subprocess.Popen(liandong(*command), env=environment, cwd=settings.BASE_DIR)


def end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    finally:
        process.kill()


@contextmanager
def web() -> Iterator[Server]:
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    process = run("worker")
    try:
        yield process
    finally:
        end(process)


@dataclass(frozen=True)
class Event:
    name: str
    id: int
    data: dict[str, Any]


class Reader:
    """One open line, read by a thread as a browser would. `ended` is set when the server ends it."""

    def __init__(self, server: Server, session: str, *, matter: str = "", after: int | None = None) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.ended = threading.Event()
        self.link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        self.link.connect()
        self.wire = self.link.sock
        self.link.request("GET", f"/live/?matter={matter}" if matter else "/live/", headers=headers)
        self.answer = self.link.getresponse()
        if self.answer.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    @property
    def refusal(self) -> tuple[int, str]:
        return self.answer.status, str(orjson.loads(self.answer.read())["code"])

    def hears(self, name: str, kind: str = "") -> Event:
        """The next event of that name (and of that kind of fact). Raises queue.Empty when it does not come."""
        end = time.monotonic() + PATIENCE
        while True:
            event = self.events.get(timeout=max(0.01, end - time.monotonic()))
            if event.name == name and (not kind or event.data["kind"] == kind):
                return event

    def heard(self) -> Sequence[Event]:
        """What has come and was not looked at yet."""
        found = []
        while not self.events.empty():
            found.append(self.events.get())
        return found

    def leave(self) -> None:
        """Hang up. Only to close would wait for the thread, which waits for the next sign of life."""
        self.wire.shutdown(socket.SHUT_RDWR)
        self.answer.close()
        self.link.close()

    def _read(self) -> None:
        kept: dict[str, str] = {}
        try:
            for raw in self.answer:
                line = raw.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    kept[name] = value
                elif "event" in kept:
                    self.events.put(Event(kept["event"], int(kept["id"]), orjson.loads(kept["data"])))
                    kept = {}
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # cut: by us, or by the server in the middle of something
        self.ended.set()
