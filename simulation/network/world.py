"""One seed: the nodes, their clocks, the storm over them, and the calm after it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from liandong.peers.correspondence import Correspondence
from liandong.peers.pace import Pace
from liandong.transfer.states import CLOCKS, KINDS
from simulation.network.desks import Desks
from simulation.network.memory import Backup, KeyedPost, Memory
from simulation.network.points import Crash, Point, Reaper
from simulation.network.wire import Link, Wire

BEGIN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PACE = Pace(
    first=timedelta(seconds=5),
    cap=timedelta(minutes=5),
    jitter=0.2,
    window=20,
    heartbeat=timedelta(seconds=30),
    degraded=timedelta(seconds=90),
    offline=timedelta(minutes=5),
    stuck=timedelta(minutes=30),
    skew=timedelta(minutes=5),
)
SKEW = 300
TWO = {"12345": "city", "hotline": "city", "110": "police"}
THREE = {**TWO, "county": "county"}
# As in the city's tables for an ordinary matter; working days are counted as days.
_HOURS = {"decide_by": 2, "settle_by": 4, "conclude_by": 120, "confirm_by": 48, "objection_until": 24}


def limits(kind: str, verb: str, state: str, urgency: str, now: datetime) -> Mapping[str, datetime]:
    """Which clocks a step starts."""
    found = {}
    for clock in CLOCKS.get(state, ()):
        if clock == "accept_by":
            found[clock] = now + (timedelta(minutes=1) if kind == "danger" else timedelta(hours=2))
        elif clock != "objection_until" or (verb == "accept" and KINDS[kind].refusable):
            found[clock] = now + timedelta(hours=_HOURS[clock])
    return found


@dataclass(slots=True)
class Place:
    """A node and what it runs on. `skew`: how far its clock is off. `up_at`: None while it runs."""

    code: str
    node: Correspondence
    store: Memory
    desks: Desks
    skew: timedelta
    up_at: datetime | None = None
    backup: Backup | None = None
    # The mark outside the database that says a backup was put back; it stays until the node has begun its new life.
    was_restored: bool = False


@dataclass(frozen=True, slots=True)
class Storm:
    """How bad it gets. Drawn from the seed; a test may ask for its own."""

    turns: int = 70
    bad: float = 0.25
    deadly: float = 0.012
    restores: bool = False
    three: bool = False
    most_matters: int = 2


def storm_of(dice: random.Random) -> Storm:
    return Storm(
        turns=dice.choice((25, 40, 60)),
        bad=dice.choice((0.0, 0.15, 0.3, 0.5)),
        deadly=dice.choice((0.0, 0.006, 0.02)),
        restores=dice.random() < 0.3,
        three=dice.random() < 0.35,
        most_matters=dice.choice((1, 2, 3)),
    )


class Witness:
    """Looks on after every event; `simulation.network.promises` is the one that matters."""

    def saw(self, place: Place, world: World) -> None: ...
    def batch(self, place: Place, peer: str, rows: list, now: datetime) -> None: ...  # type: ignore[type-arg]
    def restored(self, world: World, place: Place) -> None: ...


@dataclass
class World:
    seed: int
    witness: Witness
    storm: Storm | None = None
    trace: Callable[[str], None] | None = None
    now: datetime = BEGIN
    counted: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        drawn = storm_of(self.dice)
        self.storm = self.storm or drawn
        self.reaper = Reaper(self.dice, 0.0)
        self.wire = Wire(self.dice, self.storm.bad)
        self.where = THREE if self.storm.three else TWO
        self.places = {code: self._place(code) for code in sorted({*self.where.values()})}
        for one in self.places:
            for other in self.places:
                if one != other:
                    self.wire.links[one, other] = self._link()
        self.reaper.likely = self.storm.deadly

    def _place(self, code: str) -> Place:
        store = Memory(self.reaper)
        skew = timedelta(seconds=self.dice.uniform(-SKEW, SKEW))
        node = self._node(code, store)
        node.start(self.now + skew)
        return Place(code, node, store, Desks(node, self.dice, self.storm.most_matters if self.storm else 1), skew)

    def _node(self, code: str, store: Memory) -> Correspondence:
        node = Correspondence(code, self.where, store, KeyedPost(code), PACE, self.dice)
        node.limits, node.police, node.most_refusals, node.most_urges = limits, "110", 3, 2
        return node

    def _link(self) -> Link:
        return Link(ferry=self.dice.random() < 0.3, slow=self.dice.choice((1.0, 60.0, 3600.0)))

    def run(self) -> None:
        """The storm, then the calm, then all is brought to its end."""
        assert self.storm is not None
        for _ in range(self.storm.turns):
            self.now += timedelta(seconds=self.dice.choice(_STEPS))
            self.wire.trouble(self.now)
            self._deliver()
            for place in self.places.values():
                self._alive(place)
        self.calm()

    def calm(self) -> None:
        """Everything works again: first what is on its way arrives, by receipts alone."""
        self.reaper.likely = 0.0
        self.wire.heal()
        for place in self.places.values():
            if place.up_at is not None:
                self._start(place)
            for peer in place.node.others:
                place.node.channel_back(peer, self.now + place.skew)
        self.drain()

    def drain(self) -> None:
        """Until nobody has anything to say any more. No clock runs out and nobody acts meanwhile."""
        for _ in range(200):
            self.now += PACE.cap * 2
            self._deliver()
            for place in self.places.values():
                place.node.react(self.now + place.skew)
                self._looked(place)
                self._speak(place)
            if self.wire.quiet and self.silent:
                return
        waiting = {p.code: [len(p.store.all(f"out {peer}")) for peer in p.node.others] for p in self.places.values()}
        self.note(f"still speaking: {waiting}")

    @property
    def silent(self) -> bool:
        return all(
            not place.store.all(f"out {peer}") and not place.node.peer(peer).awaited
            for place in self.places.values()
            for peer in place.node.others
        )

    def finish(self) -> None:
        """All desks go the straight road until nothing is open."""
        for _ in range(40):
            done = False
            for place in self.places.values():
                done |= place.desks.finish(self.now + place.skew)
                self._looked(place)
            self.drain()
            if not done:
                return

    def exchange(self, said: Callable[[Correspondence, str], bytes]) -> None:
        """Every node says something to every peer, and all that follows from it."""
        for place in self.places.values():
            for peer in place.node.others:
                self.wire.throw(place.code, peer, said(place.node, peer), self.now)
        self.drain()

    def _deliver(self) -> None:
        for code, raws in self.wire.arrived(self.now).items():
            place = self.places[code]
            if place.up_at is not None:
                continue  # nobody is there to read; the sender will say it again
            self._guarded(place, lambda place=place, raws=raws: self._read(place, raws))  # type: ignore[misc]

    def _read(self, place: Place, raws: list[bytes]) -> None:
        self.reaper.at(Point.RECEIVED)
        self.counted["messages"] += len(raws)
        answers = place.node.receive(raws, self.now + place.skew)
        self.reaper.at(Point.RECEIPT_BEFORE)
        for peer, raw in answers:
            self.wire.throw(place.code, peer, raw, self.now)
        self.reaper.at(Point.RECEIPT_AFTER)

    def _alive(self, place: Place) -> None:
        """What a node does in one turn, or that it comes back, or that it is thrown back."""
        assert self.storm is not None
        if place.up_at is not None:
            if place.up_at <= self.now:
                self._guarded(place, lambda: self._start(place))
            return
        chance = self.dice.random()
        if self.storm.restores and chance < 0.03:
            place.backup = place.store.backup()
        elif self.storm.restores and chance > 0.985 and place.backup is not None:
            self._put_back(place)
            return
        self._guarded(place, lambda: self._turn(place))

    def _turn(self, place: Place) -> None:
        now = self.now + place.skew
        node = place.node
        for transfer, clock in node.clocks_due(now):
            node.ran_out(transfer, clock, now)
            self.counted["clocks"] += 1
        node.react(now)
        place.desks.move(now)
        self.counted["acts"] += 1
        self._looked(place)
        self._speak(place)
        if self.dice.random() < 0.05:
            peer = self.dice.choice(node.others)
            said = self.dice.choice((node.heartbeat, node.reconciles))
            self.wire.throw(place.code, peer, said(peer), self.now)

    def _speak(self, place: Place) -> None:
        node, now = place.node, self.now + place.skew
        for peer in node.others:
            rows = node.outgoing(peer, now)
            if rows:
                self.witness.batch(place, peer, rows, now)
                self.wire.send(place.code, peer, [row.raw for row in rows], self.now, self.reaper)
                node.were_sent(peer, rows, now)
        for peer, raw in node.asks():
            self.wire.throw(place.code, peer, raw, self.now)

    def _guarded(self, place: Place, what: Callable[[], None]) -> None:
        """Do it; where the node dies over it, it comes back later with what it had committed."""
        try:
            what()
        except Crash as crash:
            place.store.rollback()
            place.up_at = self.now + timedelta(seconds=self.dice.choice((5, 600, 20_000)))
            self.counted["crashes"] += 1
            self.note(f"{place.code} dies {crash.point.value}")
        self._looked(place)

    def _start(self, place: Place) -> None:
        """The process comes back. It knows nothing but its store and the mark beside it."""
        self.reaper.at(Point.START_BEFORE)
        now = self.now + place.skew
        place.node = place.desks.node = self._node(place.code, place.store)
        if place.was_restored:
            place.node.restored(now)
            place.was_restored = False
            self.note(f"{place.code} begins a new life")
        else:
            for peer in place.node.others:
                place.node.channel_back(peer, now)
        self.reaper.at(Point.START_AFTER)
        place.up_at = None

    def _put_back(self, place: Place) -> None:
        """An old backup takes the place of what the node had."""
        assert place.backup is not None
        self.note(f"{place.code} is put back to an old backup")
        self.counted["restores"] += 1
        place.store.put_back(place.backup)
        place.was_restored, place.up_at = True, self.now
        self.witness.restored(self, place)
        if self.reaper.likely and self.dice.random() < 0.3:
            self.reaper.deaths[Point.RESTORE_HALF] += 1
            place.up_at = self.now + timedelta(hours=1)

    def _looked(self, place: Place) -> None:
        self.witness.saw(place, self)

    def note(self, what: str) -> None:
        if self.trace is not None:
            self.trace(f"{self.now:%m-%d %H:%M:%S} {what}")


_STEPS = (1, 2, 5, 30, 120, 600, 1800, 7200, 28800)
