"""A whole node, as `liandong up` runs it, in a folder of its own: started, looked at from outside, stopped."""

from __future__ import annotations

import atexit
import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import psutil

from config import embedded
from config.guarded import open_log, spawn
from config.pgplace import Place
from config.processes import liandong
from config.statedir import BASE_DIR
from config.tests import clusters
from tests.faults.space import Space

UP_WITHIN = 120.0
STOP_WITHIN = 40.0
TOKEN = """
from liandong.audit.by import By
from liandong.identity.actions import issue_token
by = By(name="tests", post="tests", system="tests", rights=frozenset({{"tokens.manage", "desk.all"}}))
print(issue_token(by=by, name="tests", desk="{desk}", rights={rights}, days=2))
"""


class NodeFailed(Exception):
    """The node did not do what it should; the sentence says what."""


@dataclass(frozen=True)
class Node:
    """`space`: the network it is in, where it has one of its own."""

    folder: Path
    port: int
    up: subprocess.Popen[bytes]
    given: Mapping[str, str] = field(default_factory=dict)
    parts: frozenset[str] = frozenset(("web", "worker", "database"))
    space: Space | None = None

    def inside(self) -> AbstractContextManager[object]:
        """What is connected and begun meanwhile is in the node's network."""
        return self.space.entered() if self.space else nullcontext()

    @property
    def env(self) -> dict[str, str]:
        """What a command of ours needs in order to work on this node."""
        return _env(self.folder, self.given)

    @property
    def database(self) -> str:
        """The address of its database."""
        with self.inside():
            return embedded.start(self.folder).url

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one `liandong` command on this node."""
        done = liandong(*arguments)
        with self.inside():
            return subprocess.run(done, env=self.env, capture_output=True, text=True, timeout=120, check=False)

    def token(self, desk: str = "12345", rights: Sequence[str] = ("order.accept", "order.read")) -> str:
        """A token of a desk, else of the hotline's. Raises NodeFailed."""
        done = self.command("manage", "shell", "-v", "0", "-c", TOKEN.format(desk=desk, rights=list(rights)))
        if done.returncode != 0:
            raise NodeFailed(f"no token: {done.stderr[-400:]}")
        return done.stdout.strip().splitlines()[-1]

    def processes(self) -> dict[str, psutil.Process]:
        """Those that may be killed, by what they are; one that is just being restarted is missing."""
        found: dict[str, psutil.Process] = {}
        for one in psutil.Process(self.up.pid).children(recursive=True):
            try:
                line, parent = one.cmdline(), one.ppid()
            except psutil.NoSuchProcess:
                continue
            own = parent == self.up.pid
            if line[:1] and line[0].endswith("/postgres") and own:
                found["database"] = one
            elif own and "config.cli" in line:
                found[line[line.index("config.cli") + 1]] = one
            elif any("spawn_main" in part for part in line):
                found["web-worker"] = one
        return found

    def answers(self) -> bool:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            with self.inside():
                link.connect()
            link.request("GET", "/")
            return link.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

    def await_whole(self, within: float = UP_WITHIN) -> None:
        """Wait until every process runs and the pages answer. Raises NodeFailed."""
        until = time.monotonic() + within
        while not (self.parts <= self.processes().keys() and self.answers()):
            if self.up.poll() is not None:
                raise NodeFailed(f"liandong up ended with {self.up.returncode}: {self.log()}")
            if time.monotonic() > until:
                raise NodeFailed(f"not whole: only {sorted(self.processes())} run: {self.log()}")
            time.sleep(0.1)

    def log(self) -> str:
        return (self.folder / "logs" / "up.log").read_text(errors="replace")[-600:]


@cache
def prepared() -> Path:
    """The folder of a node with all its tables and the city: made once, gone with this process.

    Each node begins with a copy of its database, which no secret has gone into yet, and makes secrets of its own.
    """
    folder = Path(tempfile.mkdtemp(prefix="liandong-node-"))
    folder.chmod(0o711)
    atexit.register(clusters.removed, folder)
    server = embedded.start(folder, durable=False)
    try:
        env = {**_env(folder, {}), "DATABASE_URL": server.url}
        subprocess.run(liandong("prepare", "xinzhou"), cwd=BASE_DIR, env=env, check=True, stdout=subprocess.DEVNULL)
    finally:
        server.stop()
    return folder


@contextmanager
def node(*options: str) -> Iterator[Node]:
    """`liandong up` with two web workers and no calls of its own: whole at the block's begin, gone at its end."""
    folder = Path(tempfile.mkdtemp(prefix="liandong-node-"))
    folder.chmod(0o711)  # the account that runs the server passes through
    try:
        clusters.copied(prepared(), folder)
        with begun(folder, "--workers", "2", *options) as just:
            made = replace(just, parts=just.parts | {"web-worker"})
            made.await_whole()
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def begun(
    folder: Path, *options: str, given: Mapping[str, str] | None = None, space: Space | None = None
) -> Iterator[Node]:
    """`liandong up` in a folder, just started, with what is given to it; gone at the block's end, with its database."""
    given = given or {}
    with space.entered() if space else nullcontext():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        with open_log(folder / "logs" / "up.log") as log:
            up = spawn(liandong("up", "--port", str(port), *options), log=log, env=_env(folder, given))
    try:
        yield Node(folder, port, up, given, space=space)
    finally:
        up.send_signal(signal.SIGTERM)
        try:
            up.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            up.kill()
        place = Place.load(folder)
        if place is not None:
            shutil.rmtree(place.home, ignore_errors=True)


def _env(folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    return {**kept, "LIANDONG_STATE": str(folder), **given}
