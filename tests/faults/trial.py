"""One fault in a stream of hand-overs: what the clients were told before, during and after must be there once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from tests.faults.between import OF_LINKS
from tests.faults.couple import CLOCK, LINKS, PLAIN, WIRE, WIRES, Couple, wait_for
from tests.faults.equal import TWICE, Count, Eyes, missing
from tests.faults.mischief import OF_NODES
from tests.faults.node import NodeFailed
from tests.faults.scene import FELT, Mischief, Scene, Skipped
from tests.faults.stream import Stream
from tests.faults.watch import Watch

EQUAL_WITHIN, END_WITHIN, BEGUN_WITHIN = 60.0, 60.0, 30.0
DANGER_WITHIN = 30.0
MATTERS = 24
BEGUN = 8  # matters that are under way before the fault, at most half of them
# What was lost on the way is said again after a pause, a danger too; what is new may be faster meanwhile.
GRACE = timedelta(seconds=12)
WHY_DEAD = (
    "SELECT string_agg(DISTINCT kind || ' ' || code || ' ' || why, '; ') FROM peers_incoming WHERE state = 'dead'"
)
OPENED = "SELECT number, opened_at FROM transfer_transfer WHERE origin = '12345'"


@dataclass
class Told:
    """What came of one fault. `wrong` is empty when all is well; `skipped` says why it was not tried."""

    fault: str
    seen: str = ""
    skipped: str = ""
    equal_after: float = 0.0
    danger: str = ""
    messages: int = 0
    sent: int = 0
    matters: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        return f"not tried: {self.skipped}" if self.skipped else "; ".join(self.wrong[:3]) or "good"

    def __str__(self) -> str:
        return (
            f"{self.fault}: {self.seen}; equal after {self.equal_after:.1f} s, danger {self.danger}, "
            f"{self.messages} messages sent {self.sent} times, {self.matters} matters: {self.verdict}"
        )


FAULTS: dict[str, Mischief] = {**OF_NODES, **OF_LINKS}
CLOCKS = ("clock-fast", "clock-slow")


def faults_of(kind: str) -> dict[str, list[str]]:
    """Those that can be tried over this kind of channel, by what the pair must have for them."""
    found = {
        PLAIN: [*(name for name in OF_NODES if name not in CLOCKS), *_of(LINKS[kind].can)],
        WIRE: _of(WIRES[kind].can) if kind in WIRES else [],
        CLOCK: [*CLOCKS],
    }
    return {setting: names for setting, names in found.items() if names}


def _of(can: frozenset[str]) -> list[str]:
    return [name for name in OF_LINKS if name in can]


def trial(couple: Couple, fault: str, *, seed: int, matters: int = MATTERS) -> Told:
    """Begin a stream, do the mischief, halt, and look; then let all come to an end, and look again."""
    told, before = Told(fault), [end.eyes.count() for end in couple.ends]
    stream = Stream(f"{fault}-{seed}", couple.addresses(), seed=seed, most=matters)
    second = couple.second.eyes
    with Watch(Eyes(second.url, second.inside)).open() as watch:
        few = matters / MATTERS
        scene = Scene(couple, stream, Random(f"{seed}/{fault}"), watch, enough=round(8 * few), felt=FELT * few)
        couple.link.mark()
        stream.start()
        try:
            wait_for(lambda: len(stream.books.transfers) >= min(BEGUN, matters // 2), BEGUN_WITHIN)
            told.seen = FAULTS[fault](scene)
        except Skipped as why:
            told.skipped = str(why)
        finally:
            stream.halt()
        _healed(told, scene)
    if left := stream.finish(END_WITHIN):
        told.wrong.append(f"{left} matters did not come to their end")
    told.wrong += couple.await_equal(EQUAL_WITHIN)
    told.matters = stream.books.ended
    _count(told, scene, before)
    told.wrong = list(dict.fromkeys(told.wrong))
    return told


def _healed(told: Told, scene: Scene) -> None:
    """How long it took until the nodes were equal, and until a danger of that time was at the other desk."""
    healed, couple = scene.healed or time.monotonic(), scene.couple
    told.wrong += couple.await_equal(max(EQUAL_WITHIN - (time.monotonic() - healed), 1.0))
    told.equal_after = time.monotonic() - healed
    wait_for(lambda: scene.watch.seen.keys() >= scene.dangers.keys(), 1.0)
    waits = [scene.watch.seen.get(n, float("inf")) - max(healed, at) for n, at in scene.dangers.items()]
    told.danger = f"{max(max(waits), 0.0):.1f} s" if waits else "none"
    told.wrong += [f"a danger took {wait:.1f} s" for wait in waits if wait > DANGER_WITHIN]
    if couple.skew is None:  # where a clock jumps its moments say nothing
        told.wrong += _overtaken(couple, scene.stream.books.transfers.items())
    if scene.later is not None:
        seen, wrong = scene.later()
        told.seen, told.wrong = told.seen + seen, [*told.wrong, *wrong]


def _count(told: Told, scene: Scene, before: Iterable[Count]) -> None:
    """What the books say, and what was set aside."""
    couple, books = scene.couple, scene.stream.books
    told.wrong += [*books.strange, *couple.link.disordered()]
    for known in couple.known():
        told.wrong += missing(known, books)
    told.wrong += [f"order {row} is there twice" for end in couple.ends for row in end.eyes.rows(TWICE)]
    grown = [end.eyes.count().since(then) for end, then in zip(couple.ends, before, strict=True)]
    told.messages, told.sent = sum(one.messages for one in grown), sum(one.tries for one in grown)
    for end, one in zip(couple.ends, grown, strict=True):
        allowed = scene.dead if end is couple.second else 0
        if one.dead != allowed:
            told.wrong.append(f"{end.desk}: {one.dead} dead messages, {allowed} meant: {end.eyes.value(WHY_DEAD)}")
        if one.set_aside:
            told.wrong.append(f"{end.desk}: {one.set_aside} rows were set aside")
        if one.apart > scene.apart:
            told.wrong.append(f"{end.desk}: {one.apart} set apart")
    for end in couple.ends:
        try:
            end.node.await_whole(30)
        except NodeFailed as why:
            told.wrong.append(str(why))


def _overtaken(couple: Couple, transfers: Iterable[tuple[str, bool]]) -> list[str]:
    """Dangers that something ordinary overtook which was begun after them."""
    came, opened = couple.second.eyes.came(), dict(couple.first.eyes.rows(OPENED))
    known = [(opened[n], came[n], danger) for n, danger in transfers if n in opened and n in came]
    return [
        f"a danger was overtaken by {(at - other_at).total_seconds():.1f} s"
        for begun, at, danger in known
        for other_begun, other_at, other in known
        if danger and not other and other_begun > begun and at - other_at > GRACE
    ]
