"""A connection to the joint database, the same for both families, and what can be wrong with it in Chinese."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from liandong.peers.channels.deployment import Line

POSTGRESQL, MYSQL = "postgresql", "mysql"
# The scheme of the address → the family that speaks to it.
FAMILIES = {"postgresql": POSTGRESQL, "postgres": POSTGRESQL, "mysql": MYSQL, "mariadb": MYSQL}
TLS = ("verify-full", "verify-ca", "require", "off")
LEAST_PACKET = 16 * 1024 * 1024  # of MySQL: the largest envelope, escaped, with what stands around it

LOST, DENIED = "lost", "denied"
# What is wrong → what the person who looks after the node can do about it.
TEXTS = {
    "unreachable": "连不上中间数据库：请检查网络、端口，以及数据库是否在运行。",
    "slow": "中间数据库在时限内没有应答：请检查网络和数据库的负载。",
    "login": "中间数据库拒绝登录：请核对用户名、口令，以及该用户是否获准从本机登录。",
    "database": "中间数据库的服务器上没有所填的库：请核对地址中的库名和该用户对它的权限。",
    "tls": "与中间数据库的加密连接（TLS）没有建立：请核对证书、主机名，以及服务器是否启用了TLS。",
    DENIED: "中间数据库的用户权限不足：请运行 liandong exchange middb check 查明，由数据库管理员补授。",
    "missing": "中间数据库缺少约定的表或列：请数据库管理员执行 liandong exchange middb ddl 给出的语句。",
    "readonly": "中间数据库只读，可能连到了备库：请改连主库。",
    "full": "中间数据库的磁盘已满：请数据库管理员清理旧行或扩容。",
    "busy": "中间数据库的连接数已满：请数据库管理员调高上限或清理空闲连接。",
    "packet": "中间数据库的单包上限过小：请将 max_allowed_packet 调到 64M 或以上。",
    "charset": "中间数据库存不下报文中的生僻字：请将库表的字符集改为 utf8mb4（PostgreSQL 为 UTF8）。",
    LOST: "与中间数据库的连接中断，请检查网络和数据库。",
    "stopping": "中间数据库正在停止或启动，请稍候。",
}


class Trouble(Exception):
    """Of the database: `kind` is a key of TEXTS, or "" with the driver's own code; `message` is Chinese."""

    def __init__(self, kind: str, code: object = "") -> None:
        self.kind = kind
        self.message = TEXTS.get(kind) or f"中间数据库报错（代码{code or '未知'}）：请数据库管理员查看数据库日志。"
        super().__init__(self.message)


@dataclass(frozen=True)
class Address:
    """Where the database is and how to speak to it. `tls`: one of TLS. `connect` and `wait` are seconds."""

    family: str
    user: str
    password: str
    database: str
    host: str
    port: int
    socket: str = ""
    tls: str = TLS[0]
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    connect: float = 5
    wait: float = 15

    @classmethod
    def of(cls, line: Line) -> Address:
        """As a table of the deployment file has it. Raises DeploymentUnfit."""
        found = parsed(line.secret("dsn"))
        if found is None:
            raise line.unfit("“dsn”应写作 postgresql://用户:口令@主机:端口/库名，MySQL、MariaDB 为 mysql://…")
        tls = line.text("tls", TLS[0])
        if tls not in TLS:
            raise line.unfit(f"“tls”只能是{'、'.join(TLS)}")
        if tls == "verify-ca" and not line.has("ca"):
            raise line.unfit("“tls”为 verify-ca 时须以“ca”写明证书机构的文件")
        if line.has("certificate") != line.has("key"):
            raise line.unfit("“certificate”与“key”应同时填写")
        return replace(
            found,
            tls=tls,
            connect=line.number("connect_seconds", cls.connect, least=0.1, most=60),
            wait=line.number("wait_seconds", cls.wait, least=0.1, most=300),
            ca=_file(line, "ca"),
            certificate=_file(line, "certificate"),
            key=_file(line, "key"),
        )


def _file(line: Line, key: str) -> Path | None:
    if not line.has(key):
        return None
    path = line.path(key)
    if not path.is_file():
        raise line.unfit(f"“{key}”所指的文件 {path} 不存在")
    return path


def parsed(dsn: str) -> Address | None:
    """None when it is no address of either family, or lacks user or database."""
    try:
        parts = urlsplit(dsn)
        port = parts.port
    except ValueError:
        return None
    family = FAMILIES.get(parts.scheme)
    database, user = unquote(parts.path.lstrip("/")), unquote(parts.username or "")
    if family is None or not database or not user:
        return None
    return Address(
        family=family,
        user=user,
        password=unquote(parts.password or ""),
        database=database,
        host=parts.hostname or "localhost",
        port=port or (5432 if family == POSTGRESQL else 3306),
        socket=dict(parse_qsl(parts.query)).get("socket", ""),
    )


class Link(Protocol):
    """An open connection; each statement is a transaction of its own. Every method but `close` raises Trouble."""

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...

    def write(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        """The statement for each of the values, all of them or none, durable when it returns."""
        ...

    def attempt(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Do it and take it back."""
        ...

    def hold(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Do it, uncommitted until `release`; what follows on this connection is of the same transaction."""
        ...

    def release(self) -> None:
        """Commit what is held."""
        ...

    def close(self) -> None: ...


def connected(address: Address) -> Link:
    """Raises Trouble."""
    from liandong.peers.channels.middb import mysql, postgresql

    openers: Mapping[str, Callable[[Address], Link]] = {POSTGRESQL: postgresql.connected, MYSQL: mysql.connected}
    return openers[address.family](address)
