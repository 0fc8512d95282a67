"""The joint database on MySQL, MariaDB and what speaks their protocol."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import pymysql

from liandong.peers.channels.middb.links import LEAST_PACKET, LOST, Address, Trouble

_BY_KIND = {
    LOST: (0, 1053, 1080, 1927, 2006, 2013, 2055, 4031),
    "unreachable": (2002, 2003, 2005),
    "login": (1045, 1130, 1251, 1698, 1820, 1862, 2059, 3118, 3159, 4151),
    "database": (1044, 1049),
    "tls": (2026, 2012),
    "denied": (1142, 1143, 1227, 1370),
    "missing": (1054, 1146),
    "readonly": (1290, 1792, 1836),
    "full": (1021, 1114, 3),
    "busy": (1040, 1203, 1226),
    "packet": (1153, 2020),
    "charset": (1366, 3854),
    "slow": (1205, 1317, 1969, 3024),
}
KINDS = {number: kind for kind, numbers in _BY_KIND.items() for number in numbers}
# Not strict, a server would cut off a text that it cannot hold and say that all is well.
MODE = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"


def _tls(address: Address) -> ssl.SSLContext:
    """What Python's own TLS is to demand of the server. Raises OSError (an ssl.SSLError is one)."""
    context = ssl.create_default_context(cafile=address.ca)
    # Certificates that MySQL makes by itself lack what strictness asks for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.check_hostname = address.tls == "verify-full"
    if address.tls == "require":
        context.verify_mode = ssl.CERT_NONE
    if address.certificate is not None:
        context.load_cert_chain(address.certificate, address.key)
    return context


def connected(address: Address) -> MysqlLink:
    """Raises Trouble."""
    try:
        secure: dict[str, Any] = {"ssl_disabled": True} if address.tls == "off" else {"ssl": _tls(address)}
    except OSError as why:
        raise Trouble("tls") from why
    place: dict[str, Any] = {"unix_socket": address.socket} if address.socket else {}
    try:
        connection = pymysql.connect(
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            database=address.database,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=address.connect,
            read_timeout=address.wait,
            write_timeout=address.wait,
            sql_mode=MODE,
            init_command="SET time_zone = '+00:00'",
            **place,
            **secure,
        )
    except (pymysql.MySQLError, OSError) as why:
        _raise(why, connecting=True)
    link = MysqlLink(connection)
    ((packet,),) = link.rows("SELECT @@max_allowed_packet")
    if packet < LEAST_PACKET:
        link.close()
        raise Trouble("packet")
    return link


class MysqlLink:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with _told(), self._connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())

    def write(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        with _told(), self._connection.cursor() as cursor:
            self._connection.begin()
            for one in values:
                cursor.execute(statement, one)
            self._connection.commit()

    def attempt(self, statement: str, values: Sequence[Any] = ()) -> None:
        with _told(), self._connection.cursor() as cursor:
            self._connection.begin()
            try:
                cursor.execute(statement, values or None)
            finally:
                self._connection.rollback()

    def hold(self, statement: str, values: Sequence[Any] = ()) -> None:
        with _told(), self._connection.cursor() as cursor:
            self._connection.autocommit(False)
            cursor.execute(statement, values or None)

    def release(self) -> None:
        with _told():
            self._connection.commit()
            self._connection.autocommit(True)

    def close(self) -> None:
        with suppress(pymysql.MySQLError, OSError):
            self._connection.close()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (pymysql.MySQLError, OSError) as why:
        _raise(why)


def _raise(why: Exception, *, connecting: bool = False) -> NoReturn:
    number = why.args[0] if why.args and isinstance(why.args[0], int) else 0
    kind, said = KINDS.get(number, ""), str(why)
    if "timed out" in said:
        kind = "slow"
    elif connecting and ("SSL" in said or "certificate" in said):
        kind = "tls"
    elif connecting and kind == LOST:
        kind = "unreachable"
    raise Trouble(kind, number) from why
