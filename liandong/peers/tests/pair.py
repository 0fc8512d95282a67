"""Two nodes in memory, every message carried by hand."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from liandong.kernel.seals import sm3
from liandong.peers.correspondence import Correspondence
from liandong.peers.tests.test_outtray import PACE
from liandong.transfer.states import CLOCKS

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
WHERE = {"12345": "city", "110": "police"}
Tables = dict[str, dict[Any, Any]]


class Rows:
    """A store that keeps everything at once: what a crash does is the simulation's question."""

    def __init__(self) -> None:
        self._tables: Tables = {}

    def get(self, table: str, key: Any) -> Any:
        return self._tables.get(table, {}).get(key)

    def put(self, table: str, key: Any, value: Any) -> None:
        self._tables.setdefault(table, {})[key] = value

    def drop(self, table: str, key: Any) -> None:
        self._tables.get(table, {}).pop(key, None)

    def all(self, table: str) -> Mapping[Any, Any]:
        return self._tables.get(table, {})

    def commit(self) -> None: ...
    def rollback(self) -> None: ...

    def backup(self) -> Tables:
        return {name: dict(rows) for name, rows in self._tables.items()}

    def put_back(self, backup: Tables) -> None:
        self._tables = {name: dict(rows) for name, rows in backup.items()}


class Plain:
    """A post that trusts what says where it comes from."""

    def __init__(self, code: str) -> None:
        self._code = code

    def seal(self, message: Mapping[str, Any]) -> bytes:
        return orjson.dumps(message, option=orjson.OPT_SORT_KEYS)

    def open(self, raw: bytes) -> dict[str, Any] | None:
        found: dict[str, Any] = orjson.loads(raw)
        return found

    def sign(self, digest: bytes) -> str:
        return sm3(self._code.encode() + digest).hex()

    def proves(self, node: str, digest: bytes, proof: str) -> bool:
        return sm3(node.encode() + digest).hex() == proof


def limits(kind: str, verb: str, state: str, urgency: str, now: datetime) -> Mapping[str, datetime]:
    return {clock: now + timedelta(hours=2) for clock in CLOCKS.get(state, ())}


class Pair:
    def __init__(self) -> None:
        self.stores = {"city": Rows(), "police": Rows()}
        self.city, self.police = self._node("city"), self._node("police")
        self._said: list[tuple[str, bytes]] = []

    def _node(self, code: str) -> Correspondence:
        node = Correspondence(code, WHERE, self.stores[code], Plain(code), PACE, random.Random(1))
        node.limits, node.police, node.most_refusals, node.most_urges = limits, "110", 3, 2
        node.start(NOW)
        return node

    def say(self, source: str, raw: bytes) -> None:
        self._said.append(("police" if source == "city" else "city", raw))

    def exchange(self, now: datetime = NOW) -> None:
        """Carry all there is to carry, until there is nothing more."""
        nodes = {"city": self.city, "police": self.police}
        for _ in range(20):
            for code, node in nodes.items():
                peer = "police" if code == "city" else "city"
                for row in node.outgoing(peer, now):
                    self._said.append((peer, row.raw))
                self._said += node.asks()
            if not self._said:
                return
            said, self._said = self._said, []
            for to, raw in said:
                self._said += nodes[to].receive([raw], now)
        raise AssertionError("they never come to an end")
