"""Puts steps, notes and snapshots into what the node holds, with all that follows; own and foreign ones alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from liandong.kernel.canonical import canonical
from liandong.kernel.seals import sm3
from liandong.peers.holdings import Held, Matter, Note, Order, SignedStep
from liandong.peers.journal import Journal, numbered
from liandong.peers.ledger import Head
from liandong.peers.standings import clocks_here, order_state
from liandong.transfer.replica import Replica, Step, apply

Limits = Callable[[str, str, str, str, datetime], Mapping[str, datetime]]
OFF, PENDING = "held back", "pending"


class Filing(Journal):
    """`limits(kind, verb, state, urgency, now)` says which clocks a step starts; set from outside."""

    limits: Limits

    def matter(self, number: str) -> Matter | None:
        found: Matter | None = self.store.get("matter", number)
        return found

    def held(self, transfer: str) -> Held | None:
        found: Held | None = self.store.get("transfer", transfer)
        return found

    def transfers_of(self, matter: Matter) -> list[Held]:
        return [self.store.get("transfer", number) for number in matter.transfers]

    def held_back(self, matter: str) -> bool:
        """Whether the node was restored from a backup and may not yet act in this matter: its peers may know more.

        In its own new matters it may, and in those that others opened after its new life began: of them its former life
        can have said nothing. Clocks differ, each by as much as the city allows.
        """
        if not self.store.get("meta", OFF):
            return False
        known: Matter | None = self.matter(matter)
        life: int = self.store.get("meta", "life")
        if known is None or matter.startswith(f"M{self.code}-{life}-"):
            return False
        return numbered(known.opened_at - 2 * self.pace.skew) <= life

    def file_step(self, signed: SignedStep, now: datetime) -> Held:
        """Apply a step. Raises what `replica.apply` raises; then nothing was put."""
        step = signed.step
        held = self.held(step.transfer) or _opened(step)
        after = apply(held.replica, step, signed.digest)
        held = replace(held, replica=after, steps=(*held.steps, signed), silent=0)
        held = replace(held, clocks=clocks_here(held, self.own))
        self.store.put("transfer", step.transfer, held)
        matter = self._gather(held, step, now)
        self._link(signed.digest)
        self.store.put("meta", PENDING, (*(self.store.get("meta", PENDING) or ()), (step.transfer, step.verb)))
        if not self.held_back(matter.number):
            self.settle_orders(matter, now)
        return held

    def file_note(self, note: Note) -> None:
        held = self.held(note.transfer)
        if held is None:
            raise KeyError(note.transfer)
        self.store.put("transfer", note.transfer, replace(held, notes=(*held.notes, note)))
        self._link(note.digest)
        if note.kind == "withdraw":
            self.store.put("meta", PENDING, (*(self.store.get("meta", PENDING) or ()), (note.transfer, note.kind)))

    def file_order(self, order: Order, now: datetime) -> None:
        self.store.put("order", (order.matter, order.desk), order)
        self._link(order.digest)
        self._join(order.matter, order.first_desk, order.opened_at, (order.desk,), now, desk=order.desk)

    def _gather(self, held: Held, step: Step, now: datetime) -> Matter:
        """The matter the step belongs to; the first step of a transfer brings its desks into the matter's circle."""
        known = self.matter(held.matter)
        if step.seq > 1 and known is not None:
            return known
        body = step.body
        opened = known.opened_at if known else datetime.fromisoformat(body["opened_at"])
        desks = (held.replica.origin, held.replica.target)
        return self._join(held.matter, body["first_desk"], opened, desks, now, transfer=step.transfer)

    def _join(
        self,
        number: str,
        first_desk: str,
        opened_at: datetime,
        parties: tuple[str, ...],
        now: datetime,
        *,
        transfer: str = "",
        desk: str = "",
    ) -> Matter:
        before = self.matter(number) or Matter(number, first_desk, opened_at, frozenset({self.where[first_desk]}))
        newcomers = {self.where[party] for party in (first_desk, *parties)} - before.circle
        after = Matter(
            number,
            before.first_desk,
            before.opened_at,
            before.circle | newcomers,
            before.transfers if not transfer or transfer in before.transfers else (*before.transfers, transfer),
            before.desks if not desk or desk in before.desks else (*before.desks, desk),
        )
        self.store.put("matter", number, after)
        for node in sorted(newcomers - {self.code}):
            # What is being filed just now is told to the whole circle by whoever made it.
            self.introduce(before, node, now)
        return after

    def settle_orders(self, matter: Matter, now: datetime) -> None:
        """Let the orders of the own desks say what the transfers say."""
        transfers = self.transfers_of(matter)
        for desk in sorted({d for t in transfers for d in (t.replica.origin, t.replica.target)} & self.own):
            order: Order | None = self.store.get("order", (matter.number, desk))
            state = order_state(desk, matter.first_desk, order.state if order else None, transfers)
            if state is not None and (order is None or state != order.state):
                self.write_order(matter, desk, state, now)

    def write_order(self, matter: Matter, desk: str, state: str, now: datetime) -> None:
        """A new revision of an own desk's order, told to the circle."""
        before: Order | None = self.store.get("order", (matter.number, desk))
        revision = max(before.revision + 1 if before else 1, self.store.get("meta", "revisions from") or 1)
        order = Order(matter.number, desk, revision, state, matter.first_desk, matter.opened_at, now)
        digest = sm3(canonical(order.content()))
        order = replace(order, digest=digest, proof=self.post.sign(digest))
        self.file_order(order, now)
        known = self.matter(matter.number)
        if known is not None:
            self.tell_circle(known, order, now, urgent=False)

    def _link(self, digest: bytes) -> None:
        """Lengthen the node's own chain, the head of which is deposited with the peers."""
        head: Head = (self.store.get("meta", "head") or Head()).then(digest)
        self.store.put("link", head.count, (digest, head.head))
        self.store.put("meta", "head", head)


def _opened(step: Step) -> Held:
    """A transfer before its first step, which names all that must be known of it."""
    body: Mapping[str, Any] = step.body
    return Held(
        replica=Replica(transfer=step.transfer, kind=step.kind, origin=step.author, target=body["target"]),
        matter=body["matter"],
        parent=body.get("parent"),
        beside=bool(body.get("beside", False)),
        urgency=body["urgency"],
    )
