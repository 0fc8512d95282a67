"""What a node does with messages that have arrived: one transaction a batch, receipts after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from liandong.kernel.seals import sm3
from liandong.peers import intray
from liandong.peers.acts import Acts
from liandong.peers.holdings import Aside, Order, SignedStep, note_of, order_of, step_of
from liandong.peers.intray import Verdict
from liandong.peers.journal import NOT_NUMBERED
from liandong.peers.receipts import Receipt, Received

ITEMS = frozenset({"step", "note", "matter"})
UNREADABLE = Verdict("dead", "报文的内容不符合规定的格式，请对方核对版本后重新发送。")
_MALFORMED = (KeyError, ValueError, TypeError, AttributeError, IndexError)
UNTRUSTED = "签名或结构不成立，来源不可信，已隔离。"


class Arrivals(Acts):
    def receive(self, raws: Iterable[bytes], now: datetime) -> list[tuple[str, bytes]]:
        """Judge and file a batch. One transaction; what is returned (peer, message) may go out only after it."""
        answers: list[tuple[str, bytes]] = []
        owed: dict[str, None] = {}
        for raw in raws:
            message = self.post.open(raw)
            if message is None:
                self.set_aside("", Verdict("forged", UNTRUSTED), {"subject": sm3(raw).hex(), "bytes": len(raw)})
                continue
            digest = sm3(raw) if message["serial"] != NOT_NUMBERED else b""
            verdict = self._arrived(message, digest, now, answers)
            if verdict.receipt and message["serial"] != NOT_NUMBERED:
                owed[message["source"]] = None
        self.store.commit()
        return answers + [(peer, self.receipt_for(peer)) for peer in owed]

    def _arrived(
        self, message: Mapping[str, Any], digest: bytes, now: datetime, answers: list[tuple[str, bytes]]
    ) -> Verdict:
        source, journal, serial = message["source"], message["journal"], message["serial"]
        state = self.peer(source)
        key = (journal, serial)
        before = self.store.get(f"in {source}", key) if serial else None
        known = journal == state.theirs and serial != NOT_NUMBERED and state.received.has(serial)
        verdict = intray.envelope(
            receiver=message["receiver"],
            here=self.code,
            journal=journal,
            current=state.theirs,
            digest=digest,
            before=before,
            has=known,
        )
        if verdict.decision in ("forged", "void", "conflict"):
            self.set_aside(source, verdict, message)
            return verdict
        # A greater number: the peer has begun anew. What it said before and did not reach us no longer holds.
        received = state.received
        if journal != state.theirs:
            received = Received()
            self._end_waiting(source)
        if verdict.decision == "apply" and serial != NOT_NUMBERED:
            received = received.add(serial)
            self.store.put(f"in {source}", key, digest)
        if (journal, received, now) != (state.theirs, state.received, state.heard_at):
            self.store.put("peer", source, replace(state, theirs=journal, received=received, heard_at=now))
        if verdict.decision == "duplicate":
            return verdict
        if message["kind"] in ITEMS:
            verdict = self.take_item(message, now)
        else:
            try:
                answers += self.hear(message, now)
            except _MALFORMED:
                verdict = UNREADABLE
                self.set_aside(source, verdict, message)
        return verdict

    def take_item(self, message: Mapping[str, Any], now: datetime) -> Verdict:
        """Judge what is inside a message and file it, wait with it, or set it aside."""
        try:
            verdict = _TAKERS[message["kind"]](self, message["data"], now)
        except _MALFORMED:
            verdict = UNREADABLE
        if verdict.decision == "wait":
            self.store.put("waiting", (message["source"], message["journal"], message["serial"]), message)
        elif verdict.decision in ("dead", "conflict"):
            self.set_aside(message["source"], verdict, message)
        elif verdict.decision == "apply":
            self._let_go_on(message["subject"], now)
        return verdict

    def _end_waiting(self, source: str) -> None:
        """The sender began anew: what waited here for something of its former journal is told again, or is void."""
        for key, message in list(self.store.all("waiting").items()):
            if key[0] == source:
                self.store.drop("waiting", key)
                self.set_aside(source, Verdict("void", intray.ENDED), message)

    def _let_go_on(self, subject: str, now: datetime) -> None:
        """What waited for this goes on, in whatever order it came."""
        waiting = [
            (key, message) for key, message in self.store.all("waiting").items() if message["subject"] == subject
        ]
        for key, message in waiting:
            if self.store.get("waiting", key) is not None:  # it may have gone on by another that went on
                self.store.drop("waiting", key)
                self.take_item(message, now)

    def _take_step(self, data: Mapping[str, Any], now: datetime) -> Verdict:
        signed = step_of(data)
        step = signed.step
        held = self.held(step.transfer)
        known = None
        if held is not None:
            known = held.steps[step.seq - 1].digest if step.seq <= held.replica.seq else None
        replica = held.replica if held is not None else None
        if held is None and step.seq == 1:
            replica = intray.unopened(step)
        verdict = intray.step(replica, known, step, signed.digest, proven=self._proven(signed))
        if verdict.decision == "apply":
            self.file_step(signed, now)
        return verdict

    def _proven(self, signed: SignedStep) -> bool:
        node = self.where.get(signed.step.author)
        return node is not None and self.post.proves(node, signed.digest, signed.proof)

    def _take_note(self, data: Mapping[str, Any], now: datetime) -> Verdict:
        note = note_of(data)
        held = self.held(note.transfer)
        same = next((n for n in held.notes if n.name == note.name), None) if held is not None else None
        verdict = intray.note(
            transfer_known=held is not None,
            held=same.digest if same is not None else None,
            digest=note.digest,
            proven=self.where.get(note.author, note.node) == note.node
            and self.post.proves(note.node, note.digest, note.proof),
        )
        if verdict.decision == "apply":
            self.file_note(note)
        return verdict

    def _take_order(self, data: Mapping[str, Any], now: datetime) -> Verdict:
        order = order_of(data)
        held: Order | None = self.store.get("order", (order.matter, order.desk))
        verdict = intray.snapshot(
            (held.revision, held.digest) if held is not None else None,
            order.revision,
            order.digest,
            proven=self.post.proves(self.where[order.desk], order.digest, order.proof),
        )
        if verdict.decision == "apply":
            self.file_order(order, now)
        return verdict

    def set_aside(self, source: str, verdict: Verdict, message: Mapping[str, Any]) -> None:
        """Keep it with the reason for a person. The same message again is the same case."""
        key = (verdict.decision, source, message.get("journal"), message.get("serial"), message.get("subject"))
        if self.store.get("aside", key) is None:
            self.store.put("aside", key, Aside(source, verdict.decision, verdict.why, message))

    def hear(self, message: Mapping[str, Any], now: datetime) -> list[tuple[str, bytes]]:
        """What is not an item. Returns answers (peer, message) that need no journal."""
        if message["kind"] == "receipt":
            data = message["data"]
            self.got_receipt(
                message["source"], Receipt(data["journal"], data["through"], tuple(data.get("beyond", ())))
            )
        return []


_TAKERS = {"step": Arrivals._take_step, "note": Arrivals._take_note, "matter": Arrivals._take_order}
