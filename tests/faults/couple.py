"""Two real nodes with databases of their own, a link between them, and what is looked at from outside."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from config.pair import Side, introduce, sides_of
from tests.faults.equal import Eyes, Known, differences
from tests.faults.gate import CITY
from tests.faults.lines import HttpsLink, MiddbLink
from tests.faults.link import FerryLink, Link
from tests.faults.node import Node, NodeFailed, begun
from tests.faults.stream import RIGHTS

LINKS: dict[str, Callable[[Path, tuple[Side, Side]], Link]] = {
    "ferry": FerryLink,
    "https": HttpsLink,
    "middb": MiddbLink,
}
LOOK = 0.2
MOUNTS, NAMESPACES = Path("/proc/mounts"), Path("/run/netns")


@dataclass(frozen=True)
class End:
    """One of the two nodes, with all that is known of it."""

    side: Side
    desk: str
    node: Node
    eyes: Eyes
    token: str


@dataclass(frozen=True)
class Couple:
    """`first` hosts 12345, `second` the 110."""

    first: End
    second: End
    link: Link

    @property
    def ends(self) -> tuple[End, End]:
        return self.first, self.second

    def addresses(self) -> dict[str, tuple[int, str]]:
        return {end.desk: (end.node.port, end.token) for end in self.ends}

    def apart(self) -> list[str]:
        """What keeps the two from being equal now; also that a database does not answer."""
        try:
            first, second = self.known()
        except psycopg.OperationalError as why:
            return [str(why).strip()]
        return differences(first, second)

    def known(self) -> tuple[Known, Known]:
        return self.first.eyes.known(), self.second.eyes.known()

    def await_equal(self, within: float) -> list[str]:
        """What still keeps them apart when the time is over; empty when they are equal."""
        until = time.monotonic() + within
        while (told := self.apart()) and time.monotonic() < until:
            time.sleep(LOOK)
        return told


def wait_for(condition: Callable[[], object], within: float, every: float = 0.02) -> bool:
    """Whether it came true in time. A database that is being killed makes nothing true."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            if condition():
                return True
        except psycopg.OperationalError:
            pass
        time.sleep(every)
    return False


@contextmanager
def couple(kind: str) -> Iterator[Couple]:
    """Both nodes whole and linked; at the end nothing is left. Raises NodeFailed, also when something is left."""
    root = Path(tempfile.mkdtemp(prefix="liandong-pair-"))
    root.chmod(0o711)  # the account that runs the server passes through
    before = _standing(root)
    try:
        with ExitStack() as stack:
            sides = sides_of(CITY, root)
            introduce(sides)
            link = LINKS[kind](root, sides)
            stack.callback(link.close)
            nodes = [
                stack.enter_context(begun(side.state, "--no-calls", "--workers", "1", given=link.given(side)))
                for side in sides
            ]
            for node in nodes:
                stack.callback(node.up.terminate)  # both at once, before each is waited for
            for node in nodes:
                node.await_whole()
            link.open()
            first, second = (
                End(side, desk, node, Eyes(node.database), node.token(desk, RIGHTS))
                for side, desk, node in zip(sides, ("12345", "110"), nodes, strict=True)
            )
            stack.callback(first.eyes.close)
            stack.callback(second.eyes.close)
            yield Couple(first, second, link)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    if left := sorted(_standing(root) - before):
        raise NodeFailed(f"left behind: {'; '.join(left)}")


def _standing(root: Path) -> set[str]:
    """What a run may leave on the machine."""
    told = {f"mount {line}" for line in MOUNTS.read_text().splitlines() if str(root) in line}
    told |= {f"namespace {one.name}" for one in NAMESPACES.iterdir()} if NAMESPACES.is_dir() else set()
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if one.status() != psutil.STATUS_ZOMBIE:
                told.add(f"process {one.pid} {one.name()}")
    return told | ({f"folder {root}: {[*root.iterdir()]}"} if root.exists() and any(root.iterdir()) else set())
