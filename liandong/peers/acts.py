"""What the desks of a node do, and what their clocks do for them. Each is one transaction with its telling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from liandong.identity.errors import HeldBack
from liandong.kernel.canonical import canonical
from liandong.kernel.errors import Conflict, LiandongError
from liandong.kernel.seals import sm3
from liandong.peers.filing import PENDING, Filing
from liandong.peers.holdings import Held, Matter, Note, Order, SignedStep
from liandong.peers.standings import (
    acts_here,
    came_back,
    heard,
    responsible_for,
    sendings_back,
)
from liandong.transfer.baton import FOLLOWS, Around, check, compose, open_verb, rewritten
from liandong.transfer.errors import NotYours, TargetUnfit
from liandong.transfer.notes import Speaker, check_note
from liandong.transfer.replica import Replica
from liandong.transfer.states import KINDS, edge_for

ANY_TIME = frozenset({"danger", "clue"})
CLOCK = "时钟"


class Acts(Filing):
    """`police`: the city's 110 desk, to which every danger goes. `most_refusals`, `most_urges`: numbers of the city."""

    police: str
    most_refusals: int
    most_urges: int

    def call(self, desk: str, urgency: str, now: datetime) -> str:
        """A new matter at an own desk; a danger is on its way to 110 in the same transaction. Returns its number."""
        number = f"M{self._next('matters', now)}"
        matter = Matter(number, desk, now, frozenset({self.code}))
        self.store.put("matter", number, matter)
        self.write_order(matter, desk, "handling", now)
        if urgency == "danger" and desk != self.police:
            self._open(self._known(number), desk, "danger", self.police, {"signal": "险情"}, now)
        self.store.commit()
        return number

    def danger(self, desk: str, matter: str, now: datetime) -> str:
        """A danger was signalled in a matter: it goes to 110 at once, beside whatever runs. Returns its transfer."""
        known = self._known(matter)
        running = [t for t in self.transfers_of(known) if t.replica.kind == "danger" and t.replica.origin == desk]
        for held in running:
            if not held.replica.ended:
                self._note(held, desk, "supplement", {"text": "险情"}, now)
                self.store.commit()
                return held.replica.transfer
        beside = bool(known.transfers) or self.store.get("order", (matter, desk)).state != "handling"
        body = {"signal": "险情", **({"beside": True} if beside else {})}
        made = self._open(known, desk, "danger", self.police, body, now)
        self.store.commit()
        return made.replica.transfer

    def offer(self, desk: str, matter: str, kind: str, target: str, body: Mapping[str, Any], now: datetime) -> str:
        """Hand a matter over. Raises HeldBack, NotYours, TargetUnfit, Conflict. Returns the transfer's number."""
        made = self._offer(desk, matter, kind, target, body, now)
        self.store.commit()
        return made.replica.transfer

    def relay_onward(self, desk: str, transfer: str, kind: str, target: str, now: datetime) -> str:
        """The middle desk accepts and hands on in one act (S3.2). Returns the onward transfer's number."""
        held = self._at(transfer)
        try:
            self._step(held, "accept", desk, {}, now)
            made = self._offer(desk, held.matter, kind, target, {"reason": "转派"}, now)
        except LiandongError:
            self.store.rollback()
            raise
        self.store.commit()
        return made.replica.transfer

    def take(self, transfer: str, verb: str, desk: str, body: Mapping[str, Any], now: datetime) -> None:
        """Take a step. Raises HeldBack and what `baton.check` raises."""
        self._step(self._at(transfer), verb, desk, body, now)
        self.store.commit()

    def note(self, transfer: str, kind: str, author: str, body: Mapping[str, Any], now: datetime) -> None:
        """Write a note, as a desk or (a ruling) as the conference. Raises what `check_note` raises."""
        held = self._at(transfer, also_held_back=True)
        replica = held.replica
        sides: dict[str, Speaker] = {replica.origin: "origin", replica.target: "target", "conference": "conference"}
        check_note(kind, sides.get(author), replica.kind, str(replica.state), body)
        self._note(held, author, kind, body, now)
        self.store.commit()

    def close(self, desk: str, matter: str, now: datetime) -> None:
        """The desk ends its own order: answered, and nothing of it is with anybody. Raises Conflict, HeldBack."""
        known = self._known(matter)
        if self.held_back(matter):
            raise HeldBack
        order: Order | None = self.store.get("order", (matter, desk))
        busy = any(
            not t.replica.ended and (t.replica.origin == desk or (t.replica.target == desk and t.replica.target_duty))
            for t in self.transfers_of(known)
        )
        if order is None or order.state != "handling" or busy:
            raise Conflict
        self.write_order(known, desk, "closed", now)
        self.store.commit()

    def clocks_due(self, now: datetime) -> list[tuple[str, str]]:
        """(transfer, clock) that ran out here and may act."""
        return [
            (number, clock)
            for number, held in self.store.all("transfer").items()
            for clock, at in held.clocks.items()
            if at <= now and not self.held_back(held.matter)
        ]

    def ran_out(self, transfer: str, clock: str, now: datetime) -> None:
        """One clock ran out: act alone where it acts, else urge. One transaction; too early, without effect."""
        held = self._at(transfer)
        at = held.clocks.get(clock)
        if at is None or at > now:
            return
        verb = self._verb_of_clock(held, clock)
        if verb is not None and acts_here(clock, held, self.own):
            self._step(held, verb, held.replica.origin, {"silent": True}, now)
        else:
            self._urge(held, clock, now)
        self.store.commit()

    def _verb_of_clock(self, held: Held, clock: str) -> str | None:
        if clock == "settle_by":
            ruling = heard(held).ruling
            return FOLLOWS[ruling] if ruling else "fall_back"
        return {"decide_by": "take_back", "confirm_by": "confirm"}.get(clock)

    def _urge(self, held: Held, clock: str, now: datetime) -> None:
        """Say it, count it, start the clock again; after enough urges ask to withdraw what nobody signs."""
        replica = held.replica
        here = replica.origin if replica.origin in self.own and clock != "conclude_by" else replica.target
        asks = (
            clock == "accept_by"
            and here == replica.origin
            and replica.state == "offered"
            and KINDS[replica.kind].withdrawable
            and held.silent >= self.most_urges
            and not heard(held).withdraw_asked
        )
        self._note(held, here, "urge", {"clock": clock, "times": held.silent + 1}, now)
        if asks:
            self._note(self._at(replica.transfer), here, "withdraw", {"text": "逾期未签收"}, now)
        state = str(replica.state)
        again = self.limits(replica.kind, held.steps[-1].step.verb, state, held.urgency, now)
        held = self._at(replica.transfer)
        clocks = {**held.clocks, clock: again[clock]}
        self.store.put("transfer", replica.transfer, replace(held, clocks=clocks, silent=held.silent + 1))

    def react(self, now: datetime) -> None:
        """What a middle desk passes along and a node releases without anybody's hand. One transaction each."""
        waiting: tuple[tuple[str, str], ...] = self.store.get("meta", PENDING) or ()
        kept = []
        while waiting:
            (transfer, verb), waiting = waiting[0], waiting[1:]
            if self.held_back(self._at(transfer, also_held_back=True).matter):
                kept.append((transfer, verb))
                continue
            self.store.put("meta", PENDING, (*kept, *waiting))
            self._pass_along(self._at(transfer), verb, now)
            self.store.commit()
            waiting = (self.store.get("meta", PENDING) or ())[len(kept) :]

    def _pass_along(self, held: Held, verb: str, now: datetime) -> None:
        replica = held.replica
        family = self.transfers_of(self._known(held.matter))
        if verb == "withdraw" and replica.target in self.own:
            if replica.state == "offered" and heard(held).withdraw_asked:
                self._step(held, "release", replica.target, {"silent": True}, now)
            return
        below = [t for t in family if t.parent == replica.transfer and not t.replica.ended]
        if verb == "conclude" and held.parent is not None:
            self._pass_up(held, family, now)
        if replica.kind == "relay" and replica.target in self.own and verb in ("not_solved", "confirm"):
            fits = {"not_solved": "accepted", "confirm": "confirmed"}[verb] == replica.state
            for child in below if fits else ():
                if child.replica.state == "concluded":
                    said = held.steps[-1].step.body
                    self._step(child, verb, child.replica.origin, {**said, "passed_from": replica.transfer}, now)

    def _pass_up(self, held: Held, family: list[Held], now: datetime) -> None:
        above = self.held(str(held.parent))
        if held.replica.state != "concluded" or above is None or above.replica.kind != "relay":
            return
        if above.replica.state != "accepted" or above.replica.target not in self.own:
            return
        siblings = [t.replica for t in family if t.parent == held.parent and not t.replica.ended]
        if all(sibling.state == "concluded" for sibling in siblings):
            body = {**held.steps[-1].step.body, "passed_from": held.replica.transfer}
            self._step(above, "conclude", above.replica.target, body, now)

    def _known(self, matter: str) -> Matter:
        found = self.matter(matter)
        if found is None:
            raise NotYours
        return found

    def _at(self, transfer: str, *, also_held_back: bool = False) -> Held:
        held = self.held(transfer)
        if held is None:
            raise NotYours
        if not also_held_back and self.held_back(held.matter):
            raise HeldBack
        return held

    def _next(self, what: str, now: datetime) -> str:
        """A number that no node and no earlier life of this node has given: it names the life, then counts."""
        life, count = self.store.get("meta", "life") or 0, (self.store.get("meta", what) or 0) + 1
        self.store.put("meta", what, count)
        return f"{self.code}-{life}-{count}"

    def _offer(self, desk: str, matter: str, kind: str, target: str, body: Mapping[str, Any], now: datetime) -> Held:
        known = self._known(matter)
        if self.held_back(matter):
            raise HeldBack
        transfers = self.transfers_of(known)
        order: Order | None = self.store.get("order", (matter, desk))
        if order is None or order.state == "closed":
            raise NotYours
        running = [t.replica for t in transfers if not t.replica.ended]
        if any((r.kind, r.origin, r.target) == (kind, desk, target) for r in running):
            raise Conflict
        if kind not in ANY_TIME:
            if desk not in responsible_for(known.first_desk, transfers):
                raise NotYours
            if KINDS[kind].passes and (
                order.state != "handling" or any(r.target == desk and r.origin == target for r in running)
            ):
                raise TargetUnfit
        return self._open(known, desk, kind, target, body, now)

    def _open(self, matter: Matter, desk: str, kind: str, target: str, said: Mapping[str, Any], now: datetime) -> Held:
        """The first step; it says all that another node needs to know of the transfer, so that it never waits there."""
        parent = next(
            (
                t.replica.transfer
                for t in self.transfers_of(matter)
                if t.replica.target == desk and t.replica.target_duty and not t.replica.ended
            ),
            None,
        )
        urgency = "danger" if kind == "danger" else "general"
        body = {
            **said,
            "matter": matter.number,
            "first_desk": matter.first_desk,
            "opened_at": canonical(matter.opened_at).decode().strip('"'),
            "target": target,
            "urgency": urgency,
            **({"parent": parent} if parent else {}),
        }
        number = f"T{self._next('transfers', now)}"
        empty = Replica(transfer=number, kind=kind, origin=desk, target=target)
        return self._make(empty, open_verb(kind), desk, body, urgency, now)

    def _step(self, held: Held, verb: str, desk: str, said: Mapping[str, Any], now: datetime) -> None:
        family = self.transfers_of(self._known(held.matter))
        passed_back = came_back(held, family) if verb == "hand_back" else ""
        last = held.steps[-1].step
        around = Around(
            heard=heard(held),
            refusals=sendings_back(family),
            limit=self.most_refusals,
            settle_by=last.deadlines.get("settle_by"),
            objection_until=last.deadlines.get("objection_until"),
            onward_came_back=bool(passed_back),
        )
        check(held.replica, verb, desk, said, around, now)
        if verb == "conclude" and any(
            t.parent == held.replica.transfer and not t.replica.ended and t.replica.state != "concluded" for t in family
        ):
            raise Conflict
        verb = rewritten(verb, around, came_back=bool(passed_back))
        # Other nodes count the refusals of the matter too, so the step says that it is none.
        body = {**said, "passed_from": passed_back} if passed_back else said
        self._make(held.replica, verb, desk, body, held.urgency, now)

    def _make(
        self, replica: Replica, verb: str, desk: str, body: Mapping[str, Any], urgency: str, now: datetime
    ) -> Held:
        state = edge_for(replica.kind, replica.state, verb).target
        deadlines = self.limits(replica.kind, verb, state, urgency, now)
        step = compose(replica, verb, desk, CLOCK if body.get("silent") else desk, body, deadlines, now)
        digest = step.digest()
        signed = SignedStep(step, digest, self.post.sign(digest))
        held = self.file_step(signed, now)
        self.tell_circle(self._known(held.matter), signed, now, urgent=step.kind == "danger")
        return held

    def _note(self, held: Held, author: str, kind: str, body: Mapping[str, Any], now: datetime) -> None:
        replica = held.replica
        life = self.store.get("meta", "life") or 0
        count = sum(1 for n in held.notes if n.author == author and n.node == self.code and n.number[0] == life)
        note = Note(replica.transfer, author, self.code, (life, count + 1), kind, now, replica.seq, body)
        digest = sm3(canonical(note.content()))
        note = replace(note, digest=digest, proof=self.post.sign(digest))
        self.file_note(note)
        self.tell_circle(self._known(held.matter), note, now, urgent=replica.kind == "danger")
