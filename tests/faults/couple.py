"""Two real nodes with databases of their own, a link between them, and what is looked at from outside."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from config.pair import Side, introduce, sides_of
from config.tests import clusters
from tests.faults.equal import Eyes, Known, differences
from tests.faults.gate import CITY
from tests.faults.lines import HttpsLink, MiddbLink, WireLink
from tests.faults.link import FerryLink, Link
from tests.faults.node import Node, NodeFailed, begun, prepared
from tests.faults.skew import Skew
from tests.faults.stream import RIGHTS, Address

LINKS: dict[str, type[FerryLink | HttpsLink | MiddbLink]] = {
    "ferry": FerryLink,
    "https": HttpsLink,
    "middb": MiddbLink,
}
# What a pair may have besides, for the faults that need it: networks of its own, or a clock that can be put wrong.
PLAIN, WIRE, CLOCK = "plain", "wire", "clock"
WIRES = {"https": WireLink}
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
    """`first` hosts 12345, `second` the 110. `skew`: the clock of the second, where it can be put wrong."""

    first: End
    second: End
    link: Link
    skew: Skew | None = None

    @property
    def ends(self) -> tuple[End, End]:
        return self.first, self.second

    def addresses(self) -> dict[str, Address]:
        return {end.desk: Address(end.node.port, end.token, end.node.inside) for end in self.ends}

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
def couple(kind: str, setting: str = PLAIN) -> Iterator[Couple]:
    """Both nodes whole and linked; at the end nothing is left.

    Raises NodeFailed, also when something is left; NoSpace, NoSkew where the setting cannot be had.
    """
    root = Path(tempfile.mkdtemp(prefix="liandong-pair-"))
    root.chmod(0o711)  # the account that runs the server passes through
    before = _standing(root)
    try:
        with ExitStack() as stack:
            sides = sides_of(CITY, root)
            introduce(sides)
            link = WIRES[kind](root, sides) if setting == WIRE else LINKS[kind](root, sides)
            stack.callback(link.close)
            skew = Skew(root) if setting == CLOCK else None
            nodes = _begun(stack, sides, link, skew)
            link.open()
            with ThreadPoolExecutor(2) as each:
                first, second = each.map(_end, sides, ("12345", "110"), nodes)
            stack.callback(first.eyes.close)
            stack.callback(second.eyes.close)
            yield Couple(first, second, link, skew)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    if left := sorted(_standing(root) - before):
        raise NodeFailed(f"left behind: {'; '.join(left)}")


def _end(side: Side, desk: str, node: Node) -> End:
    return End(side, desk, node, Eyes(node.database, node.inside), node.token(desk, RIGHTS))


def _begun(stack: ExitStack, sides: tuple[Side, Side], link: Link, skew: Skew | None) -> list[Node]:
    """Both at once, until both are whole."""
    nodes = list[Node]()
    for side in sides:
        clusters.copied(prepared(), side.state)
        given = {**link.given(side), **(skew.given() if skew and side is sides[1] else {})}
        options = ("--no-calls", "--workers", "1")
        nodes.append(stack.enter_context(begun(side.state, *options, given=given, space=link.space(side))))
    for node in nodes:
        stack.callback(node.up.terminate)  # both at once, before each is waited for
    for node in nodes:
        node.await_whole()
    return nodes


def _standing(root: Path) -> set[str]:
    """What a run may leave on the machine."""
    told = {f"mount {line}" for line in MOUNTS.read_text().splitlines() if str(root) in line}
    told |= {f"namespace {one.name}" for one in NAMESPACES.iterdir()} if NAMESPACES.is_dir() else set()
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if one.status() != psutil.STATUS_ZOMBIE:
                told.add(f"process {one.pid} {one.name()}")
    return told | ({f"folder {root}: {[*root.iterdir()]}"} if root.exists() and any(root.iterdir()) else set())
