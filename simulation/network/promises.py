"""Whether the promises I1–I8 hold, looked at after every event and once more when all is calm. With evidence."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from liandong.peers.correspondence import line_of, name_of
from liandong.peers.holdings import Held, Matter, Order
from liandong.peers.outtray import Row
from liandong.peers.standings import OPEN_ORDER, responsible_for
from liandong.peers.timeline import Segment, closed_at, lead_segments
from simulation.network.world import Place, Witness, World

_NEVER_OF_A_DANGER = frozenset({"refused", "negotiating", "awarded", "handed_back", "returned", "withdrawn"})


class Broken(AssertionError):
    """A promise does not hold: which, about what, and what was seen."""

    def __init__(self, promise: str, subject: str, what: str) -> None:
        self.promise, self.subject, self.what = promise, subject, what
        super().__init__(promise, subject, what)

    def __str__(self) -> str:
        return f"{self.promise} {self.subject}: {self.what}"


@dataclass(frozen=True, slots=True)
class Lost:
    """What only a restored node knew: by name, with its digest."""

    node: str
    name: tuple[str, str, str]
    line: str


class Promises(Witness):
    def __init__(self) -> None:
        # Of each transfer the digests of its steps, as the first who had them had them.
        self.history: dict[str, list[bytes]] = defaultdict(list)
        self._checked: dict[tuple[str, str], int] = {}
        self._lost: dict[tuple[str, str, str], Lost] = {}
        # Every step and note that was ever kept anywhere.
        self._told: dict[tuple[str, str, str], str] = {}

    def saw(self, place: Place, world: World) -> None:
        touched, place.store.touched = place.store.touched, set()
        matters = set()
        for table, key in touched:
            if table == "transfer":
                held = place.store.get("transfer", key)
                if held is not None:
                    self._one_past(place, held)
                    self._danger_stays(place, held)
                    self._told.update((name_of(note), line_of(note)) for note in held.notes)
                    matters.add(held.matter)
            else:
                matters.add(key[0] if table == "order" else key)
        for number in matters:
            self._somebody(number, world)
            self._danger_on_its_way(place, number, world)

    def _one_past(self, place: Place, held: Held) -> None:
        """I2: whoever has a step has the one everybody has."""
        number = held.replica.transfer
        history, begin = self.history[number], self._checked.get((place.code, number), 0)
        for seq in range(min(begin, len(held.steps)), len(held.steps)):
            digest = held.steps[seq].digest
            if seq == len(history):
                history.append(digest)
            elif history[seq] != digest:
                raise Broken(
                    "I2", number, f"{place.code} has another step {seq + 1} than was first seen: {held.steps[seq].step}"
                )
            self._told["step", number, str(seq + 1)] = digest.hex()
        self._checked[place.code, number] = len(held.steps)

    def _danger_stays(self, place: Place, held: Held) -> None:
        """I7: a danger is neither sent back nor talked about nor withdrawn."""
        if held.replica.kind == "danger" and held.replica.state in _NEVER_OF_A_DANGER:
            raise Broken("I7", held.replica.transfer, f"a danger is {held.replica.state} at {place.code}")

    def _danger_on_its_way(self, place: Place, number: str, world: World) -> None:
        """I7: the first step of a danger lies in the tray of whoever must have it, urgent, as soon as it exists."""
        matter: Matter | None = place.store.get("matter", number)
        if matter is None or _somebody_restored(world):
            return  # a peer that was put back has what it had got before only when it has asked
        for transfer in matter.transfers:
            held: Held = place.store.get("transfer", transfer)
            if held.replica.kind != "danger" or held.replica.seq > 1 or held.replica.origin not in place.node.own:
                continue
            target = place.node.where[held.replica.target]
            rows = place.store.all(f"out {target}").values()
            mine = [row for row in rows if row.kind == "step" and row.subject == transfer]
            known = self.history[transfer] and self._checked.get((target, transfer))
            if target != place.code and not known and not any(row.urgent for row in mine):
                raise Broken("I7", transfer, f"the danger is not on its way from {place.code} to {target}")

    def batch(self, place: Place, peer: str, rows: list[Row], now: datetime) -> None:
        """I7: as long as something urgent is due nothing else goes before it."""
        calm = next((n for n, row in enumerate(rows) if not row.urgent), len(rows))
        if any(row.urgent for row in rows[calm:]):
            raise Broken("I7", peer, f"urgent messages of {place.code} wait behind others")
        sent = {row.serial for row in rows}
        due = [r for r in place.store.all(f"out {peer}").values() if r.urgent and r.next_try_at <= now]
        if calm < len(rows) and any(row.serial not in sent for row in due):
            raise Broken("I7", peer, f"urgent messages of {place.code} are left behind for others")

    def _somebody(self, number: str, world: World) -> None:
        """I1 and I6: somebody is responsible by the own view, and has a clock with which to go on alone."""
        is_open, responsible, clock = False, [], False
        if _somebody_restored(world):
            return  # until its peers have answered, nobody can know what a restored node had promised
        for place in world.places.values():
            matter: Matter | None = place.store.get("matter", number)
            if matter is None:
                continue
            transfers = place.node.transfers_of(matter)
            desks = place.node.own
            orders = [place.store.get("order", (number, desk)) for desk in desks]
            ours = [o for o in orders if o is not None and o.state in OPEN_ORDER]
            # A mirror may be late; what counts is what those know who hold the baton or a duty.
            is_open = is_open or bool(ours) or any(_in_hand(t, desks) for t in transfers)
            mine = [d for d in responsible_for(matter.first_desk, transfers) if d in desks]
            responsible += mine
            clock = clock or any(_has_clock(desk, ours, transfers) for desk in mine)
            clock = clock or any(_runs_by_duty(t, desks) for t in transfers)
        if is_open and not responsible:
            raise Broken("I1", number, f"nobody holds itself responsible: {_views(number, world)}")
        if is_open and not clock:
            raise Broken("I6", number, f"no clock runs where somebody is responsible: {_views(number, world)}")

    def restored(self, world: World, place: Place) -> None:
        """What nobody holds now may be lost, by name; all else must come back."""
        for key in [key for key in self._checked if key[0] == place.code]:
            del self._checked[key]
        anywhere = _anywhere(world)
        for name, line in self._told.items():
            if name not in anywhere:
                self._lost[name] = Lost(place.code, name, line)
        for number, history in self.history.items():
            del history[sum(("step", number, str(seq + 1)) in anywhere for seq in range(len(history))) :]

    def lost(self, world: World) -> list[Lost]:
        """I3: what was kept is held at the end, but for what only a restored node knew; that is told by name."""
        anywhere = _anywhere(world)
        for name, line in self._told.items():
            if name not in anywhere and name not in self._lost:
                raise Broken("I3", name[1], f"{name} was kept ({line}) and is nowhere")
        return [lost for name, lost in sorted(self._lost.items()) if anywhere.get(name) != lost.line]


def _anywhere(world: World) -> dict[tuple[str, str, str], str]:
    return {
        name_of(item): line_of(item)
        for place in world.places.values()
        for held in place.store.all("transfer").values()
        for item in (*held.steps, *held.notes)
    }


def _somebody_restored(world: World) -> bool:
    return any(p.was_restored or any(p.node.peer(c).awaited for c in p.node.others) for p in world.places.values())


def _in_hand(held: Held, desks: frozenset[str]) -> bool:
    """Whether it is open as one of these desks knows who holds its baton or has to act in it."""
    r = held.replica
    duty = (r.origin_duty and r.origin in desks) or (r.target_duty and r.target in desks)
    return not r.ended and (r.holder in desks or duty)


def _runs_by_duty(held: Held, desks: frozenset[str]) -> bool:
    """Whether a clock of the transfer runs here at a desk that has to act in it."""
    r = held.replica
    duty = (r.origin_duty and r.origin in desks) or (r.target_duty and r.target in desks)
    return bool(held.clocks) and duty


def _has_clock(desk: str, orders: list[Order], transfers: list[Held]) -> bool:
    """Its order is in its own hand and has a time to answer, or one of its transfers has a clock here."""
    if any(order.desk == desk and order.state == "handling" for order in orders):
        held_for = [t for t in transfers if t.replica.target == desk and t.replica.target_duty]
        if not held_for:
            return True
    return any(t.clocks for t in transfers if desk in (t.replica.origin, t.replica.target))


def _views(number: str, world: World) -> str:
    told = []
    for place in world.places.values():
        matter = place.store.get("matter", number)
        if matter is not None:
            parts = [
                f"{t.replica.kind} {t.replica.origin}→{t.replica.target} {t.replica.state} ({t.replica.seq})"
                for t in place.node.transfers_of(matter)
            ]
            told.append(f"{place.code}: {'; '.join(parts) or 'no transfer'}")
    return " | ".join(told)


def all_arrived(world: World) -> None:
    """I3: what was kept anywhere is with everybody it concerns, by sending and receipts alone."""
    if not world.silent:
        raise Broken("I3", "channel", "messages lie in a tray although everything works")
    for place in world.places.values():
        waiting = place.store.all("waiting")
        if waiting:
            raise Broken("I3", place.code, f"messages wait for ever: {sorted(map(str, waiting))[:5]}")
        for number, matter in place.store.all("matter").items():
            here = {name_of(item): line_of(item) for item in place.node.items(matter)}
            for node in matter.circle - {place.code}:
                other = world.places[node].node
                theirs = other.matter(number)
                there = {name_of(item): line_of(item) for item in other.items(theirs)} if theirs else {}
                for name, line in here.items():
                    if name not in there:
                        raise Broken("I3", number, f"{name} is at {place.code} and never came to {node}")
                    if there[name] != line:
                        raise Broken("I5", number, f"{name} differs: {place.code} {line}, {node} {there[name]}")


def nothing_wrong_aside(world: World) -> None:
    """Nobody honest may ever be found contradicting, and nothing honest may be refused as poison."""
    for place in world.places.values():
        for aside in place.store.all("aside").values():
            if aside.decision in ("conflict", "dead"):
                raise Broken(
                    "I5", place.code, f"{aside.decision} from {aside.source}: {aside.why} {str(aside.message)[:300]}"
                )


def equal(world: World) -> None:
    """I5: the same items with the same content and signatures, and reconciliation says so."""
    for place in world.places.values():
        for peer in place.node.others:
            mine, theirs = place.node.account(peer), world.places[peer].node.account(place.code)
            if mine != theirs:
                apart = sorted(name for name in {*mine, *theirs} if mine.get(name) != theirs.get(name))
                raise Broken("I5", peer, f"{place.code} and {peer} differ in {apart[:5]}")
            if place.node.days(peer) != world.places[peer].node.days(place.code):
                raise Broken("I5", peer, f"the account of {place.code} with {peer} is not equal")


def tiled(world: World) -> None:
    """I1: the custody segments of a closed matter cover its life to the microsecond, and are the same on every node."""
    seen: dict[str, list[Segment]] = {}
    for place in world.places.values():
        for number, matter in place.store.all("matter").items():
            transfers = sorted(place.node.transfers_of(matter), key=lambda t: t.replica.transfer)
            orders = [place.store.get("order", (number, desk)) for desk in matter.desks]
            end = closed_at(matter.opened_at, transfers, orders)
            if end is None:
                raise Broken(
                    "I6", number, f"does not come to its end: {_views(number, world)} {[o.state for o in orders]}"
                )
            segments = lead_segments(matter.first_desk, matter.opened_at, transfers, end)
            at = matter.opened_at
            for segment in segments:
                if segment.since != at or segment.until < segment.since:
                    raise Broken("I1", number, f"the custody chain breaks at {at}")
                at = segment.until
            if at != end:
                raise Broken("I1", number, f"the custody chain ends at {at}, the matter at {end}")
            if segments != seen.setdefault(number, segments):
                raise Broken("I5", number, f"the custody chain at {place.code} is another one")


def repeated(world: World, sample: int) -> None:
    """I4: what has arrived once changes nothing when it comes again, years late, in any order."""
    world.now = world.now.replace(year=world.now.year + 3)
    sent = world.wire.sent
    chosen = sent if len(sent) <= sample else world.dice.sample(sent, sample)
    for place in world.places.values():
        again = [raw for to, raw in chosen if to == place.code]
        world.dice.shuffle(again)
        before = place.store.trade
        place.node.receive(again, world.now + place.skew)
        if place.store.trade != before:
            raise Broken("I4", place.code, f"{place.store.trade - before} changes by messages that had come before")
