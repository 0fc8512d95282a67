"""A stand-alone 110 or 12345: it takes in what its peer says by the rules of the protocol, and answers as a desk would.

Pure but for its keys: messages in, messages out, `now` from outside. Equal seed and equal messages, equal course.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from liandong.kernel.errors import LiandongError
from liandong.transfer.baton import open_verb
from liandong.transfer.errors import OutOfOrder
from liandong.transfer.notes import hear
from liandong.transfer.replica import Replica, Step, apply
from simulation.peer import desk
from simulation.peer.endpoint import Endpoint, Identity, Said
from simulation.peer.records import Numbers, letter_of, next_step, note_data, snapshot, step_data

log = logging.getLogger("liandong.peer")

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """A transfer as it stands here. `since`: when its state began here. `notes`: (after_seq, kind, body)."""

    replica: Replica
    matter: str
    origin_order: str
    steps: tuple[Step, ...] = ()
    notes: tuple[tuple[int, str, Data], ...] = ()
    since: datetime | None = None
    target_order: str = ""
    spoken: int = 0


@dataclass
class Counterpart:
    """`orders`: snapshots by number. `waiting`: steps and notes that came before what they need. `aside`: evidence."""

    me: Identity
    seed: int = 0
    manners: desk.Manners = field(default_factory=desk.Manners)
    orders: dict[str, Data] = field(default_factory=dict)
    transfers: dict[str, Held] = field(default_factory=dict)
    waiting: list[Said] = field(default_factory=list)
    aside: list[tuple[str, Said]] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Of two peers with one seed each gives numbers of its own.
        self.dice = Random(f"{self.seed} {self.me.code}")
        self.line = Endpoint(self.me, self.dice)
        self.numbers = Numbers(self.me.division, self.dice)

    def receive(self, raws: Iterable[bytes], now: datetime) -> None:
        """Keep and apply; what was waiting is tried again with each that took effect."""
        for raw in raws:
            said = self.line.take(raw)
            ready = [said] if said is not None else []
            while ready:
                if self._taken(ready.pop(0), now):
                    ready, self.waiting = [*ready, *self.waiting], []

    def act(self, now: datetime) -> None:
        """What the desk does by now of itself."""
        for held in list(self.transfers.values()):
            if held.since is not None and now >= desk.due(held.since, held.replica, self.me.desk, self.manners):
                self._act_in(held, now)

    def outgoing(self, now: datetime) -> list[bytes]:
        """A receipt, if one is owed, and what is due. What is given counts as sent."""
        rows = self.line.due(now)
        receipt = [self.line.receipt(now)] if self.line.owes else []
        self.line.owes = False
        self.line.tried(rows, now)
        return [*receipt, *(row.raw for row in rows)]

    def offer(self, title: str, now: datetime, kind: str = "divert") -> str:
        """A call came here, and it is the other desk's matter. Returns the transfer's number."""
        me, danger = self.me, kind == "danger"
        facts = {
            "linkage_number": self.numbers.next("L", now),
            "division": me.division,
            "first_desk": me.desk,
            "opened_at": now,
            **({"danger_at": now} if danger else {}),
        }
        number = self.numbers.next(letter_of(me.desk), now)
        caller = {"name": "模拟诉求人", "phone": "13500000000"}
        urgency = "danger" if danger else "ordinary"
        data = snapshot(matter=facts, number=number, desk=me.desk, title=title, now=now, urgency=urgency, caller=caller)
        self.orders[number] = data
        self.line.tell("matter", data, now, urgent=danger)
        body = {"matter": facts["linkage_number"], "target": me.peer_desk, "urgency": urgency}
        body |= {"signal": "险情"} if danger else {"reason": "按清单属贵台职责"}
        empty = Replica(self.numbers.next("T", now), kind, me.desk, me.peer_desk)
        self._step(Held(empty, str(facts["linkage_number"]), number), open_verb(kind), body, now)
        return empty.transfer

    def _taken(self, said: Said, now: datetime) -> bool:
        """Whether it took effect. What does not fit stays as evidence, and never stops what comes after it."""
        if said.envelope.newer and said.envelope.complaints:
            self.aside.append(("newer", said))
            return False  # kept and of no use yet, but no fault of the sender's
        takers = {"matter": self._take_order, "step": self._take_step, "note": self._take_note}
        try:
            return takers[said.kind](said, now) if said.kind in takers else False
        except (LiandongError, KeyError, TypeError, ValueError) as why:
            code = why.code if isinstance(why, LiandongError) else "unfit"
            self._set_aside(code, said)
            return False

    def _set_aside(self, code: str, said: Said) -> None:
        log.warning("不能采用的报文：%s（%s %s）", code, said.kind, said.envelope.subject)
        self.aside.append((code, said))
        self.line.refused[said.envelope.id] = code

    def _take_order(self, said: Said, now: datetime) -> bool:
        order = said.data["order"]
        self._must_be_theirs(order["desk"])
        known = self.orders.get(order["number"])
        if known is not None and known["snapshot"] >= said.data["snapshot"]:
            return False
        self.orders[order["number"]] = said.data
        return True

    def _must_be_theirs(self, author: str) -> None:
        """A node speaks for its own desks only."""
        if author != self.me.peer_desk:
            raise ValueError(author)

    def _take_step(self, said: Said, now: datetime) -> bool:
        step = Step.read(said.data)
        self._must_be_theirs(step.author)
        if step.digest().hex() != said.data["hash"]:
            raise ValueError("hash")
        held = self.transfers.get(step.transfer)
        if held is None:
            order = said.data.get("origin_order", "")
            if step.seq != 1 or order not in self.orders:
                self.waiting.append(said)
                return False
            empty = Replica(step.transfer, step.kind, step.author, step.body["target"])
            held = Held(empty, step.body["matter"], order)
        if step.seq <= held.replica.seq:
            if held.steps[step.seq - 1].digest() != step.digest():
                self._set_aside("history_forked", said)
            return False
        try:
            after = self.applied(held.replica, step)
        except OutOfOrder:
            self.waiting.append(said)
            return False
        self.transfers[step.transfer] = replace(
            held, replica=after, steps=(*held.steps, step), since=now, target_order=_named(said, held)
        )
        return True

    def applied(self, replica: Replica, step: Step) -> Replica:
        return apply(replica, step)

    def _take_note(self, said: Said, now: datetime) -> bool:
        held = self.transfers.get(said.data["transfer"])
        if held is None:
            self.waiting.append(said)
            return False
        note = said.data["after_seq"], said.data["kind"], said.data["body"]
        self.transfers[held.replica.transfer] = replace(held, notes=(*held.notes, note))
        return True

    def _act_in(self, held: Held, now: datetime) -> None:
        replica, title = held.replica, self._title(held)
        if replica.holder == self.me.desk:
            heard = hear((kind, body) for after, kind, body in held.notes if after == replica.seq)
            choice = desk.decide(replica, heard, title, self.manners, self.dice)
            if choice is not None:
                self._step(held, *choice, now)
        elif replica.state == "negotiating" and replica.target == self.me.desk and held.spoken < replica.seq:
            name = str(UUID(bytes=self.dice.randbytes(16), version=4))
            body = desk.position(title, self.dice)
            self.line.tell("note", note_data(name, replica, "position", self.me.desk, body, now), now)
            self.transfers[replica.transfer] = replace(held, spoken=replica.seq)

    def _title(self, held: Held) -> str:
        return str(self.orders.get(held.origin_order, {}).get("order", {}).get("title", ""))

    def _step(self, held: Held, verb: str, body: Data, now: datetime) -> None:
        urgent = held.replica.kind == "danger"
        if verb == "accept" and not held.target_order:
            held = replace(held, target_order=self._open_order(held, now))
        step = next_step(held.replica, verb, self.me.desk, body, now)
        mine = held.target_order if held.replica.target == self.me.desk else ""
        self.line.tell("step", step_data(step, held.origin_order, mine), now, urgent=urgent)
        after = apply(held.replica, step)
        self.transfers[after.transfer] = replace(held, replica=after, steps=(*held.steps, step), since=now)

    def _open_order(self, held: Held, now: datetime) -> str:
        """The receiving desk's own order of the matter, told before the acceptance that names it."""
        theirs = self.orders[held.origin_order]
        names = ("linkage_number", "division", "first_desk", "opened_at", "danger_at")
        facts = {name: theirs[name] for name in names if name in theirs}
        number = self.numbers.next(letter_of(self.me.desk), now)
        urgency, title = theirs["order"]["urgency"], theirs["order"]["title"]
        data = snapshot(matter=facts, number=number, desk=self.me.desk, title=title, now=now, urgency=urgency)
        self.orders[number] = data
        self.line.tell("matter", data, now, urgent=held.replica.kind == "danger")
        return number


def _named(said: Said, held: Held) -> str:
    return str(said.data.get("target_order") or held.target_order)
