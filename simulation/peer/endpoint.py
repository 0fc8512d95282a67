"""One node's end of the line to one peer, in memory: its journal, what it has stored, and what it refused. Pure.

The conformance kit and the simulated peer speak through it. The envelope, the trays and the receipts are the real ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from liandong.kernel.errors import LiandongError
from liandong.kernel.keys import KeyProvider
from liandong.peers import outtray
from liandong.peers.envelope import (
    UNNUMBERED,
    Envelope,
    Heading,
    PeerKey,
    build,
    check,
    message_id,
    opened,
    parse,
    verify,
)
from liandong.peers.errors import DataUnfit, OtherSource, WrongReceiver
from liandong.peers.keyring import Keyring
from liandong.peers.outtray import Row
from liandong.peers.pace import Pace
from liandong.peers.receipts import Receipt, Received

# An imitated node hurries: whoever tries something out does not wait for minutes.
PACE = Pace(
    first=timedelta(seconds=3),
    cap=timedelta(minutes=1),
    jitter=0.1,
    window=200,
    heartbeat=timedelta(seconds=30),
    degraded=timedelta(seconds=90),
    offline=timedelta(minutes=5),
    stuck=timedelta(minutes=30),
    skew=timedelta(minutes=5),
)
JOURNAL = 0


@dataclass(frozen=True, slots=True)
class Identity:
    """Who speaks to whom: codes of nodes and desks, the own keys, the public keys of the peer by key id."""

    code: str
    desk: str
    peer: str
    peer_desk: str
    keys: KeyProvider
    signing: str
    known: Mapping[str, PeerKey]
    division: str = "140900"

    @property
    def ring(self) -> Keyring:
        return Keyring(self.code, self.keys, self.signing, self.known)


@dataclass(frozen=True, slots=True)
class Said:
    """A message that came: its envelope and its data with the personal fields in place."""

    envelope: Envelope
    data: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return self.envelope.kind


@dataclass(frozen=True, slots=True)
class Refusal:
    code: str
    message: str
    raw: bytes


MOMENT = 13  # characters of a UUID of version 7 that say when it was made: milliseconds


@dataclass
class Endpoint:
    """`seen`: what a message id stands for. `conflicts`: one id with a second content. `owes`: a receipt is due.

    `refused`: what takes no effect here, message id → code; `refused_there`: the same by the peer's latest receipt.
    `theirs`: the number of its journal of which `received` tells.
    """

    me: Identity
    dice: Random
    serial: int = 0
    rows: dict[int, Row] = field(default_factory=dict)
    theirs: int = 0
    received: Received = field(default_factory=Received)
    seen: dict[str, bytes] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    conflicts: list[Said] = field(default_factory=list)
    receipts: list[Said] = field(default_factory=list)
    owes: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    refused_there: dict[str, str] = field(default_factory=dict)

    def tell(self, kind: str, data: Mapping[str, Any], now: datetime, *, urgent: bool = False) -> Row:
        """The next message of the journal, which goes until a receipt names it."""
        self.serial += 1
        raw = self.write(kind, data, now, serial=self.serial, urgent=urgent)
        row = Row(self.serial, kind, "", urgent, raw, now, now)
        self.rows[self.serial] = row
        return row

    def write(
        self, kind: str, data: Mapping[str, Any], now: datetime, *, serial: int, urgent: bool = False, name: str = ""
    ) -> bytes:
        """The bytes of a message; nothing remembers it. `name`: its id, else a new one."""
        me = self.me
        head = Heading(
            name or message_id(now, self.dice.randbytes(10)), me.code, me.peer, serial, now, me.signing, urgent=urgent
        )
        return build(kind, data, head, me.keys, me.ring.recipient(me.peer))

    def due(self, now: datetime) -> list[Row]:
        return outtray.due(self.rows.values(), now, PACE)

    def tried(self, rows: list[Row], now: datetime) -> None:
        for row in rows:
            if row.serial in self.rows:
                self.rows[row.serial] = outtray.tried(row, now, PACE, self.dice.random())

    def receipt(self, now: datetime) -> bytes:
        """All that was ever stored here."""
        refused = [{"id": name, "code": code} for name, code in self.refused.items()]
        of = {"journal": self.theirs} if self.theirs else {}
        data = {
            **of,
            "stored_through": self.received.through,
            "stored": sorted(self.received.beyond),
            "refused": refused,
        }
        return self.write("receipt", data, now, serial=0)

    def take(self, raw: bytes) -> Said | None:
        """What the message brings; None for what is refused, known already, or only a receipt or a heartbeat."""
        try:
            said = self.read(raw)
        except LiandongError as why:
            self.refusals.append(Refusal(why.code, why.message, raw))
            self._set_apart(raw, why.code)
            return None
        if said.kind in UNNUMBERED:
            if said.kind == "receipt":
                self._hear_receipt(said)
            return None
        if said.envelope.journal < self.theirs:
            return None  # said before the other side began anew
        if said.envelope.journal > self.theirs:
            self.theirs, self.received = said.envelope.journal, Received()
        self.refused.pop(said.envelope.id, None)
        self.owes = True
        self.received = self.received.add(said.envelope.serial)
        return said if self.is_new(said) else None

    def is_new(self, said: Said) -> bool:
        """Whether it says what has not been said; one id with a second content is evidence and no message."""
        name, digest = said.envelope.id, said.envelope.digest
        if name not in self.seen:
            self.seen[name] = digest
            return True
        if self.seen[name] != digest:
            self.conflicts.append(said)
            self.refused[name] = "conflict"
        return False

    def _set_apart(self, raw: bytes, code: str) -> None:
        """Tell its sender, where one can see who that might be; under a known id somebody else made it."""
        try:
            envelope = parse(raw)
        except LiandongError:
            return
        if envelope.source == self.me.peer and envelope.receiver == self.me.code and envelope.id not in self.seen:
            self.refused[envelope.id] = code
            self.owes = True

    def _hear_receipt(self, said: Said) -> None:
        """What the later receipt refuses counts. Of two of one millisecond nobody can say which that is, so both do."""
        told = {one["id"]: one["code"] for one in said.data["refused"]}
        written, last = said.envelope.id[:MOMENT], max((one.envelope.id[:MOMENT] for one in self.receipts), default="")
        if written >= last:
            self.refused_there = {**self.refused_there, **told} if written == last else told
        self.receipts.append(said)
        self.hear(said.data)

    def read(self, raw: bytes) -> Said:
        """The message, looked at in the order of the protocol. Raises what `envelope.read` and `opened` raise."""
        envelope = parse(raw)
        self.must_be_ours(envelope)
        verify(envelope, self.me.known, self.me.keys)
        check(envelope)
        if envelope.kind in UNNUMBERED and envelope.complaints:
            raise DataUnfit(envelope.complaints)
        return Said(envelope, opened(envelope, self.me.keys))

    def must_be_ours(self, envelope: Envelope) -> None:
        if envelope.receiver != self.me.code:
            raise WrongReceiver(receiver=envelope.receiver, me=self.me.code)
        if envelope.source != self.me.peer:
            raise OtherSource(source=envelope.source)

    def hear(self, data: Mapping[str, Any]) -> None:
        """What the peer has stored needs not go again; a receipt for more than was sent says nothing."""
        got = Receipt(JOURNAL, data["stored_through"], tuple(data["stored"]))
        if max(got.through, *got.beyond, 0) > self.serial:
            return
        for serial in outtray.stored(self.rows.values(), got, JOURNAL):
            del self.rows[serial]
