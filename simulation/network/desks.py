"""What people at the desks do, by chance: whatever the rules allow, sensible or not."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from liandong.kernel.errors import LiandongError
from liandong.peers.correspondence import Correspondence
from liandong.peers.holdings import Held, Matter
from liandong.peers.standings import heard
from liandong.transfer.baton import AT_LIMIT, FOLLOWS
from liandong.transfer.paths import PATHS
from liandong.transfer.states import TRANSFER

KIND_OF_DESK = {"12345": "city_12345", "110": "city_110", "county": "county_110", "hotline": "hotline"}
SAID = {"code": "其他", "basis": "清单", "result": "已办", "text": "办理情况", "reason": "归口"}
_WAYS = sorted((kind, origin, target) for kind, pairs in PATHS.items() for origin, target in pairs)
# What brings an open transfer to its end by the straight road.
STRAIGHT = {
    "offered": "accept",
    "refused": "take_back",
    "negotiating": "settle",
    "awarded": "accept",
    "accepted": "conclude",
    "handed_back": "take_back",
    "concluded": "confirm",
}


class Desks:
    """All people of one node."""

    def __init__(self, node: Correspondence, dice: random.Random, most_matters: int) -> None:
        self.node, self._dice, self._most = node, dice, most_matters
        self._desks = sorted(node.own)

    def move(self, now: datetime) -> None:
        """One act by chance; what the rules refuse is not done."""
        matters = list(self.node.store.all("matter").values())
        try:
            if not matters or (len(matters) < self._most and self._dice.random() < 0.25):
                urgency = "danger" if self._dice.random() < 0.2 else "general"
                self.node.call(self._dice.choice(self._desks), urgency, now)
                return
            matter = self._dice.choice(matters)
            chance = self._dice.random()
            if chance < 0.55 and matter.transfers:
                self._step(matter, now)
            elif chance < 0.70 and matter.transfers:
                self._note(matter, now)
            elif chance < 0.92:
                self._hand_over(matter, now)
            elif chance < 0.96:
                self._danger(matter, now)
            else:
                self.node.close(self._dice.choice(self._desks), matter.number, now)
        except LiandongError:
            self.node.store.rollback()

    def _any(self, matter: Matter) -> Held:
        found: Held = self.node.store.get("transfer", self._dice.choice(matter.transfers))
        return found

    def _step(self, matter: Matter, now: datetime) -> None:
        held = self._any(matter)
        replica = held.replica
        if replica.holder is None or replica.holder not in self.node.own:
            return
        verbs = [edge.verb for edge in TRANSFER.out_of(str(replica.state)) if edge.verb not in AT_LIMIT]
        verb = self._dice.choice(verbs)
        if verb == "accept" and replica.kind == "relay" and self._dice.random() < 0.7:
            kind, target = self._dice.choice((("divert", "12345"), ("divert", "hotline"), ("unclear", "12345")))
            if target in self.node.where:
                self.node.relay_onward(replica.holder, replica.transfer, kind, target, now)
                return
        self.node.take(replica.transfer, verb, replica.holder, SAID, now)

    def _note(self, matter: Matter, now: datetime) -> None:
        held = self._any(matter)
        replica, body = held.replica, dict[str, Any](SAID)
        body["text"] = f"{self._dice.random()}"
        if replica.target in self.node.own and replica.state == "negotiating":
            body["position"] = self._dice.choice(("target", "target", "joint", "no"))
            self.node.note(replica.transfer, "position", replica.target, body, now)
        elif replica.origin in self.node.own and replica.state == "negotiating" and "12345" in self.node.own:
            body["ruling"] = self._dice.choice(sorted(FOLLOWS))
            self.node.note(replica.transfer, "ruling", "conference", body, now)
        elif replica.origin in self.node.own and replica.state == "offered":
            self.node.note(replica.transfer, "withdraw", replica.origin, body, now)
        else:
            author = replica.origin if replica.origin in self.node.own else replica.target
            if author in self.node.own:
                kind = self._dice.choice(("urge", "supplement", "progress"))
                self.node.note(replica.transfer, kind, author, body, now)

    def _hand_over(self, matter: Matter, now: datetime) -> None:
        desk = self._dice.choice(self._desks)
        ways = [
            (kind, desk_code)
            for kind, origin, target in _WAYS
            if origin == KIND_OF_DESK[desk] and kind != "danger"
            for desk_code, node in self.node.where.items()
            if KIND_OF_DESK.get(desk_code) == target and desk_code != desk
        ]
        if ways:
            kind, target = self._dice.choice(ways)
            self.node.offer(desk, matter.number, kind, target, SAID, now)

    def _danger(self, matter: Matter, now: datetime) -> None:
        desk = self._dice.choice(self._desks)
        order = self.node.store.get("order", (matter.number, desk))
        if desk != self.node.police and order is not None and order.state != "closed":
            self.node.danger(desk, matter.number, now)

    def finish(self, now: datetime) -> bool:
        """Go the straight road with all that is at hand. Returns whether anything was done."""
        done = False
        for number in list(self.node.store.all("transfer")):
            held: Held = self.node.store.get("transfer", number)
            replica = held.replica
            if replica.holder is None or replica.holder not in self.node.own:
                continue
            verb = STRAIGHT[str(replica.state)]
            ruling = heard(held).ruling if replica.state == "negotiating" else None
            done |= self._tried(held, FOLLOWS[ruling] if ruling else verb, now)
        for matter in list(self.node.store.all("matter").values()):
            for desk in self._desks:
                try:
                    self.node.close(desk, matter.number, now)
                    done = True
                except LiandongError:
                    self.node.store.rollback()
        return done

    def _tried(self, held: Held, verb: str, now: datetime) -> bool:
        try:
            self.node.take(held.replica.transfer, verb, str(held.replica.holder), SAID, now)
        except LiandongError:
            self.node.store.rollback()
            return False
        return True
