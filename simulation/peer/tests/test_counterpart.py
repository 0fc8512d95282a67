"""The simulated peer: two of them agree through any storm, each answers as a desk would, and equal seeds are equal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from liandong.kernel import sm2
from liandong.kernel.clock import VirtualClock, running_on
from liandong.kernel.keys import PublicKeys
from liandong.peers.envelope import PeerKey, parse
from simulation.peer.counterpart import Counterpart
from simulation.peer.desk import Manners
from simulation.peer.endpoint import Identity
from simulation.peer.faults import FaultUnknown, Storm, read
from simulation.peer.memory import Memory, OtherState
from simulation.peer.run import turn
from simulation.peer.ways import folder

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
CODES = {"110": "sim-110", "12345": "sim-12345"}


class OneKey(PublicKeys):
    def __init__(self) -> None:
        self._key = sm2.generate()

    def sign(self, key_id: str, data: bytes) -> bytes:
        return self._key.sign(data)

    def decrypt(self, key_id: str, data: bytes) -> bytes:
        return self._key.decrypt(data)

    def public(self, key_id: str) -> str:
        return self._key.public_pem()


KEYS = {desk: OneKey() for desk in CODES}


def identity(desk: str) -> Identity:
    other = "110" if desk == "12345" else "12345"
    known = {f"{other}-1": PeerKey(CODES[other], KEYS[other].public(""))}
    return Identity(CODES[desk], desk, CODES[other], other, KEYS[desk], f"{desk}-1", known)


def pair(seed: int = 1, **manners: float) -> tuple[Counterpart, Counterpart]:
    first, second = (Counterpart(identity(desk), seed, Manners(**manners)) for desk in CODES)  # type: ignore[arg-type]
    return first, second


def exchange(pair: tuple[Counterpart, Counterpart], minutes: int = 10, fault: str = "") -> None:
    storms = [Storm(read(fault), Random(n)) for n in (1, 2)]
    now = NOW
    for _ in range(minutes * 12):
        now += timedelta(seconds=5)
        for one, other, storm in zip(pair, pair[::-1], storms, strict=True):
            one.act(now)
            other.receive(storm.passed(one.outgoing(now), now), now)


def assert_agree(pair: tuple[Counterpart, Counterpart]) -> None:
    one, other = ({number: held.steps for number, held in each.transfers.items()} for each in pair)
    assert one == other
    assert all(not each.line.rows and not each.aside and not each.waiting for each in pair)


@pytest.mark.parametrize("fault", ["", "drop=0.3,duplicate,reorder,delay=7s,forge"])
def test_two_desks_bring_every_matter_to_an_end_whatever_the_line_does(fault: str) -> None:
    both = pair()
    for number in range(4):
        both[number % 2].offer(f"第{number}件", NOW, "danger" if number == 3 else "divert")
    exchange(both, 30, fault)
    assert_agree(both)
    assert len(both[0].transfers) == 4
    assert all(held.replica.ended for held in both[0].transfers.values())
    assert bool(both[0].line.refusals) == bool(fault)


@pytest.mark.parametrize(
    ("title", "verbs"),
    [
        ("【签收】", "offer accept conclude confirm"),
        ("【退回】", "offer refuse take_back"),
        ("【协商】", "offer refuse contest award accept conclude confirm"),
        ("【退件】", "offer accept hand_back take_back"),
        ("【未解决】", "offer accept conclude not_solved conclude confirm"),
        ("【不答】", "offer"),
    ],
)
def test_a_word_in_the_title_leads_where_one_wants_it(title: str, verbs: str) -> None:
    both = pair()
    number = both[0].offer(title, NOW)
    exchange(both)
    assert " ".join(step.verb for step in both[1].transfers[number].steps) == verbs
    assert_agree(both)


def test_a_danger_is_never_refused() -> None:
    both = pair(refuses=1.0, hands_back=1.0)
    number = both[0].offer("【退回】有人落水", NOW, "danger")
    exchange(both)
    assert [step.verb for step in both[1].transfers[number].steps][:2] == ["offer", "accept"]


def test_equal_seeds_are_equal_courses() -> None:
    courses = []
    for _ in range(2):
        both = pair(5, refuses=0.5)
        for number in range(6):
            both[0].offer(f"第{number}件", NOW)
        exchange(both, 20, "drop=0.2,reorder")
        courses.append({number: held.steps for number, held in both[0].transfers.items()})
    assert courses[0] == courses[1]


def test_silence_says_nothing_and_an_unknown_fault_is_told() -> None:
    storm = Storm(read("silent"), Random(1))
    assert storm.passed([b"x"], NOW) == []
    assert read("drop=0.1,delay=500ms,slow").delay == timedelta(milliseconds=500)
    for wrong in ("dorp", "drop=2", "drop=x", "delay=", "delay=5y", "silent=1"):
        with pytest.raises(FaultUnknown):
            read(wrong)


def test_a_peer_that_is_started_again_goes_on_in_the_same_words(tmp_path: Path) -> None:
    file, (first, second) = tmp_path / "state", pair()
    memory = Memory(first, file, print)
    sent = memory.tick([], NOW, offers=True)
    with file.open("ab") as torn:
        torn.write(b'{"at": ')
    again = Memory(Counterpart(identity("110"), 1), file, print)
    later = NOW + timedelta(minutes=2)
    assert sorted(again.tick([], later)) == sorted(sent)
    second.receive(sent, NOW)
    second.act(later)
    again.tick(second.outgoing(later), later)
    (held,) = again.peer.transfers.values()
    assert held.replica.seq == 2
    with pytest.raises(OtherState):
        Memory(Counterpart(identity("110"), 2), file, print)


def test_two_peers_meet_in_one_drop_folder(tmp_path: Path) -> None:
    """The first is a node with its own drop folder; the second stands at the other end of it."""
    from liandong.peers.channels.ferry import Ferry
    from simulation.peer.ways import ByChannel

    place = tmp_path / CODES["12345"]
    place.mkdir()
    clock = VirtualClock(NOW)
    with running_on(clock):
        node = ByChannel(Ferry(tmp_path, CODES["110"], lambda: timedelta(minutes=1)), CODES["12345"])
        ways = (node, folder(place, CODES["12345"], CODES["110"]))
        both = [Memory(one, None, print) for one in pair()]
        number = both[0].peer.offer("【签收】", NOW)
        for _ in range(20):
            clock.advance(seconds=5)
            for memory, way in zip(both, ways, strict=True):
                turn(memory, way, Storm(read(""), Random(1)), clock.now())
    assert both[1].peer.transfers[number].replica.state == "confirmed"
    kinds = [parse(line).kind for file in (place / "done").glob("*.jsonl") for line in file.read_bytes().splitlines()]
    assert {"receipt", "matter", "step"} <= set(kinds)
