"""Two nodes with two channels between them: the second is taken while the first is down, and left when it is back."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from django.conf import settings

from tests.cast import POLICE
from tests.ferries import PAIR, Ferries, assert_all_is_said_and_stored, offered
from tests.nodes import Nodes


class TwoWays(Ferries):
    """The first channel is the drop folders of `Ferries`; the second is like it, in `spare`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for code, peer in (PAIR, PAIR[::-1]):
            (self.root / code / "spare" / peer).mkdir(parents=True)

    def ways(self, code: str) -> list[Any]:
        from liandong.peers.channels import Way
        from liandong.peers.channels.ferry import Ferry

        return [*super().ways(code), Way("spare", Ferry(self.root / code / "spare", code, self.patience))]

    bring_only = ""

    def gate(self) -> int:
        if self.bring_only:
            return self.bring(self.bring_only)
        return super().gate() + self.bring("spare")

    def checked(self, code: str) -> list[str]:
        peer, file = PAIR[1 - PAIR.index(code)], self.root / code / "channels.toml"
        line = "[[peers.{}]]\nkind = 'ferry'\nname = '{}'\nfolder = '{}'\n"
        file.write_text("".join(line.format(peer, name, name) for name in ("ferry", "spare")))
        settings.CHANNELS = str(file)
        return super().checked(code)

    def take_away(self, code: str) -> None:
        folder = self.root / code / "ferry"
        folder.rename(folder.with_name("away"))

    def put_back(self, code: str) -> None:
        folder = self.root / code / "away"
        folder.rename(folder.with_name("ferry"))

    def states(self, code: str) -> dict[str, Any]:
        from liandong.peers.queries import channel_states

        with self.at(code):
            return {one.channel: one for one in channel_states(PAIR[1 - PAIR.index(code)])}

    def sent(self, code: str, channel: str) -> list[Any]:
        return self.files(code, "out", channel)


@pytest.fixture
def net(nodes: Nodes, tmp_path: Any) -> Any:
    before = settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR, settings.CHANNELS
    yield TwoWays(nodes.databases, nodes.clock, root=tmp_path)
    settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR, settings.CHANNELS = before


def test_while_the_first_is_down_the_second_carries_and_the_trouble_of_the_first_is_told(net: TwoWays) -> None:
    net.take_away("gov")
    row = offered(net)
    assert_all_is_said_and_stored(net, row.matter.number)
    states = net.states("gov")
    assert "摆渡目录" in states["ferry"].trouble
    assert states["spare"].trouble == ""
    assert states["spare"].good_at is not None
    assert any("通道 ferry 不通，正由其他通道收发" in one for one in net.checked("gov"))
    since = states["ferry"].trouble_at
    net.clock.advance(minutes=5)
    net.turn("gov")
    assert net.states("gov")["ferry"].trouble_at == since
    assert net.states("gov")["ferry"].paused_until > net.clock.now()


def test_when_the_first_is_back_it_is_taken_again_by_itself(net: TwoWays) -> None:
    net.take_away("gov")
    row = offered(net)
    net.put_back("gov")
    net.clock.advance(minutes=2)
    net.quiet()
    assert net.states("gov")["ferry"].trouble == ""
    net.closed = True
    net.offer(net.order(title="又一件"))
    net.turn("gov")
    assert net.sent("gov", "ferry") != []
    assert net.sent("gov", "spare") == []
    net.closed = False
    net.step(row, "accept", POLICE)
    assert_all_is_said_and_stored(net, row.matter.number)


def test_what_comes_by_either_is_taken_in(net: TwoWays) -> None:
    net.closed = True
    first = net.offer(net.order())
    net.turn("gov")
    net.take_away("gov")
    second = net.offer(net.order(title="又一件"))
    net.turn("gov")
    assert net.sent("gov", "spare") != []
    shutil.move(net.root / "gov" / "away", net.root / "gov" / "ferry")
    net.closed = False
    net.quiet()
    for row in (first, second):
        net.assert_agree(row.matter.number, *PAIR)


def test_a_danger_without_receipt_goes_by_both(net: TwoWays) -> None:
    net.closed = True
    net.order(title="有人落水", urgency="danger")
    net.offer(net.order())
    net.turn("gov")
    assert net.sent("gov", "spare") == []
    net.clock.advance(seconds=10)
    net.turn("gov")
    (batch,) = [one for one in net.sent("gov", "spare") if one.suffix == ".jsonl"]
    lines = batch.read_bytes().splitlines()
    assert lines
    assert all(b'"urgent":true' in line for line in lines)
    net.closed = False
    net.quiet()
    assert [net.journal(code)[1] for code in PAIR] == [0, 0]


def test_where_the_first_takes_all_and_nothing_arrives_the_second_carries_after_some_tries(net: TwoWays) -> None:
    row = net.offer(net.order())
    net.bring_only = "spare"
    for _ in range(8):
        net.again()
    assert_all_is_said_and_stored(net, row.matter.number)


def test_when_none_works_the_trouble_of_each_is_told(net: TwoWays) -> None:
    net.take_away("gov")
    shutil.rmtree(net.root / "gov" / "spare")
    net.offer(net.order())
    net.turn("gov")
    trouble = net.peer("gov").trouble
    assert "ferry：" in trouble
    assert "spare：" in trouble
    assert net.journal("gov")[1] > 0
