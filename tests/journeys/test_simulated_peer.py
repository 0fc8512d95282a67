"""A real node and a simulated 110 that stands at the other end of its drop folder: hand-overs both ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings

from liandong.kernel.keys import FolderKeys, publics
from liandong.peers.keyring import known_keys
from simulation.peer.counterpart import Counterpart
from simulation.peer.desk import Manners
from simulation.peer.endpoint import Identity
from simulation.peer.faults import Storm, read
from simulation.peer.memory import Memory
from simulation.peer.run import turn
from simulation.peer.ways import folder
from tests import cast
from tests.cast import HOTLINE
from tests.ferries import Ferries
from tests.nodes import Nodes


@dataclass
class Trial(Ferries):
    """The node `gov` is real; in the place of `police` stands the simulated peer, with that node's keys."""

    fault: str = ""
    peer: Any = field(default=None)

    def __post_init__(self) -> None:
        super().__post_init__()
        known = known_keys({"gov": publics(self.root / "gov" / "keys")})
        keys = FolderKeys(self.root / "police" / "keys")
        me = Identity("police", "110", "gov", "12345", keys, "police-1", known)
        self.memory = Memory(Counterpart(me, 3, Manners(concludes=timedelta(seconds=5))), None, lambda line: None)
        self.storm = Storm(read(self.fault), Random(3))
        self.way = folder(self.root / "gov" / "ferry" / "police", "police", "gov")

    def pass_turns(self, count: int, **offer: str) -> None:
        if offer:
            self.memory.peer.offer(now=self.clock.now(), **offer)
        for _ in range(count):
            self.turn("gov")
            turn(self.memory, self.way, self.storm, self.clock.now())
            self.clock.advance(seconds=7)

    def here(self) -> Any:
        from liandong.transfer.models import Transfer

        with self.at("gov"):
            return Transfer.objects.select_related("origin_order", "target_order").get()

    def steps_there(self) -> list[str]:
        (held,) = self.memory.peer.transfers.values()
        return [step.digest().hex() for step in held.steps]

    def steps_here(self) -> list[str]:
        from liandong.transfer.models import StepRow

        with self.at("gov"):
            return [bytes(step.hash).hex() for step in StepRow.objects.order_by("seq")]


@pytest.fixture
def trial(nodes: Nodes, tmp_path: Path) -> Any:
    before = settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR
    yield lambda fault="": Trial(nodes.databases, nodes.clock, root=tmp_path, fault=fault)
    settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR = before


@pytest.mark.parametrize("fault", ["", "drop=0.3,duplicate,reorder,forge"])
def test_what_a_node_hands_over_is_signed_for_and_answered(trial: Any, fault: str) -> None:
    net = trial(fault)
    net.offer(net.order(title="【签收】楼下有人赌博"))
    net.pass_turns(30 if fault else 8)
    row = net.here()
    assert row.state == "concluded"
    assert row.target_order.desk == "110"
    with net.of(HOTLINE):
        cast.step(row, "confirm", by=HOTLINE)
    net.pass_turns(20 if fault else 4)
    assert len(net.steps_here()) == 4
    assert net.steps_there() == net.steps_here()
    assert not net.memory.peer.aside
    assert net.journal("gov")[1] == 0


def test_what_the_peer_hands_over_arrives_with_its_caller_and_goes_back(trial: Any) -> None:
    from liandong.intake.queries import caller_in_clear

    net = trial()
    net.pass_turns(3, title="【退回】有人反映噪声")
    row = net.here()
    assert (row.state, row.origin, row.target) == ("offered", "110", "12345")
    with net.of(HOTLINE):
        assert caller_in_clear(row.origin_order).phone == "13500000000"
        cast.step(row, "refuse", by=HOTLINE)
    net.pass_turns(4)
    assert net.here().state == "returned"
    assert net.steps_there() == net.steps_here()
