"""The ground all rows stand on: one embedded PostgreSQL, durable as in use, in a folder that is removed at the end."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench.fill import fill
from config import embedded
from config.guarded import open_log, spawn
from config.processes import liandong

READY_WITHIN = 60.0
BASE = "base"


class Failed(Exception):
    """A row could not be measured; the sentence says why."""


@dataclass
class Ground:
    """`base` is a migrated database with the city and one token; each row works in copies of it."""

    folder: Path
    server: embedded.Running
    token: str = ""
    filled: dict[int, float] = field(default_factory=dict)  # seconds it took, by the number of orders

    def url(self, database: str) -> str:
        return urlunsplit(urlsplit(self.server.url)._replace(path=f"/{database}"))

    def env(self, database: str) -> dict[str, str]:
        """The environment of a child that works in `database`."""
        return {**os.environ, "LIANDONG_STATE": str(self.folder), "DATABASE_URL": self.url(database)}

    def fresh(self, name: str) -> str:
        """A new database `name`, a copy of `base`; an old one of that name is dropped."""
        with psycopg.connect(self.server.url, autocommit=True) as link:
            link.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            copied = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(BASE))
            link.execute(copied)
        return name

    def full(self, count: int) -> str:
        """A database with `count` orders in it; rows share it, since filling it takes minutes."""
        if count not in self.filled:
            database = self.fresh(f"full_{count}")
            begin = time.monotonic()
            fill(self.url(database), count)
            self.filled[count] = time.monotonic() - begin
        return f"full_{count}"

    @contextmanager
    def serving(self, command: Sequence[str], database: str, port: int, name: str) -> Iterator[int]:
        """Run a server until the block ends; yields its port once it answers. Raises Failed."""
        with open_log(self.folder / "logs" / f"{name}.log") as log:
            process = spawn(command, log=log, env=self.env(database))
        try:
            _await_answer(port, process, self.folder / "logs" / f"{name}.log")
            yield port
        finally:
            end(process)

    @contextmanager
    def product(self, database: str) -> Iterator[int]:
        """Our web server as it is started in use, one worker."""
        port = free_port()
        with self.serving(liandong("web", "--port", str(port)), database, port, f"web-{database}"):
            yield port

    @contextmanager
    def bare(self, database: str) -> Iterator[int]:
        port = free_port()
        with self.serving([sys.executable, "-m", "bench.bare", str(port)], database, port, f"bare-{database}"):
            yield port

    @contextmanager
    def peer(self, database: str) -> Iterator[int]:
        port = free_port()
        with self.serving([sys.executable, "-m", "bench.peer", str(port)], database, port, f"peer-{database}"):
            yield port


@dataclass(frozen=True, slots=True)
class Measured:
    """What the sender saw: orders a second, milliseconds a request."""

    rate: float
    p50: float
    p99: float
    count: int


_runs = 0


def send(port: int, path: str, token: str, *, seconds: float, connections: int = 16, batch: int = 1) -> Measured:
    """One run of the sender in a process of its own. Raises Failed when an answer was not 200 or 201."""
    global _runs
    _runs += 1
    most = int(seconds * 4000) + 1000 if batch == 1 else int(seconds * 400) + 100
    asked = {"--token": token, "--connections": connections, "--seconds": seconds, "--batch": batch, "--most": most}
    options = [str(part) for pair in asked.items() for part in pair]
    command = [sys.executable, "-m", "bench.load", str(port), path, *options, "--seed", f"r{os.getpid()}-{_runs}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120, check=False)
    if done.returncode != 0:
        raise Failed(f"the sender failed: {done.stderr.strip()[-400:]}")
    seen: dict[str, Any] = json.loads(done.stdout)
    if seen["strange"]:
        raise Failed(f"unexpected answers: {seen['strange']}")
    if seen["ran_dry"]:
        raise Failed("the sender had too few requests ready")
    return Measured(seen["rate"], seen["p50"], seen["p99"], seen["count"])


@contextmanager
def ground() -> Iterator[Ground]:
    """Start the server, make `base`, and set Django up on it in this process too."""
    folder = Path(tempfile.mkdtemp(prefix="liandong-bench-"))
    folder.chmod(0o711)
    os.environ["LIANDONG_STATE"] = str(folder)
    server = embedded.start(folder)
    try:
        made = Ground(folder, server)
        with psycopg.connect(server.url, autocommit=True) as link:
            link.execute(f"CREATE DATABASE {BASE}")
        for step in (("migrate",), ("city", "load", "xinzhou")):
            subprocess.run(liandong(*step), env=made.env(BASE), check=True, stdout=subprocess.DEVNULL)
        _django(made.url(BASE))
        made.token = issue()
        yield made
    finally:
        _leave_database()
        server.stop()
        shutil.rmtree(server.place.home, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _django(url: str) -> None:
    os.environ["DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


def issue() -> str:
    """A token of the hotline's desk in the database Django points to."""
    from django.db import connections

    from liandong.audit.by import By
    from liandong.identity.actions import issue_token

    by = By(name="bench", post="bench", system="bench", rights=frozenset({"tokens.manage", "desk.all"}))
    rights = ["order.accept", "order.read"]
    token = issue_token(by=by, name="bench", desk="12345", rights=rights, days=30)
    connections.close_all()  # a database with open connections cannot be copied
    return token


def issue_at(state: Path, ground: Ground) -> str:
    """A token in the database of the node that runs on the state folder `state`."""
    from config.settings.database import from_url

    running = embedded.start(state)
    try:
        _connect_to(from_url(running.url))
        return issue()
    finally:
        _connect_to(from_url(ground.url(BASE)))


def point_to(name: str) -> None:
    """Let Django in this process work in the database `name` of the same server."""
    _connect_to({"NAME": name})


def _connect_to(address: dict[str, Any]) -> None:
    from django.conf import settings
    from django.db import connection, connections

    from liandong.identity import queries as identity
    from liandong.intake.queries import forget_rulebook

    connections.close_all()
    connection.settings_dict.update(address)
    settings.DATABASES["default"].update(address)
    identity.forget()
    forget_rulebook()


def _leave_database() -> None:
    from django.db import connections

    if "DATABASE_URL" in os.environ:
        connections.close_all()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a server we started to stop; after ten seconds no longer ask."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await_answer(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/orders", method="HEAD")
            urllib.request.urlopen(request, timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
            continue
        return
    raise Failed(f"no answer on port {port}: {log.read_text(errors='replace').strip()[-400:]}")
