"""The real server over a database of its own: what an integrator's program meets."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config.guarded import spawn

ROOT = Path(__file__).resolve().parents[3]
# A sender whose body stalls is given up after this many seconds; short, as a test waits for it.
BODY_SECONDS = 1.5
# What tokens did is written away this often; short, as a test waits for it.
USE_SECONDS = 0.2
TABLES = (
    *("intake_matter", "intake_order", "intake_custody", "intake_orderstep", "intake_orderlink", "intake_acceptedkey"),
    *("audit_event", "audit_unsealed", "kernel_fact"),
    *("transfer_transfer", "transfer_steprow", "transfer_noterow"),
)


@dataclass(frozen=True)
class Served:
    """A running server. `tokens`: see `seed.py`."""

    host: str
    port: int
    tokens: dict[str, str]
    database: psycopg.Connection
    address: str = ""

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def rows(self) -> dict[str, int]:
        """How many rows each table has that an order or a step may write to."""
        counted = sql.SQL(", ").join(sql.SQL("(SELECT count(*) FROM {})").format(sql.Identifier(t)) for t in TABLES)
        found = self.database.execute(sql.SQL("SELECT {}").format(counted)).fetchone()
        assert found is not None
        return dict(zip(TABLES, found, strict=True))

    def one(self, statement: str, *values: object) -> tuple[object, ...]:
        found = self.database.execute(statement.encode(), values).fetchone()
        assert found is not None
        return found

    def react(self) -> None:
        """Handle all facts that wait, as the worker beside the server does."""
        env = {**os.environ, "DATABASE_URL": self.address, "DJANGO_SETTINGS_MODULE": "config.settings"}
        subprocess.run([sys.executable, "-c", _REACT], cwd=ROOT, env=env, check=True)


_REACT = """
import django
django.setup()
from config.reactions import REACTIONS
from liandong.kernel.outbox import handle_waiting
while handle_waiting(REACTIONS):
    pass
"""


@contextmanager
def serving(state: Path) -> Iterator[Served]:
    """A server on a free port over a new database beside the test database; both are gone afterwards."""
    address = os.environ["DATABASE_URL"]
    name = f"liandong_http_{os.getpid()}"
    own = urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
    with psycopg.connect(urlunsplit(urlsplit(address)._replace(path="/postgres")), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with _server(own, state) as served:
                yield served
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _server(database: str, state: Path) -> Iterator[Served]:
    env = {
        **os.environ,
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LIANDONG_STATE": str(state),
        "LIANDONG_BODY_SECONDS": str(BODY_SECONDS),
        "LIANDONG_USE_SECONDS": str(USE_SECONDS),
        "PYTHONWARNINGS": "ignore",
    }
    seed = [sys.executable, "-m", "liandong.exchange.tests.seed"]
    tokens = json.loads(subprocess.run(seed, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE).stdout)
    port = _free_port()
    command = [sys.executable, "-m", "config.cli", "web", "--port", str(port)]
    with (state / "web.log").open("wb") as log:
        process = spawn(command, env=env, cwd=ROOT, log=log)
    try:
        _until_it_listens(process, port)
        with psycopg.connect(database, autocommit=True) as connection:
            yield Served("127.0.0.1", port, tokens, connection, database)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"the server ended with {process.returncode}") from None
        return
    raise AssertionError("the server did not listen within 30 s")
