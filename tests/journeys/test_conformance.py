"""Our own node passes all cases of the conformance kit; the kit stands at the other end of its drop folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from liandong.kernel.keys import FolderKeys, publics
from liandong.peers.keyring import known_keys
from simulation.conformance.kit import CASES, play
from simulation.conformance.session import Session
from simulation.peer.endpoint import Identity
from simulation.peer.ways import folder
from tests import cast
from tests.cast import POLICE
from tests.ferries import Ferries
from tests.nodes import Nodes


@dataclass
class OnTrial(Ferries):
    """The node `police` is tested; in the place of `gov` stands the kit. The clerk of 110 signs for what is offered."""

    made: list[str] = field(default_factory=list)

    def turns(self, *, acts: bool) -> Iterator[None]:
        for turn in range(5 if acts else 3):
            self.turn("police")
            if acts and turn:
                self.sign()
                self.turn("police")
            yield
            self.clock.advance(seconds=90 if acts else 20)

    def sign(self) -> None:
        from liandong.transfer.models import Transfer

        with self.of(POLICE):
            for row in Transfer.objects.filter(state="offered", target="110"):
                cast.step(row, "accept", by=POLICE)

    def ask(self, what: str) -> None:
        """110 itself is where dangers go, so of what may not be refused it hands over a report."""
        self.offer(self.order(POLICE, title="联调"), "notify" if "险情" in what else "divert", target="12345")


@pytest.fixture
def tested(nodes: Nodes, tmp_path: Path) -> Any:
    before = settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR
    yield OnTrial(nodes.databases, nodes.clock, root=tmp_path)
    settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR = before


def test_our_own_node_passes_all_cases_of_the_kit(tested: OnTrial) -> None:
    keys = FolderKeys(tested.root / "gov" / "keys")
    known = known_keys({"police": publics(tested.root / "police" / "keys")})
    me = Identity("gov", "12345", "police", "110", keys, "gov-1", known)
    session = Session(me, folder(tested.root / "police" / "ferry" / "gov", "gov", "police"), tested)
    results = play(session)
    short = {one.case.code: (one.outcome.verdict, one.outcome.came) for one in results if one.outcome.verdict != "pass"}
    assert short == {}
    assert len(results) == len(CASES)
