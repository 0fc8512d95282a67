"""The faults of the nodes themselves, one function each: do it, hold it as long as it takes to be felt, mend it.

Each returns what was seen, in a few words. What cannot be tried here raises Skipped with the reason.
"""

from __future__ import annotations

import psutil

from liandong.kernel.keys import PUBLIC, FolderKeys
from tests.faults.couple import End, wait_for
from tests.faults.scene import FELT, Mischief, Scene, Skipped

UNDER_WAY = "SELECT count(*) FROM peers_incoming WHERE state = 'stored'"
STEPS = 16  # that are taken while a clock is wrong
MINUTES = 5


def _kill(which: str, place: int) -> Mischief:
    def kill(scene: Scene) -> str:
        return kill_one(scene, which, scene.couple.ends[place])

    return kill


def kill_one(scene: Scene, which: str, end: End) -> str:
    """A worker while messages that came have not taken effect, where that can be caught."""
    victim = _found(end, which)
    half_way = which == "worker" and wait_for(lambda: end.eyes.value(UNDER_WAY), scene.felt, every=0.002)
    victim.kill()
    scene.over()
    victim.wait(10)
    scene.danger()
    seen = f"{which} of {end.desk} killed" + (", half-way in what came" if half_way else "")
    before = len(scene.stream.books.steps)
    wait_for(lambda: len(scene.stream.books.steps) > before, scene.felt)  # others go on, or it is back
    return seen


def _found(end: End, which: str) -> psutil.Process:
    if not wait_for(lambda: which in end.node.processes(), FELT):
        raise Skipped(f"no {which} runs at {end.desk}")
    return end.node.processes()[which]


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


def garbage(scene: Scene) -> str:
    """Bytes that are no message, and JSON that is no envelope."""
    first, second = scene.couple.ends
    before = second.eyes.count().apart
    noise = scene.dice.randbytes(300).translate(None, b"\r\n")
    scene.couple.link.say(first.side, [noise])
    scene.couple.link.say(first.side, [b'{"specversion": "1.0"}'])
    scene.danger()
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
    scene.danger()
    told = wait_for(lambda: second.eyes.count().dead > before, FELT)
    scene.over()
    scene.dead = 1
    why = second.eyes.value(DEAD) if told else "nothing"
    return f"on the dead-letter list: {why}"


def _clock(minutes: int) -> Mischief:
    """The clock of the 110's node is set wrong while matters go on, and then set right."""

    def skew(scene: Scene) -> str:
        clock = scene.couple.skew
        if clock is None:
            raise Skipped("the clock cannot be set here")
        clock.put(60 * minutes)
        try:
            before = len(scene.stream.books.steps)
            wait_for(lambda: len(scene.stream.books.steps) >= before + STEPS, 2 * FELT)
            scene.danger()
            steps = len(scene.stream.books.steps) - before
        finally:
            clock.put(0)
            scene.over()
        return (
            f"{steps} steps were taken while the 110's clock was {abs(minutes)} min {'fast' if minutes > 0 else 'slow'}"
        )

    return skew


# Name → what it does, in the order in which they are tried.
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
    "clock-fast": _clock(MINUTES),
    "clock-slow": _clock(-MINUTES),
}
