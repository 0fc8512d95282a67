"""Two nodes on this machine for a row: a database each, keys and certificates, a worker and a listener each."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil
import psycopg

from bench.ground import Failed, Ground, end, point_to
from config.guarded import open_log, spawn
from config.pair import HTTPS, Side, introduce, secure, sides_of
from config.processes import liandong
from config.statedir import BASE_DIR

LISTENS_WITHIN = 60.0


@dataclass
class Two:
    """`there`: a connection to the database of `other`, the second node, where messages of the first arrive."""

    here: Side
    other: Side
    there: psycopg.Connection[Any]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def memory(self) -> float:
        """Megabytes (10⁶ bytes) of all workers and listeners together, of their own."""
        return sum(psutil.Process(one.pid).memory_full_info().uss for one in self.processes) / 1e6

    def count(self, statement: str) -> int:
        found = self.there.execute(statement).fetchone()
        return int(found[0]) if found else 0


@contextmanager
def acting_as(side: Side, database: str) -> Iterator[None]:
    """Let this process be the node, in that database of the same server."""
    from django.conf import settings
    from django.db import connection

    before = settings.NODE, settings.KEYS, settings.PEER_KEYS, connection.settings_dict["NAME"]
    point_to(database)
    settings.NODE, settings.KEYS, settings.PEER_KEYS = side.code, side.keys, side.state / "peer-keys"
    try:
        yield
    finally:
        settings.NODE, settings.KEYS, settings.PEER_KEYS = before[:3]
        point_to(before[3])


@contextmanager
def two_nodes(ground: Ground) -> Iterator[Two]:
    """Both nodes over https; this process is a part of the first. Raises Failed."""
    from django.conf import settings

    sides = sides_of(BASE_DIR / "cities" / "xinzhou", ground.folder / "pair")
    introduce(sides)
    secure(sides)
    with ExitStack() as stack:
        two = Two(sides[0], sides[1], None)  # type: ignore[arg-type] # set below, when the database is there
        for side in sides:
            database = ground.fresh(f"node_{side.code}")
            # What this process seals for the first node's journal its worker opens.
            sealing = {"LIANDONG_SEAL_KEY": settings.SEAL_KEY.hex(), "LIANDONG_BLIND_KEY": settings.BLIND_KEY.hex()}
            env = {**os.environ, **side.env(HTTPS), **ground.env(database), **sealing}
            for command in ("receive", "worker"):
                with open_log(ground.folder / "logs" / f"{command}-{side.code}.log") as log:
                    process = spawn(liandong(command), log=log, env=env)
                two.processes.append(process)
                stack.callback(end, process)
        two.there = stack.enter_context(psycopg.connect(ground.url(f"node_{sides[1].code}"), autocommit=True))
        with acting_as(sides[0], f"node_{sides[0].code}"):
            _await_heartbeat(two)
            yield two


def _await_heartbeat(two: Two) -> None:
    """Both are up when the second has heard the first."""
    until = time.monotonic() + LISTENS_WITHIN
    while two.count("SELECT count(*) FROM peers_peer WHERE said_at IS NOT NULL") == 0:
        if any(one.poll() is not None for one in two.processes) or time.monotonic() > until:
            raise Failed("the two nodes did not hear each other; see the logs of worker and receive")
        time.sleep(0.1)
