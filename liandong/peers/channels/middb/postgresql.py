"""The joint database on PostgreSQL and what speaks its protocol."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import psycopg
from psycopg.pq import TransactionStatus

from liandong.peers.channels.middb.links import LOST, Address, Trouble

# Of the server's code for an error the first characters that tell.
KINDS = {
    "08": LOST,
    "22P05": "charset",
    "22021": "charset",
    "25006": "readonly",
    "28": "login",
    "3D": "database",
    "42501": "denied",
    "428C9": "denied",
    "42P01": "missing",
    "42703": "missing",
    "53100": "full",
    "53200": "busy",
    "53300": "busy",
    "55P03": "slow",
    "57014": "slow",
    "57P": "stopping",
    "58": "full",
}
# While a connection is made there is no code, only words: those of libpq, and the server's in its own language.
WORDS = (
    ("slow", r"timeout"),
    ("tls", r"SSL|certificate|\bTLS\b|\.pem|\.crt"),
    ("login", r"password|authentication|pg_hba|role .*|认证|角色|口令|not permitted to log in|不允许登录"),
    ("database", r"database .* does not exist|数据库.*不存在"),
    ("busy", r"too many (clients|connections)|remaining connection slots"),
    ("stopping", r"starting up|shutting down"),
)


def connected(address: Address) -> PostgresLink:
    """Raises Trouble."""
    mode = "disable" if address.tls == "off" else address.tls
    demanded: dict[str, Any] = {"sslmode": mode}
    if address.tls not in ("off", "require"):
        demanded["sslrootcert"] = str(address.ca or "system")
    if address.certificate is not None:
        demanded |= {"sslcert": str(address.certificate), "sslkey": str(address.key)}
    # Where the network swallows packets no error ever comes by itself.
    patience = round(address.wait * 1000)
    try:
        connection = psycopg.connect(
            host=address.socket or address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            dbname=address.database,
            connect_timeout=max(1, round(address.connect)),
            tcp_user_timeout=patience,
            client_encoding="UTF8",
            application_name="liandong-middb",
            autocommit=True,
            options=f"-c statement_timeout={patience} -c synchronous_commit=on -c timezone=UTC",
            **demanded,
        )
    except psycopg.Error as why:
        _raise(why, connecting=True)
    return PostgresLink(connection, address.wait)


class PostgresLink:
    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], wait: float) -> None:
        self._connection, self._wait = connection, wait
        self._cut_off = False

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._bounded():
            return self._connection.execute(statement.encode(), values or None).fetchall()

    def write(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        with self._bounded(), self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(statement.encode(), values)

    def attempt(self, statement: str, values: Sequence[Any] = ()) -> None:
        with self._bounded(), self._connection.transaction(force_rollback=True):
            self._connection.execute(statement.encode(), values or None)

    def hold(self, statement: str, values: Sequence[Any] = ()) -> None:
        with self._bounded():
            if self._connection.info.transaction_status == TransactionStatus.IDLE:
                self._connection.execute("BEGIN")
            self._connection.execute(statement.encode(), values or None)

    def release(self) -> None:
        with self._bounded():
            self._connection.execute("COMMIT")

    def close(self) -> None:
        with suppress(psycopg.Error):
            self._connection.close()

    @contextmanager
    def _bounded(self) -> Iterator[None]:
        """The server's own limit does not help where the server itself has stopped; then the line is cut."""
        alarm = threading.Timer(self._wait + 1, self._cut)
        alarm.daemon = True
        alarm.start()
        try:
            yield
        except psycopg.Error as why:
            if self._cut_off:
                raise Trouble("slow") from why
            _raise(why)
        finally:
            alarm.cancel()

    def _cut(self) -> None:
        self._cut_off = True
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self._connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)


def _raise(why: psycopg.Error, *, connecting: bool = False) -> NoReturn:
    code = why.sqlstate or ""
    kind = next((kind for start, kind in KINDS.items() if code.startswith(start)), "") if code else ""
    if not code:
        said = str(why)
        words = WORDS if connecting else ()
        other = "unreachable" if connecting else LOST
        kind = next((kind for kind, word in words if re.search(word, said, re.IGNORECASE)), other)
    raise Trouble(kind, code) from why
