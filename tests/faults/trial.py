"""One fault in a stream of hand-overs: what the clients were told before, during and after must be there once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from tests.faults.couple import Couple, wait_for
from tests.faults.equal import TWICE, Count, missing
from tests.faults.mischief import OF_LINKS, OF_NODES, Mischief, Scene, Skipped
from tests.faults.node import NodeFailed
from tests.faults.stream import Stream

EQUAL_WITHIN, END_WITHIN, BEGUN_WITHIN = 60.0, 60.0, 30.0
MATTERS = 24
BEGUN = 8  # matters that are under way before the fault, at most half of them
# What was lost on the way is said again after a pause, a danger too; what is new may be faster meanwhile.
GRACE = timedelta(seconds=12)
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


def faults_of(couple: Couple) -> dict[str, Mischief]:
    """Those that can be tried with this link."""
    return {**OF_NODES, **{name: do for name, do in OF_LINKS.items() if name in couple.link.can}}


def trial(couple: Couple, fault: str, *, seed: int, matters: int = MATTERS) -> Told:
    """Begin a stream, do the mischief, halt, and look; then let all come to an end, and look again."""
    told, before = Told(fault), [end.eyes.count() for end in couple.ends]
    stream = Stream(f"{fault}-{seed}", couple.addresses(), seed=seed, most=matters)
    scene = Scene(couple, stream, Random(f"{seed}/{fault}"))
    couple.link.mark()
    stream.start()
    try:
        wait_for(lambda: len(stream.books.transfers) >= min(BEGUN, matters // 2), BEGUN_WITHIN)
        told.seen = faults_of(couple)[fault](scene)
    except Skipped as why:
        told.skipped = str(why)
    finally:
        stream.halt()
    healed, at = scene.healed or (time.monotonic(), time.time())
    told.wrong += couple.await_equal(max(EQUAL_WITHIN - (time.monotonic() - healed), 1.0))
    told.equal_after = time.monotonic() - healed
    told.danger, late = _dangers(couple, stream.books.transfers.items(), datetime.fromtimestamp(at, UTC))
    told.wrong += late
    if left := stream.finish(END_WITHIN):
        told.wrong.append(f"{left} matters did not come to their end")
    told.wrong += couple.await_equal(EQUAL_WITHIN)
    told.matters = stream.books.ended
    _count(told, scene, before)
    told.wrong = list(dict.fromkeys(told.wrong))
    return told


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
            told.wrong.append(f"{end.desk}: {one.dead} dead messages, {allowed} meant")
        if one.set_aside:
            told.wrong.append(f"{end.desk}: {one.set_aside} rows were set aside")
        if one.apart > scene.apart:
            told.wrong.append(f"{end.desk}: {one.apart} set apart")
    for end in couple.ends:
        try:
            end.node.await_whole(30)
        except NodeFailed as why:
            told.wrong.append(str(why))


def _dangers(couple: Couple, transfers: Iterable[tuple[str, bool]], healed: datetime) -> tuple[str, list[str]]:
    """How long dangers waited beyond the fault, and which one something ordinary overtook that was begun after it."""
    came, opened = couple.second.eyes.came(), dict(couple.first.eyes.rows(OPENED))
    known = [(opened[n], came[n][1], danger) for n, danger in transfers if n in opened and n in came]
    waits = [(at - max(begun, min(healed, at))).total_seconds() for begun, at, danger in known if danger]
    late = [
        f"a danger was overtaken by {(at - other_at).total_seconds():.1f} s"
        for begun, at, danger in known
        for other_begun, other_at, other in known
        if danger and not other and other_begun > begun and at - other_at > GRACE
    ]
    return f"{max(waits):.1f} s" if waits else "none", late
