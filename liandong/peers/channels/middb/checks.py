"""Whether the joint database is what it should be: its shape, what this node may do in it, and what it may not.

Rights are tried, not read: a role may have them by way of another, and both families tell of that differently. What
is written to try is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC

from liandong.kernel import clock
from liandong.peers.channels.middb.links import (
    DENIED,
    LEAST_PACKET,
    MYSQL,
    POSTGRESQL,
    Address,
    Link,
    Trouble,
    connected,
)
from liandong.peers.channels.middb.statements import HANDLED, INBOX, OUTBOX, TAKEN, unread

CLOCKS_APART = 60  # seconds; nothing depends on it, but people compare moments

_ROW = {"id": "n", "written_at": "t", "sender": "s", "receiver": "s", "urgent": "b", "envelope": "l"}
_HANDLED = {"id": "n", "handled_at": "t", "outbox": "s", "row_id": "n", "row_at": "t", "node": "s", "outcome": "s",
            "why": "s"}  # fmt: skip
SHAPE = {**dict.fromkeys(OUTBOX.values(), _ROW), HANDLED: _HANDLED}
TYPES = {
    POSTGRESQL: {
        "n": "bigint",
        "t": "timestamp with time zone",
        "s": "character varying",
        "b": "boolean",
        "l": "text",
    },
    MYSQL: {"n": "bigint", "t": "timestamp", "s": "varchar", "b": "tinyint", "l": "longtext"},
}
_HERE = {POSTGRESQL: "current_schema()", MYSQL: "DATABASE()"}


def findings(address: Address, me: str, peer: str, side: str) -> Iterator[str]:
    """What is wrong, a Chinese sentence each."""
    try:
        link = connected(address)
    except Trouble as why:
        yield why.message
        return
    with closing(link):
        try:
            wrong = list(_shape(link, address.family))
            yield from wrong
            if wrong:
                return
            yield from _settings(link, address.family)
            yield from _rights(link, me, peer, side)
            yield from _left(link)
        except Trouble as why:
            yield why.message


def _shape(link: Link, family: str) -> Iterator[str]:
    rows = link.rows(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = <here>".replace(
            "<here>", _HERE[family]
        )
    )
    found = {(str(table).lower(), str(column).lower()): str(kind).lower() for table, column, kind in rows}
    for table, columns in SHAPE.items():
        if not any(one == table for one, _ in found):
            yield f"没有表 {table}，或本节点的用户看不到它：请数据库管理员执行 liandong exchange middb ddl 给出的语句。"
            continue
        for column, kind in columns.items():
            wanted, there = TYPES[family][kind], found.get((table, column))
            if there is None:
                yield f"表 {table} 没有列 {column}，或本节点的用户看不到它。"
            elif there != wanted:
                yield f"表 {table} 的列 {column} 的类型是 {there}，应为 {wanted}。"


def _settings(link: Link, family: str) -> Iterator[str]:
    ((now,),) = link.rows("SELECT CURRENT_TIMESTAMP")
    apart = abs(((now if now.tzinfo else now.replace(tzinfo=UTC)) - clock.now()).total_seconds())
    if apart > CLOCKS_APART:
        yield f"数据库与本机的时钟相差约{apart:.0f}秒，不影响收发，但两侧记录的时间会对不上：请校时。"
    yield from (_settings_mysql(link) if family == MYSQL else _settings_postgresql(link))


def _settings_postgresql(link: Link) -> Iterator[str]:
    ((encoding, flushes),) = link.rows("SELECT current_setting('server_encoding'), current_setting('fsync')")
    if encoding != "UTF8":
        yield f"库的编码是 {encoding}，存不下全部汉字：请以 UTF8 编码另建库。"
    if flushes != "on":
        yield "数据库的 fsync 已关闭，断电会丢失已交出的报文：请打开。"


def _settings_mysql(link: Link) -> Iterator[str]:
    ((packet, flushes),) = link.rows("SELECT @@global.max_allowed_packet, @@global.innodb_flush_log_at_trx_commit")
    if packet < LEAST_PACKET:
        yield f"max_allowed_packet 是 {packet}，应不小于 {LEAST_PACKET}。"
    if flushes != 1:
        yield f"innodb_flush_log_at_trx_commit 是 {flushes}，断电会丢失已交出的报文：请设为 1。"
    rows = link.rows("SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE()")
    for table, engine in rows:
        if table in SHAPE and str(engine).lower() != "innodb":
            yield f"表 {table} 的存储引擎是 {engine}，没有事务：请改为 InnoDB。"
    rows = link.rows(
        "SELECT table_name, character_set_name FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND column_name IN ('envelope', 'why')"
    )
    for table, characters in rows:
        if table in SHAPE and characters != "utf8mb4":
            yield f"表 {table} 的字符集是 {characters}，存不下四字节汉字：请改为 utf8mb4。"


def _rights(link: Link, me: str, peer: str, side: str) -> Iterator[str]:
    """Each is tried; what was written is taken back."""
    out, into = OUTBOX[side], INBOX[side]
    insert = "INSERT INTO <t> (sender, receiver, urgent, envelope) VALUES (%s, %s, %s, %s)"
    row = (me, peer, False, "𠮷")
    handle = "INSERT INTO handled (outbox, row_id, row_at, node, outcome) VALUES (%s, %s, CURRENT_TIMESTAMP, %s, %s)"
    wanted = [
        (f"向表 {out} 增加行", insert.replace("<t>", out), row),
        ("向表 handled 增加行", handle, (into, 0, me, TAKEN)),
        *((f"查询表 {table}", "SELECT id FROM <t> WHERE 1 = 0".replace("<t>", table), ()) for table in SHAPE),
    ]
    for what, statement, values in wanted:
        if why := _tried(link, statement, values):
            yield f"本节点的用户不能{what}：{why.message}"
    unwanted = [
        (f"向表 {into} 增加行（对方的方向）", insert.replace("<t>", into), row),
        *((f"修改表 {t}", "UPDATE <t> SET id = id WHERE 1 = 0".replace("<t>", t), ()) for t in SHAPE),
        *((f"删除表 {t} 的行", "DELETE FROM <t> WHERE 1 = 0".replace("<t>", t), ()) for t in SHAPE),
    ]
    for what, statement, values in unwanted:
        why = _tried(link, statement, values)
        if why is None:
            yield f"本节点的用户可以{what}，权限过大：请数据库管理员收回。"
        elif why.kind != DENIED:
            yield why.message


def _tried(link: Link, statement: str, values: tuple[object, ...]) -> Trouble | None:
    try:
        link.attempt(statement, values)
    except Trouble as why:
        return why
    return None


def _left(link: Link) -> Iterator[str]:
    """Rows nobody takes: under names of nodes that are not there, or their reader has stopped."""
    for table in OUTBOX.values():
        for sender, receiver, count in link.rows(unread(table)):
            yield (
                f"表 {table} 中由 {sender} 发给 {receiver} 的 {count} 行一小时以上没有被收取："
                "请核对两侧的节点代码，以及收取一侧是否在运行。"
            )
