"""Two ends of each real channel, on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from liandong.kernel.clock import SystemClock
from liandong.peers.channels.certs import make_ca, make_node
from liandong.peers.channels.ferry import Ferry
from liandong.peers.channels.https import Where
from liandong.peers.channels.tls import Files
from simulation.peer.counterpart import Counterpart
from simulation.peer.endpoint import Endpoint
from simulation.peer.tests.test_counterpart import CODES, identity
from simulation.peer.ways import ByChannel, ByDatabase, ByHttps, folder
from tests.joint import Joint

KIT, PEER = CODES["12345"], CODES["110"]
Ends = tuple[ByChannel, ByChannel]  # of 12345, as the kit plays it; of 110, the peer


class Node(ByChannel):
    """A node with its own drop folder; the gate is the folder itself."""

    def __init__(self, root: Path, line: Endpoint) -> None:
        channel = Ferry(root, line.me.code, lambda: timedelta(hours=1))
        super().__init__(channel, line.me.peer, line.read)


@contextmanager
def by_files(root: Path, peer: Counterpart) -> Iterator[Ends]:
    place = root / KIT
    place.mkdir()
    yield folder(place, KIT, PEER), Node(root, peer.line)


@dataclass
class Certificates:
    """Of one authority for both sides and for somebody else."""

    root: Path

    def __post_init__(self) -> None:
        make_ca(self.root, SystemClock().now())
        self.files: dict[str, Files] = {
            code: make_node(self.root, code, SystemClock().now()) for code in (KIT, PEER, "somebody")
        }


@contextmanager
def by_https(certificates: Certificates, peer: Counterpart, *, pull: bool = False) -> Iterator[Ends]:
    """Both listen; with `pull` the kit can't be called, and fetches."""
    files = certificates.files
    with ExitStack() as stack:
        sides: list[ByHttps] = []
        for line in (Endpoint(identity("12345"), Random(1)), peer.line):
            sides.append(_listening(line, files[line.me.code]))
            stack.callback(sides[-1].close)
        kit, its = sides
        assert kit.door is not None
        assert its.door is not None
        reach(kit, its.door.port, pull=pull)
        if not pull:
            reach(its, kit.door.port)
        kit.other = files["somebody"]
        yield kit, its


def _listening(line: Endpoint, files: Files) -> ByHttps:
    way = ByHttps(line.me, files, line.read)
    way.listen("127.0.0.1", 0, [line.me.peer])
    return way


def reach(way: ByHttps, port: int, *, pull: bool = False) -> None:
    way.call(Where(f"https://127.0.0.1:{port}", "127.0.0.1", 3, 8, pull))


@contextmanager
def by_database(joint: Joint, peer: Counterpart) -> Iterator[Ends]:
    ends = (
        ByDatabase(joint.addresses["gov"], KIT, PEER, "gov"),
        ByDatabase(joint.addresses["police"], PEER, KIT, "police", peer.line.read),
    )
    try:
        yield ends
    finally:
        for end in ends:
            end.close()
