"""The faults of what lies between two nodes, one function each: do it, hold it until it is felt, mend it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.faults.couple import End, wait_for
from tests.faults.lines import HttpsLink, Line
from tests.faults.link import SLOW, FerryLink
from tests.faults.mischief import kill_one
from tests.faults.scene import FELT, TROUBLE, UNSTORED, Mischief, Scene, Skipped

SAID = "SELECT raw FROM peers_outgoing WHERE raw IS NOT NULL AND stored_at IS NOT NULL ORDER BY id DESC LIMIT 10"
MOUNT_BYTES = 128 * 1024
MANY, POSTED_WITHIN = 200, 60.0  # messages that wait before a danger
# So many batches of ordinary messages may take effect at a node after a danger has come there and before it has: one
# is under way, another may begin while what came with the danger is being kept.
BATCHES = 2
WAITING = "SELECT message::text, subject, kind FROM peers_outgoing WHERE stored_at IS NULL"
EFFECT = "SELECT message::text, subject, kind, arrived_at, settled_at FROM peers_incoming WHERE settled_at IS NOT NULL"


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


def cut_and_kill(scene: Scene) -> str:
    """Nothing goes through, and while it comes in again the 110's worker is killed."""
    scene.couple.link.cut()
    try:
        waited = scene.backlog(scene.couple.first)
    finally:
        scene.couple.link.carry()
        scene.over()
    return f"{waited}; {kill_one(scene, 'worker', scene.couple.second)}"


def _lost(*places: int) -> Mischief:
    """What these send vanishes on the wire, and nobody is told: connections hang."""

    def lose(scene: Scene) -> str:
        ends, link = scene.couple.ends, scene.couple.link
        heard = [end.side.code for place, end in enumerate(ends) if place not in places]
        if heard:
            link.carry(*heard)
        else:
            link.cut()
        try:
            told = scene.troubled()
            waited = scene.backlog(*ends)
        finally:
            link.carry()
            scene.over()
        return f"told as trouble by both: {told}; {waited}"

    return lose


def backlog(scene: Scene) -> str:
    """Nothing goes through while hundreds of ordinary messages are handed over, a danger last; then all of it goes."""
    first, second = scene.couple.ends
    scene.couple.link.cut()
    try:
        scene.stream.halt()
        scene.stream.fill(MANY)
        wait_for(lambda: first.eyes.value(UNSTORED) >= MANY, POSTED_WITHIN)
        scene.stream.fill(MANY // 4)  # of these the worker has not even heard
        number = scene.danger()
        wait_for(lambda: number in {subject for _, subject, _ in first.eyes.rows(WAITING)}, FELT)
        waited = {name for name, _, kind in first.eyes.rows(WAITING) if kind == "note"}
    finally:
        scene.couple.link.carry()
        scene.over()
    late = scene.danger()  # while the backlog is on its way

    def looked() -> tuple[str, list[str]]:
        places = {one: _place(second, one, waited) for one in (number, late)}
        last, new = places[number], places[late]
        told = f"of {len(waited)} messages that waited {last.before} took effect before the danger handed over last, "
        told += f"{new.before} before one handed over after the mend; once these had come {last.batches} and "
        told += f"{new.batches} batches did"
        wrong = [f"{at.batches} batches before danger {one}" for one, at in places.items() if at.batches > BATCHES]
        return told, wrong

    scene.later = looked
    return ""


class Place(NamedTuple):
    """Where a danger stands among ordinary messages: how many took effect before it, and in how many batches those
    that did so after the danger had come. What takes effect together has one moment.
    """

    before: int
    batches: int


def _place(end: End, number: str, waited: set[str]) -> Place:
    rows = end.eyes.rows(EFFECT)
    came, at = min((came, at) for _, subject, kind, came, at in rows if kind == "step" and subject == number)
    before = [settled for name, _, kind, _, settled in rows if name in waited and kind == "note" and settled < at]
    return Place(len(before), len({settled for settled in before if settled > came}))


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
    scene.danger()
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
        told = scene.troubled()
        waited = scene.backlog(*scene.couple.ends)
    finally:
        line.carry()
        scene.over()
    return f"told as trouble: {told}; {waited}"


def expired(scene: Scene) -> str:
    """The hotline's node has a certificate that ended yesterday, until it gets a good one."""
    link, ends = _https(scene), scene.couple.ends
    link.expire(ends[0].side)
    try:
        scene.troubled("证书")
        said, waited = _said(scene), scene.backlog(*ends)
    finally:
        link.expire(ends[0].side, days=90)
        scene.over()
    return f"{said}; {waited}"


def other_certificate(scene: Scene) -> str:
    """The hotline's node shows the certificate of a third one, signed by the same authority."""
    link, first = _https(scene), scene.couple.first
    link.take_for(first.side, "third")
    try:
        wait_for(lambda: first.eyes.value(TROUBLE), FELT)
        said, waited = _said(scene), scene.backlog(first)
    finally:
        link.expire(first.side, days=90)
        scene.over()
    return f"{said}; {waited}"


def _said(scene: Scene) -> str:
    return "; ".join(f"{end.desk}: {end.eyes.value(TROUBLE)[:24] or 'nothing'}" for end in scene.couple.ends)


def _https(scene: Scene) -> HttpsLink:
    link = scene.couple.link
    if not isinstance(link, HttpsLink):
        raise Skipped("only https has certificates")
    return link


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


# Name → what it does, in the order in which they are tried. Tried where the link has it (`Link.can`).
OF_LINKS: dict[str, Mischief] = {
    "cut-one-way": cut_one_way,
    "cut-both": cut_both,
    "cut-and-kill": cut_and_kill,
    "backlog": backlog,
    "gate-kill": _gate_kill(),
    "gate-kill-rash": _gate_kill("--rash"),
    "disk-full": disk_full,
    "replay": replay,
    "hundredfold": hundredfold,
    "slow": slow,
    "expired": expired,
    "other-certificate": other_certificate,
    "lost-there": _lost(0),
    "lost-back": _lost(1),
    "lost-both": _lost(0, 1),
}
