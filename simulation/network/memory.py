"""A store in memory that keeps what was committed and forgets the rest, and keyed signatures that cost little."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from liandong.kernel.seals import sm3
from simulation.network.points import Point, Reaper

_NOTHING: Mapping[Any, Any] = {}
_ABSENT = object()
_TRADE = frozenset({"transfer", "order", "matter"})
Backup = dict[str, dict[Any, Any]]


class Memory:
    """`touched`: matters and transfers put since somebody last looked; `trade`: how often any was put at all."""

    def __init__(self, reaper: Reaper) -> None:
        self.reaper = reaper
        self.tables: Backup = {}
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        self.touched: set[tuple[str, Any]] = set()
        self.trade = 0

    def get(self, table: str, key: Any) -> Any:
        found = self.tables.get(table)
        return None if found is None else found.get(key)

    def put(self, table: str, key: Any, value: Any) -> None:
        rows = self.tables.setdefault(table, {})
        self._undo.append((rows, key, rows.get(key, _ABSENT)))
        rows[key] = value
        if table in _TRADE:
            self.touched.add((table, key))
            self.trade += 1

    def drop(self, table: str, key: Any) -> None:
        rows = self.tables.setdefault(table, {})
        if key in rows:
            self._undo.append((rows, key, rows.pop(key)))

    def all(self, table: str) -> Mapping[Any, Any]:
        return self.tables.get(table, _NOTHING)

    def commit(self) -> None:
        if not self._undo:
            return  # nothing to keep is no access to the disk
        self.reaper.at(Point.COMMIT_BEFORE)
        self._undo.clear()
        self.reaper.at(Point.COMMIT_AFTER)

    def rollback(self) -> None:
        while self._undo:
            rows, key, value = self._undo.pop()
            if value is _ABSENT:
                rows.pop(key, None)
            else:
                rows[key] = value

    def backup(self) -> Backup:
        """A copy of what is committed."""
        return {name: dict(rows) for name, rows in self.tables.items()}

    def put_back(self, backup: Backup) -> None:
        self.tables = {name: dict(rows) for name, rows in backup.items()}
        self._undo.clear()
        self.touched |= {(table, key) for table in _TRADE for key in self.tables.get(table, ())}


class KeyedPost:
    """Stands in for SM2: a digest over a secret of the node. Nobody but the node and the judge of the game knows it."""

    def __init__(self, code: str) -> None:
        self._code = code

    def seal(self, message: Mapping[str, Any]) -> bytes:
        body = orjson.dumps(message, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
        return body + _keyed(self._code, body)

    def open(self, raw: bytes) -> dict[str, Any] | None:
        """None for what cannot be trusted."""
        body, proof = raw[:-16], raw[-16:]
        try:
            message = orjson.loads(body)
            return message if trusted(message["source"], body, proof) else None
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return None

    def sign(self, digest: bytes) -> str:
        return _keyed(self._code, digest).hex()

    def proves(self, node: str, digest: bytes, proof: str) -> bool:
        return _keyed(node, digest).hex() == proof


def trusted(source: str, body: bytes, proof: bytes) -> bool:
    return _keyed(source, body) == proof


@lru_cache(maxsize=4096)  # the same bytes are sealed once and opened by several
def _keyed(code: str, content: bytes) -> bytes:
    return sm3(code.encode() + b"\x00" + content)[:16]
