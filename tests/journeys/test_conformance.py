"""Our own node is judged by the conformance kit: all cases over files, some over https and the joint database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from random import Random
from typing import Any

from liandong.kernel.clock import SystemClock
from liandong.kernel.keys import FolderKeys, publics
from liandong.peers.channels.certs import files_in, make_node
from liandong.peers.channels.https import Where
from liandong.peers.keyring import known_keys
from simulation.conformance.kit import CASES, Result, named, play
from simulation.conformance.session import Session
from simulation.peer.endpoint import Endpoint, Identity
from simulation.peer.ways import ByChannel, ByDatabase, ByHttps, folder
from tests import cast
from tests.cast import POLICE
from tests.ferries import Ferries
from tests.joined import Joined
from tests.secured import Secured

COMMON = ("snapshot", "any_layout", "unknown_field", "too_large", "duplicate", "gap", "offer", "unknown_in_step")


class Operator:
    """The node `police` is tested; in the place of `gov` stands the kit. The clerk of 110 signs for what is offered."""

    def __init__(self, net: Ferries) -> None:
        self.net = net

    def turns(self, *, acts: bool) -> Iterator[None]:
        for turn in range(5 if acts else 3):
            self.net.turn("police")
            if acts and turn:
                self.sign()
                self.net.turn("police")
            yield
            self.net.clock.advance(seconds=90 if acts else 20)

    def sign(self) -> None:
        from liandong.transfer.models import Transfer

        with self.net.of(POLICE):
            for row in Transfer.objects.filter(state="offered", target="110"):
                cast.step(row, "accept", by=POLICE)

    def ask(self, what: str) -> None:
        """110 itself is where dangers go, so of what may not be refused it hands over a report."""
        net = self.net
        net.offer(net.order(POLICE, title="联调"), "notify" if "险情" in what else "divert", target="12345")


def kit(net: Ferries) -> Identity:
    known = known_keys({"police": publics(net.root / "police" / "keys")})
    return Identity("gov", "12345", "police", "110", FolderKeys(net.root / "gov" / "keys"), "gov-1", known)


def judged(net: Ferries, way: ByChannel, *codes: str) -> list[Result]:
    """The results; each case passes."""
    results = play(Session(kit(net), way, Operator(net)), named(codes, way.kind))
    short = {one.case.code: (one.outcome.verdict, one.outcome.came) for one in results if one.outcome.verdict != "pass"}
    assert short == {}
    return results


def of(kind: str) -> tuple[str, ...]:
    return *(one.code for one in CASES if one.only == kind), *COMMON


def test_our_own_node_passes_all_cases_of_the_kit(net: Any) -> None:
    way = folder(net.root / "police" / "ferry" / "gov", "gov", "police")
    assert len(judged(net, way)) == len(named((), "ferry"))


def secured_way(net: Secured, *, pull: bool) -> ByHttps:
    """The kit in the place of `gov`, with its certificate; unless it pulls it has a door of its own."""
    make_node(net.root / "certs", "somebody", SystemClock().now())
    way = ByHttps(kit(net), files_in(net.root / "certs", "gov"), Endpoint(kit(net), Random(1)).read)
    way.other = files_in(net.root / "certs", "somebody")
    if pull:
        net.fetching = frozenset({"gov"})
    else:
        net.ports["gov"] = way.listen("127.0.0.1", 0, ["police"])
    net.deployed("police")
    way.call(Where(f"https://127.0.0.1:{net.ports['police']}", "127.0.0.1", 3, 8, pull))
    return way


def test_our_own_node_passes_the_cases_of_https(secured: Secured) -> None:
    codes = [code for code in of("https") if code != "fetch_again"]
    with closing(secured_way(secured, pull=False)) as way:
        assert len(judged(secured, way, *codes)) == len(codes)


def test_our_own_node_passes_them_where_the_kit_cannot_be_called(secured: Secured) -> None:
    with closing(secured_way(secured, pull=True)) as way:
        judged(secured, way, "fetch_again", "answer", "offer", "duplicate")


def test_our_own_node_passes_the_cases_of_the_joint_database(joined: Joined) -> None:
    way = ByDatabase(joined.joint.addresses["gov"], "gov", "police", "gov")
    with closing(way):
        assert len(judged(joined, way, *of("middb"))) == len(of("middb"))
