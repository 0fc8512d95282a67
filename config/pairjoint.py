"""The joint database of `liandong pair --channel middb`: in an embedded server of its own, which is neither node's.

What stands in it is made by the statements an administrator gets (`liandong exchange middb ddl`), so its two users can
do here what they can do anywhere: SELECT, and INSERT into what is theirs.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from config import embedded
from config.processes import Backoff
from liandong.peers.channels.middb.commands import ddl
from liandong.peers.channels.middb.links import POSTGRESQL

DATABASE = "joint"


class Joint:
    """The running server. `tend` it now and then, `stop` it when no node writes any more."""

    def __init__(self, folder: Path) -> None:
        """Raises NoPostgres."""
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._server = embedded.start(folder, attach=False)
        self._pause = Backoff()

    def prepare(self, addresses: Mapping[str, Path]) -> None:
        """Make what is missing, and write each side's address with a fresh password into its file."""
        with psycopg.connect(self._server.url, autocommit=True) as owner:
            if owner.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                owner.execute(f"CREATE DATABASE {DATABASE} ENCODING 'UTF8' TEMPLATE template0")
        there = urlsplit(self._server.url)._replace(path=f"/{DATABASE}")
        with psycopg.connect(there.geturl(), autocommit=True) as owner:
            owner.execute(ddl(POSTGRESQL).encode())
            for side, file in addresses.items():
                user, password = f"liandong_{side}", secrets.token_hex(16)
                login = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
                owner.execute(login.format(sql.Identifier(user), sql.Literal(password)))
                _keep(file, there._replace(netloc=f"{user}:{password}@{there.hostname}:{there.port}").geturl())

    def tend(self) -> str | None:
        """Bring the server back where it has ended; a sentence when that has just been found out. Raises NoPostgres."""
        if self._server.alive():
            return None
        if self._pause.again_at is None:
            return f"中间数据库意外退出，{self._pause.fails():g} 秒后重新启动；详见 {self._server.place.log}"
        if self._pause.is_time():
            self._pause.starts()
            self._server.restart()
        return None

    def stop(self) -> None:
        self._server.stop()


def _keep(file: Path, address: str) -> None:
    """Whole or not at all, and for nobody but the owner: the password is in it."""
    draft = file.with_name(f"{file.name}.tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(f"{address}\n")
    draft.replace(file)
