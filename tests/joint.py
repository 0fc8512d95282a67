"""A joint database (中间数据库) of each family for the tests, made by the very statements an administrator gets.

PostgreSQL is the embedded server; MariaDB or MySQL where this machine has one that lets us (LIANDONG_TEST_MYSQL, by
default the local root without a password).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest

from liandong.peers.channels.middb import MidDb
from liandong.peers.channels.middb.commands import ddl
from liandong.peers.channels.middb.links import MYSQL, POSTGRESQL, Address
from liandong.peers.channels.middb.statements import GOV, POLICE

FAMILIES = (POSTGRESQL, MYSQL)
TABLES = ("gov_to_police", "police_to_gov", "handled")
LOCAL = "mysql://root@127.0.0.1:3306/"


@dataclass
class Joint:
    """`run` does a statement as the administrator. `addresses`: side → what its node signs in with."""

    family: str
    run: Callable[..., list[tuple[Any, ...]]]
    addresses: dict[str, Address]

    def channel(self, code: str, side: str, **changed: Any) -> MidDb:
        return MidDb(replace(self.addresses[side], **changed), code, side)

    def clear(self) -> None:
        for table in TABLES:
            self.run(f"DELETE FROM {table}")

    def handled(self, outcome: str) -> list[tuple[int, str]]:
        found = self.run("SELECT row_id, why FROM handled WHERE outcome = %s ORDER BY id", (outcome,))
        return [(int(number), str(why)) for number, why in found]


Opened = Callable[[str], Joint]


@pytest.fixture(scope="session")
def joints() -> Iterator[Opened]:
    """Family → its joint database; skips the test where there is no server of it."""
    made: dict[str, Joint] = {}
    with ExitStack() as stack:

        def opened(family: str) -> Joint:
            if family not in made:
                made[family] = (_postgresql if family == POSTGRESQL else _mysql)(stack)
            return made[family]

        yield opened


@pytest.fixture(params=FAMILIES)
def joint(request: pytest.FixtureRequest, joints: Opened) -> Joint:
    found = joints(request.param)
    found.clear()
    return found


def _named(statements: str, mark: str) -> str:
    """With users of this run's own: on one server the runs side by side must not meet."""
    return statements.replace("liandong_", f"{mark}_")


def _addresses(family: str, mark: str, database: str, host: str, port: int, password: str) -> dict[str, Address]:
    return {
        side: Address(family, f"{mark}_{side}", password, database, host, port, tls="off") for side in (GOV, POLICE)
    }


def _postgresql(stack: ExitStack) -> Joint:
    mark, password, url = f"m{os.getpid()}", secrets.token_hex(8), os.environ["DATABASE_URL"]
    admin = stack.enter_context(psycopg.connect(url, autocommit=True))
    admin.execute(f"CREATE DATABASE {mark} TEMPLATE template0 ENCODING 'UTF8'".encode())
    stack.callback(lambda: [admin.execute(f"DROP ROLE {mark}_{side}".encode()) for side in (GOV, POLICE)])
    stack.callback(lambda: admin.execute(f"DROP DATABASE {mark} WITH (FORCE)".encode()))
    inside = stack.enter_context(psycopg.connect(url, dbname=mark, autocommit=True))
    inside.execute(_named(ddl(POSTGRESQL), mark).encode())
    for side in (GOV, POLICE):
        inside.execute(f"ALTER ROLE {mark}_{side} LOGIN PASSWORD '{password}'".encode())

    def run(statement: str, values: Any = None) -> list[tuple[Any, ...]]:
        done = inside.execute(statement.encode(), values)
        return done.fetchall() if done.description else []

    return Joint(POSTGRESQL, run, _addresses(POSTGRESQL, mark, mark, inside.info.host, inside.info.port, password))


def _mysql(stack: ExitStack) -> Joint:
    mark, password = f"m{os.getpid()}", secrets.token_hex(8)
    parts = urlsplit(os.environ.get("LIANDONG_TEST_MYSQL", LOCAL))
    host, port = parts.hostname or "127.0.0.1", parts.port or 3306
    given: dict[str, Any] = {"host": host, "port": port, "user": parts.username, "password": parts.password or ""}
    try:
        admin = pymysql.connect(**given, autocommit=True, connect_timeout=3, read_timeout=60, charset="utf8mb4")
    except (pymysql.MySQLError, OSError) as why:
        pytest.skip(f"no MariaDB or MySQL that lets us in (LIANDONG_TEST_MYSQL): {why}")
    stack.callback(admin.close)

    def run(statement: str, values: Any = None) -> list[tuple[Any, ...]]:
        with admin.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    run(f"CREATE DATABASE {mark}")
    stack.callback(lambda: run(f"DROP DATABASE {mark}"))
    admin.select_db(mark)
    stack.callback(lambda: [run(f"DROP USER '{mark}_{side}'@'%%'", ()) for side in (GOV, POLICE)])
    for statement in _statements(_named(ddl(MYSQL), mark)):
        run(statement)
    for side in (GOV, POLICE):
        run(f"ALTER USER '{mark}_{side}'@'%' IDENTIFIED BY '{password}' ACCOUNT UNLOCK")
    return Joint(MYSQL, run, _addresses(MYSQL, mark, mark, host, port, password))


def _statements(text: str) -> list[str]:
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return [one for one in lines.split(";") if one.strip()]
