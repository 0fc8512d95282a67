"""What a node tells its peers: a numbered journal for each, written in one transaction with what it tells of."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from liandong.peers.holdings import Held, Matter, Note, Order, Peer, Post, SignedStep, Store
from liandong.peers.outtray import Row, due, stored, tried, woken
from liandong.peers.pace import Pace
from liandong.peers.receipts import Receipt, receipt

NOT_NUMBERED = 0  # the serial of what is said anew all the time and needs no receipt


class Journal:
    """The journals of one node. `code` is its own; `where`: desk → node; `dice` spreads the tries."""

    def __init__(
        self, code: str, where: Mapping[str, str], store: Store, post: Post, pace: Pace, dice: random.Random
    ) -> None:
        self.code, self.where, self.store, self.post, self.pace, self.dice = code, where, store, post, pace, dice
        self.own = frozenset(desk for desk, node in where.items() if node == code)
        self.others = tuple(sorted({*where.values()} - {code}))

    def peer(self, code: str) -> Peer:
        found: Peer = self.store.get("peer", code)
        return found

    def tell(self, peer: str, kind: str, subject: str, data: Mapping[str, Any], now: datetime, *, urgent: bool) -> None:
        """Put one message into the journal for `peer`."""
        state = self.peer(peer)
        serial = state.last + 1
        raw = self._sealed(peer, state.journal, serial, kind, subject, data, urgent=urgent)
        self.store.put(f"out {peer}", serial, Row(serial, kind, subject, urgent, raw, now, now))
        self.store.put("peer", peer, replace(state, last=serial))

    def say(self, peer: str, kind: str, subject: str, data: Mapping[str, Any]) -> bytes:
        """A message outside the journal: said again by itself, so that it needs no receipt."""
        return self._sealed(peer, self.peer(peer).journal, NOT_NUMBERED, kind, subject, data, urgent=False)

    def _sealed(
        self, peer: str, journal: int, serial: int, kind: str, subject: str, data: Mapping[str, Any], *, urgent: bool
    ) -> bytes:
        return self.post.seal(
            {
                "source": self.code,
                "receiver": peer,
                "journal": journal,
                "serial": serial,
                "kind": kind,
                "subject": subject,
                "urgent": urgent,
                "data": data,
            }
        )

    def tell_circle(self, matter: Matter, item: SignedStep | Note | Order, now: datetime, *, urgent: bool) -> None:
        """Tell all other nodes of the matter's circle."""
        kind, subject = kind_of(item)
        data = item.told()
        for node in sorted(matter.circle - {self.code}):
            self.tell(node, kind, subject, data, now, urgent=urgent)

    def introduce(self, matter: Matter, newcomer: str, now: datetime) -> None:
        """A node has come into the circle: tell it all that this node has written in the matter so far."""
        for item in self.items(matter):
            if self._is_own(item):
                kind, subject = kind_of(item)
                self.tell(newcomer, kind, subject, item.told(), now, urgent=self._is_urgent(item))

    def items(self, matter: Matter) -> list[SignedStep | Note | Order]:
        """All of a matter that is held here: snapshots first, then steps and notes by transfer."""
        found: list[SignedStep | Note | Order] = [self.store.get("order", (matter.number, d)) for d in matter.desks]
        for number in matter.transfers:
            held: Held = self.store.get("transfer", number)
            found += held.steps
            found += held.notes
        return found

    def _is_own(self, item: SignedStep | Note | Order) -> bool:
        if isinstance(item, Order):
            return item.desk in self.own
        if isinstance(item, Note):
            return item.node == self.code
        return item.step.author in self.own

    def _is_urgent(self, item: SignedStep | Note | Order) -> bool:
        return isinstance(item, SignedStep) and item.step.kind == "danger"

    def outgoing(self, peer: str, now: datetime) -> list[Row]:
        """The next batch for a peer. Whoever has sent it says so with `were_sent`."""
        rows = self.store.all(f"out {peer}")
        return due(rows.values(), now, self.pace) if rows else []

    def were_sent(self, peer: str, rows: Sequence[Row], now: datetime) -> None:
        """Wait for the receipts of these before they go again. One transaction."""
        table = f"out {peer}"
        for row in rows:
            if self.store.get(table, row.serial) is not None:
                self.store.put(table, row.serial, tried(row, now, self.pace, self.dice.random()))
        self.store.commit()

    def channel_back(self, peer: str, now: datetime) -> None:
        """The channel works again: what waits for its next try is due at once. One transaction."""
        table = f"out {peer}"
        for row in list(self.store.all(table).values()):
            self.store.put(table, row.serial, woken(row, now))
        self.store.commit()

    def got_receipt(self, peer: str, got: Receipt) -> None:
        """Let go of what the peer has stored."""
        table = f"out {peer}"
        for serial in stored(self.store.all(table).values(), got, self.peer(peer).journal):
            self.store.drop(table, serial)

    def receipt_for(self, peer: str) -> bytes:
        """What of the peer's journal is stored here, as a message."""
        state = self.peer(peer)
        said = receipt(state.theirs, state.received)
        data = {"journal": said.journal, "through": said.through, "beyond": list(said.beyond)}
        return self.say(peer, "receipt", peer, data)

    def new_journal(self, peer: str, now: datetime) -> None:
        """Begin the journal for a peer anew: what lay in the old one is told again out of what is held."""
        for serial in list(self.store.all(f"out {peer}")):
            self.store.drop(f"out {peer}", serial)
        state = self.peer(peer)
        self.store.put("peer", peer, replace(state, journal=max(state.journal + 1, numbered(now)), last=0))


def numbered(now: datetime) -> int:
    """The number of a journal that begins now; 16 digits, so it stays below 2**53."""
    return int(now.timestamp() * 1_000_000)


def kind_of(item: SignedStep | Note | Order) -> tuple[str, str]:
    """The kind and subject of the message that carries the item."""
    if isinstance(item, SignedStep):
        return "step", item.step.transfer
    if isinstance(item, Note):
        return "note", item.transfer
    return "matter", item.matter
