"""Whether two nodes know the same, and all that the clients were told is there once at both; by their databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from tests.faults.stream import Books

# What the two have in common: the matters of which something was handed over.
SHARED = {
    "transfers": """
        SELECT t.number, t.kind, t.origin, t.target, t.state, t.seq, o.number, r.number FROM transfer_transfer t
        JOIN intake_order o ON o.id = t.origin_order_id LEFT JOIN intake_order r ON r.id = t.target_order_id""",
    "steps": """
        SELECT t.number, s.seq, s.verb, encode(s.hash, 'hex') FROM transfer_steprow s
        JOIN transfer_transfer t ON t.id = s.transfer_id""",
    "notes": """
        SELECT n.uid::text, t.number, n.kind, n.author, n.body::text FROM transfer_noterow n
        JOIN transfer_transfer t ON t.id = n.transfer_id""",
    "orders": """
        SELECT o.number, o.desk, o.state, m.number, m.state FROM intake_order o
        JOIN intake_matter m ON m.id = o.matter_id
        WHERE EXISTS (SELECT 1 FROM transfer_transfer t WHERE t.matter_id = m.id)""",
}
# One order is one order, whatever was sent again.
TWICE = """
SELECT system, external_id FROM intake_order WHERE external_id <> '' GROUP BY 1, 2 HAVING count(*) > 1
"""
# What a node has still to do about the other; nothing of it may be left.
UNDONE = """
SELECT (SELECT count(*) FROM peers_outgoing WHERE stored_at IS NULL),
       (SELECT count(*) FROM peers_incoming WHERE state IN ('stored', 'waiting')),
       (SELECT count(*) FROM kernel_fact WHERE handled_at IS NULL AND set_aside_at IS NULL)
"""
UNDONE_CALLED = ("messages without a receipt", "messages not settled", "facts not handled")
SET_ASIDE = """
SELECT (SELECT count(*) FROM kernel_fact WHERE set_aside_at IS NOT NULL) + (SELECT count(*) FROM kernel_setaside)
"""
MESSAGES = "SELECT count(*), coalesce(sum(tries), 0) FROM peers_outgoing"
DEAD = "SELECT count(*) FROM peers_incoming WHERE state = 'dead'"
APART = "SELECT coalesce(sum(refused), 0) FROM peers_peer"
# When the first step of each hand-over took effect that came from the other node.
CAME = "SELECT subject, min(settled_at) FROM peers_incoming WHERE kind = 'step' AND state = 'applied' GROUP BY 1"
MOST_TOLD = 6


@dataclass(frozen=True)
class Known:
    """What one node knows, as sorted rows by table, and what it has still to do."""

    rows: Mapping[str, Sequence[tuple[Any, ...]]]
    undone: Mapping[str, int]


@dataclass
class Count:
    """Figures of one node that grow."""

    messages: int = 0
    tries: int = 0
    dead: int = 0
    apart: int = 0
    set_aside: int = 0

    def since(self, before: Count) -> Count:
        return Count(*(getattr(self, name) - getattr(before, name) for name in self.__dataclass_fields__))


@dataclass
class Eyes:
    """Looks into the database of one node; a connection that broke is opened anew. Raises psycopg.OperationalError."""

    url: str
    inside: Callable[[], AbstractContextManager[object]] = nullcontext
    _link: psycopg.Connection[tuple[Any, ...]] | None = field(default=None, repr=False)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        if self._link is None or self._link.closed or self._link.broken:
            with self.inside():
                self._link = psycopg.connect(self.url, autocommit=True, connect_timeout=5)
        return self._link.execute(query).fetchall()

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]

    def known(self) -> Known:
        undone = dict(zip(UNDONE_CALLED, self.rows(UNDONE)[0], strict=True))
        return Known({name: sorted(self.rows(query), key=repr) for name, query in SHARED.items()}, undone)

    def count(self) -> Count:
        messages, tries = self.rows(MESSAGES)[0]
        return Count(messages, int(tries), self.value(DEAD), int(self.value(APART)), self.value(SET_ASIDE))

    def came(self) -> dict[str, datetime]:
        """Transfer → when it was there for the desk."""
        return dict(self.rows(CAME))

    def close(self) -> None:
        if self._link is not None:
            self._link.close()


def differences(one: Known, other: Known) -> list[str]:
    """What keeps the two from being equal, in words; empty when they are and have nothing left to do."""
    told = [f"{count} {what}" for known in (one, other) for what, count in known.undone.items() if count]
    for name in SHARED:
        here, there = Counter(one.rows[name]), Counter(other.rows[name])
        told += [f"{name}: only at one node: {row}" for row in [*(here - there), *(there - here)][:MOST_TOLD]]
    return told


def missing(known: Known, books: Books) -> list[str]:
    """What the clients were told and a node has not, or has twice."""
    orders = {row[0] for row in known.rows["orders"]}
    told = [f"order {own} ({number}) is lost" for own, number in books.orders.items() if number not in orders]
    steps = {(row[0], row[1]): row[3] for row in known.rows["steps"]}
    told += [f"step {key} is lost or another" for key, digest in books.steps.items() if steps.get(key) != digest]
    texts = Counter(row[4] for row in known.rows["notes"])
    for text in books.notes:
        if (times := sum(count for body, count in texts.items() if text in body)) != 1:
            told.append(f"note {text} is there {times} times")
    desks = Counter((row[3], row[1]) for row in known.rows["orders"])
    told += [f"matter and desk {key} have {times} orders" for key, times in desks.items() if times > 1]
    return told
