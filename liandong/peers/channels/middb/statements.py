"""Every statement of this channel, the same in both families. A node writes its side's table and reads the other's."""

from __future__ import annotations

from dataclasses import dataclass

GOV, POLICE = "gov", "police"
OUTBOX = {GOV: "gov_to_police", POLICE: "police_to_gov"}
INBOX = {GOV: "police_to_gov", POLICE: "gov_to_police"}
HANDLED = "handled"
TAKEN, REFUSED, SEEN = "taken", "refused", "seen"

# A row is named by its number and its moment: after a table was emptied some databases give the same numbers again.
_OPEN = """NOT EXISTS (
    SELECT 1 FROM handled h WHERE h.outbox = '<inbox>' AND h.row_id = o.id AND h.row_at = o.written_at)"""
_WRITE = "INSERT INTO <outbox> (sender, receiver, urgent, envelope) VALUES (%s, %s, %s, %s)"
# What is unread is found by the indexes alone: MariaDB keeps the texts in the rows, and would read them all.
_LIST = f"""SELECT r.id, octet_length(r.envelope) FROM (
    SELECT o.id FROM <inbox> o WHERE o.sender = %s AND o.receiver = %s AND o.id > %s AND {_OPEN}
    ) u JOIN <inbox> r ON r.id = u.id ORDER BY r.urgent DESC, r.id LIMIT %s"""  # noqa: S608
_READ = "SELECT id, envelope FROM <inbox> WHERE id IN (<numbers>)"
_HANDLE = """INSERT INTO handled (outbox, row_id, row_at, node, outcome, why)
    SELECT '<inbox>', id, written_at, %s, %s, %s FROM <inbox> WHERE id = %s"""
_OLD = "SELECT coalesce(max(id), 0) FROM <inbox> WHERE written_at < CURRENT_TIMESTAMP - INTERVAL '1' HOUR"
_APART = """FROM handled h JOIN <inbox> o ON o.id = h.row_id AND o.written_at = h.row_at
    WHERE h.outbox = '<inbox>' AND h.outcome = 'refused' AND h.node = %s AND NOT EXISTS (
        SELECT 1 FROM handled s WHERE s.outbox = h.outbox AND s.row_id = h.row_id AND s.row_at = h.row_at
        AND s.outcome = 'seen')"""
_COUNT = f"SELECT count(DISTINCT h.row_id) {_APART} AND o.sender = %s"
_REFUSED = f"SELECT h.row_id, o.sender, h.handled_at, h.why {_APART} ORDER BY h.row_id"
_UNREAD = f"""SELECT o.sender, o.receiver, count(*) FROM <table> o
    WHERE o.written_at < CURRENT_TIMESTAMP - INTERVAL '1' HOUR AND {_OPEN}
    GROUP BY o.sender, o.receiver ORDER BY o.sender, o.receiver""".replace("<inbox>", "<table>")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Statements:
    """Values are for `%s`, in this order:

    `write` sender, receiver, urgent, envelope · `list` sender, receiver, number after which to look, how many at most ·
    `read` numbers (`reading`) · `handle` node, outcome, why, number · `old`: the last number of those an hour old ·
    `count` node, sender · `refused` node.
    """

    write: str
    list: str
    read: str
    handle: str
    old: str
    count: str
    refused: str

    def reading(self, how_many: int) -> str:
        return self.read.replace("<numbers>", ", ".join(["%s"] * how_many))

    @classmethod
    def of(cls, side: str) -> Statements:
        given = (_WRITE, _LIST, _READ, _HANDLE, _OLD, _COUNT, _REFUSED)
        return cls(*(one.replace("<outbox>", OUTBOX[side]).replace("<inbox>", INBOX[side]) for one in given))


def unread(table: str) -> str:
    """Who wrote to whom what nobody has handled for an hour, and how many rows."""
    return _UNREAD.replace("<table>", table)
