"""Two nodes that know each other by files alone: databases, keys and drop folders of their own, a gate in between."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from liandong.kernel.keys import FolderKeys
from liandong.peers.channels import Way
from liandong.peers.channels.ferry import Ferry
from tests import cast
from tests.nodes import Nodes

PAIR = ("gov", "police")


@dataclass
class Ferries(Nodes):
    """Two of the nodes, with nothing between them but files. `spoil` may do to a batch what a bad gate does."""

    root: Path = Path()
    closed: bool = False
    spoil: Callable[[list[Path]], None] = field(default=lambda files: None)

    def __post_init__(self) -> None:
        for code, peer in (PAIR, PAIR[::-1]):
            (self.root / code / "ferry" / peer).mkdir(parents=True)
            public = FolderKeys(self.root / code / "keys").make(f"{code}-1")
            entered = self.root / peer / "peer-keys" / code
            entered.mkdir(parents=True)
            (entered / f"{code}-1.pub.pem").write_text(public)

    def quiet(self) -> None:
        """Turns of both couriers and of the gate, until nothing moves."""
        for _ in range(50):
            if not sum([self.turn(code) for code in PAIR]) + self.gate():
                return
        raise AssertionError("they never come to an end")

    def turn(self, code: str) -> int:
        from liandong.peers.actions import carry, settle_stored

        peer = PAIR[1 - PAIR.index(code)]
        with self.at(code):
            settings.KEYS, settings.PEER_KEYS = self.root / code / "keys", self.root / code / "peer-keys"
            cast.react()
            done = carry(peer=peer, channels=self.ways(code))
            done += settle_stored()
            cast.react()
        return done

    @staticmethod
    def patience() -> timedelta:
        return timedelta(hours=1)

    def ways(self, code: str) -> list[Way]:
        return [Way("ferry", Ferry(self.root / code / "ferry", code, self.patience))]

    def files(self, code: str, which: str, channel: str = "ferry") -> list[Path]:
        return sorted((self.root / code / channel / PAIR[1 - PAIR.index(code)] / which).glob("*"))

    def gate(self) -> int:
        """Carry the files over in any order, some batches twice. Returns how many."""
        return self.bring("ferry")

    def bring(self, channel: str) -> int:
        if self.closed:
            return 0
        carried = 0
        for code, peer in (PAIR, PAIR[::-1]):
            files = self.files(code, "out", channel)
            to = self.root / peer / channel / code / "in"
            if not to.parent.exists():
                continue
            self.spoil(files)
            files = [file for file in files if file.exists()]
            to.mkdir(exist_ok=True)
            self.dice.shuffle(files)
            for file in files:
                shutil.copy(file, to / file.name)
                file.unlink()
            carried += len(files)
        return carried

    def again(self) -> None:
        """Let the waits of the retries pass, and all that is due go once more."""
        self.clock.advance(minutes=10)
        self.quiet()

    def journal(self, code: str) -> tuple[int, int]:
        """How many messages are in the journal of the node, and how many of them have no receipt."""
        from liandong.peers.models import Outgoing

        with self.at(code):
            return Outgoing.objects.count(), Outgoing.objects.filter(stored_at=None).count()

    def checked(self, code: str) -> list[str]:
        """What `liandong check` says about the other nodes."""
        from config.health import _peers

        with self.at(code):
            settings.FERRY_DIR = str(self.root / code / "ferry")
            return list(_peers())

    def peer(self, code: str) -> Any:
        from liandong.peers.models import Peer

        with self.at(code):
            return Peer.objects.get(code=PAIR[1 - PAIR.index(code)])


@pytest.fixture
def net(nodes: Nodes, tmp_path: Path) -> Any:
    before = settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR
    yield Ferries(nodes.databases, nodes.clock, root=tmp_path)
    settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR = before


def offered(net: Ferries, kind: str = "divert", **given: Any) -> Any:
    row = net.offer(net.order(**given), kind)
    net.quiet()
    return row


def assert_all_is_said_and_stored(net: Ferries, matter: str) -> None:
    net.assert_agree(matter, *PAIR)
    assert sum(net.journal(code)[0] for code in PAIR) > 0
    for code in PAIR:
        assert net.journal(code)[1] == 0
        assert net.peer(code).trouble == ""
