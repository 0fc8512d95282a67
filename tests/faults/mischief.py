"""The faults between two nodes, one function each: do it, hold it as long as it takes to be felt, mend it.

Each returns what was seen, in a few words. What cannot be tried here raises Skipped with the reason.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil

from liandong.kernel.keys import PUBLIC, FolderKeys
from tests.faults.couple import Couple, End, wait_for
from tests.faults.lines import HttpsLink, Line
from tests.faults.link import SLOW, FerryLink
from tests.faults.stream import Stream

FELT = 12.0  # seconds a fault is held at most until it is felt
BACKLOG = 8  # messages that wait, a danger among them
UNSTORED = "SELECT count(*) FROM peers_outgoing WHERE stored_at IS NULL"
URGENT = "SELECT count(*) FROM peers_outgoing WHERE stored_at IS NULL AND urgent"
UNDER_WAY = "SELECT count(*) FROM peers_incoming WHERE state = 'stored'"
TROUBLE = "SELECT trouble FROM peers_peer"
SAID = "SELECT raw FROM peers_outgoing WHERE raw IS NOT NULL AND stored_at IS NOT NULL ORDER BY id DESC LIMIT 10"
MOUNT_BYTES = 128 * 1024


class Skipped(Exception):
    """Not tried here; the sentence says why."""


@dataclass
class Scene:
    """`dead`, `apart`: how many messages the fault may leave on the dead-letter list and in quarantine, at least one
    each where it is not zero. `healed`: when the fault was over, of the monotonic and of the wall clock.
    """

    couple: Couple
    stream: Stream
    dice: Random
    dead: int = 0
    apart: int = 0
    healed: tuple[float, float] | None = None

    def over(self) -> None:
        self.healed = time.monotonic(), time.time()

    def backlog(self, *ends: End) -> str:
        """Wait until enough waits at these nodes to go out, a danger among it where the hotline is one."""
        felt = wait_for(lambda: all(end.eyes.value(UNSTORED) >= BACKLOG for end in ends), FELT)
        if self.couple.first in ends:
            felt &= wait_for(lambda: self.couple.first.eyes.value(URGENT), FELT)
        waiting = [int(end.eyes.value(UNSTORED)) for end in ends]
        return f"{'、'.join(map(str, waiting))} messages waited" + ("" if felt else " (fewer than meant)")


Mischief = Callable[[Scene], str]


def _kill(which: str, place: int) -> Mischief:
    def kill(scene: Scene) -> str:
        end = scene.couple.ends[place]
        victim = _found(end, which)
        half_way = which == "worker" and wait_for(lambda: end.eyes.value(UNDER_WAY), FELT, every=0.002)
        victim.kill()
        scene.over()
        victim.wait(10)
        seen = f"{which} of {end.desk} killed" + (", half-way in what came" if half_way else "")
        before = len(scene.stream.books.steps)
        wait_for(lambda: len(scene.stream.books.steps) > before, FELT)  # others go on, or it is back
        return seen

    return kill


def _found(end: End, which: str) -> psutil.Process:
    if not wait_for(lambda: which in end.node.processes(), FELT):
        raise Skipped(f"no {which} runs at {end.desk}")
    return end.node.processes()[which]


def cut_one_way(scene: Scene) -> str:
    first, second = scene.couple.ends
    scene.couple.link.carry(second.side.code)
    try:
        return scene.backlog(first)
    finally:
        scene.couple.link.carry()
        scene.over()


def cut_both(scene: Scene) -> str:
    scene.couple.link.cut()
    try:
        return scene.backlog(*scene.couple.ends)
    finally:
        scene.couple.link.carry()
        scene.over()


def _gate_kill(*options: str) -> Mischief:
    def kill(scene: Scene) -> str:
        link = _ferry(scene)
        link.gate([side.code for side in link.sides], "--pause", str(SLOW), *options)
        try:
            caught = wait_for(link.kill_half_way, FELT, every=0.005)
            half = [file.name for side in link.sides for file in link.folder(side, "in").glob("*") if file.is_file()]
            scene.backlog(scene.couple.first)
            return f"killed within a copy: {caught}; {len(half)} files lay half over"
        finally:
            link.carry()
            scene.over()

    return kill


def disk_full(scene: Scene) -> str:
    """A small disk in place of the hotline's folder, filled up; then there is room again."""
    link, end = _ferry(scene), scene.couple.first
    folder = end.side.ferry(scene.couple.second.side.code)
    link.cut()
    wait_for(lambda: not any(folder.glob("in/*.done")), FELT)  # what is hidden by the mount would come late only
    with _mounted(folder) as filler:
        try:
            told = wait_for(lambda: "磁盘已满" in end.eyes.value(TROUBLE), FELT)
            waited = scene.backlog(end)
        finally:
            filler.unlink()
            _run("mount", "-o", "remount,size=64m", str(folder))
            link.carry()
            scene.over()
        scene.stream.halt()
        scene.couple.await_equal(60)
        link.cut()
    link.carry()
    return f"told as a full disk: {told}; {waited}"


@contextmanager
def _mounted(folder: Path) -> Iterator[Path]:
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={MOUNT_BYTES}", "tmpfs", str(folder))
    except (subprocess.CalledProcessError, FileNotFoundError) as why:
        raise Skipped(f"no tmpfs can be mounted here: {why}") from None
    try:
        filler = folder / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass  # full, as it should be
        yield filler
    finally:
        _run("umount", "-l", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=20)


def wrong_key(scene: Scene) -> str:
    """The 110 has another key entered for the hotline's node, under the right name; what it says is sealed for that."""
    first, second = scene.couple.ends
    entered = next((second.side.state / "peer-keys" / first.side.code).glob(f"*{PUBLIC}"))
    right = entered.read_text()
    entered.write_text(FolderKeys(first.side.state / "other-keys").make(f"wrong-{scene.dice.randrange(10**9)}"))
    before = second.eyes.count().apart
    try:
        refused = wait_for(lambda: second.eyes.count().apart > before, FELT)
        waited = scene.backlog(first)
    finally:
        entered.write_text(right)
        scene.over()
    scene.apart = 10**6
    return f"set apart as not the peer's: {refused}; {waited}"


def replay(scene: Scene) -> str:
    return _again(scene, 1)


def hundredfold(scene: Scene) -> str:
    return _again(scene, 100)


def _again(scene: Scene, times: int) -> str:
    wait_for(lambda: len(scene.stream.books.steps) >= 12, FELT)
    link = scene.couple.link
    if isinstance(link, FerryLink):
        put, what = link.again(times), "parcels"
    else:
        put, what = sum(_said_again(scene, end, times) for end in scene.couple.ends), "messages"
    scene.over()
    return f"{put} {what} came again"


def _said_again(scene: Scene, end: End, times: int) -> int:
    lines = [bytes(raw) for (raw,) in end.eyes.rows(SAID) for _ in range(times)]
    scene.couple.link.say(end.side, lines)
    return len(lines)


def slow(scene: Scene) -> str:
    """A byte a second, both ways."""
    line = _line(scene)
    line.slow(1.0)
    try:
        told = wait_for(lambda: any(end.eyes.value(TROUBLE) for end in scene.couple.ends), 2 * FELT)
        waited = scene.backlog(*scene.couple.ends)
    finally:
        line.carry()
        scene.over()
    return f"told as trouble: {told}; {waited}"


def expired(scene: Scene) -> str:
    """The hotline's node has a certificate that ended yesterday, until it gets a good one."""
    link, ends = scene.couple.link, scene.couple.ends
    if not isinstance(link, HttpsLink):
        raise Skipped("only https has certificates")
    link.expire(ends[0].side)
    try:
        wait_for(lambda: all("证书" in end.eyes.value(TROUBLE) for end in ends), FELT)
        said = "; ".join(f"{end.desk}: {end.eyes.value(TROUBLE)[:24] or 'nothing'}" for end in ends)
        waited = scene.backlog(*ends)
    finally:
        link.expire(ends[0].side, days=30)
        scene.over()
    return f"{said}; {waited}"


def garbage(scene: Scene) -> str:
    """Bytes that are no message, and JSON that is no envelope."""
    first, second = scene.couple.ends
    before = second.eyes.count().apart
    noise = scene.dice.randbytes(300).translate(None, b"\r\n")
    scene.couple.link.say(first.side, [noise])
    scene.couple.link.say(first.side, [b'{"specversion": "1.0"}'])
    told = wait_for(lambda: second.eyes.count().apart >= before + 2, FELT)
    scene.over()
    scene.apart = 2
    return f"both set apart with the reason: {told}"


POISON = """
from django.conf import settings
from liandong.kernel import clock
from liandong.kernel.ids import uuid7
from liandong.peers.actions.post import tell, OUTGOING
from liandong.peers.keeping import Entry, closed
from liandong.peers.models import Outgoing
from liandong.peers.queries import message_of
row = Outgoing.objects.filter(kind="step", serial__isnull=False).latest("serial")
data = {**message_of(row).data, "hash": "0" * 64}
entry = Entry("step", row.subject, "poison-%d" % row.pk, row.urgent, data)
now = clock.now()
Outgoing.objects.create(peer=row.peer, message=uuid7(now), kind=entry.kind, subject=entry.subject, mark=entry.mark,
    urgent=entry.urgent, document=closed(entry, row.peer, settings.SEAL_KEY), made_at=now, next_try_at=now)
tell(OUTGOING)
"""
DEAD = "SELECT why FROM peers_incoming WHERE state = 'dead' ORDER BY id DESC LIMIT 1"


def poison(scene: Scene) -> str:
    """The hotline's node itself sends a step, numbered and signed, whose hash is not that of its content."""
    first, second = scene.couple.ends
    before = second.eyes.count().dead
    done = first.node.command("manage", "shell", "-v", "0", "-c", POISON)
    if done.returncode != 0:
        raise Skipped(f"the message could not be made: {done.stderr[-200:]}")
    told = wait_for(lambda: second.eyes.count().dead > before, FELT)
    scene.over()
    scene.dead = 1
    why = second.eyes.value(DEAD) if told else "nothing"
    return f"on the dead-letter list: {why}"


def clock_skew(scene: Scene) -> str:
    raise Skipped("a node takes the machine's time; there is no setting to put its clock wrong with")


def _line(scene: Scene) -> Line:
    line = scene.couple.link
    if not isinstance(line, Line):
        raise Skipped("files are not slow by the byte")
    return line


def _ferry(scene: Scene) -> FerryLink:
    link = scene.couple.link
    if not isinstance(link, FerryLink):
        raise Skipped("only the file ferry has it")
    return link


# Name → what it does, in the order in which they are tried. Those of a link are tried where it has them (`Link.can`).
OF_NODES: dict[str, Mischief] = {
    "kill-web-12345": _kill("web", 0),
    "kill-web-110": _kill("web", 1),
    "kill-worker-12345": _kill("worker", 0),
    "kill-worker-110": _kill("worker", 1),
    "kill-database-12345": _kill("database", 0),
    "kill-database-110": _kill("database", 1),
    "wrong-key": wrong_key,
    "poison": poison,
    "garbage": garbage,
    "clock-skew": clock_skew,
}
OF_LINKS: dict[str, Mischief] = {
    "cut-one-way": cut_one_way,
    "cut-both": cut_both,
    "gate-kill": _gate_kill(),
    "gate-kill-rash": _gate_kill("--rash"),
    "disk-full": disk_full,
    "replay": replay,
    "hundredfold": hundredfold,
    "slow": slow,
    "expired": expired,
}
