"""The journeys of two nodes over the joint database: what is doubled, cleared away, changed, forged, or breaks off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings

from liandong.peers.channels import Way
from liandong.peers.channels.middb import MidDb
from liandong.peers.channels.middb.links import MYSQL, POSTGRESQL
from tests.cast import HOTLINE, POLICE
from tests.ferries import PAIR, Ferries, assert_all_is_said_and_stored, offered
from tests.joint import Joint, Opened
from tests.journeys import test_ferry

TABLE = dict(zip(PAIR, ("gov_to_police", "police_to_gov"), strict=True))


@dataclass(frozen=True)
class Row:
    """A row as the journeys over files look at what lies in a folder."""

    name: str
    content: bytes

    def read_bytes(self) -> bytes:
        return self.content


@dataclass
class Joined(Ferries):
    """The two nodes with nothing between them but the joint database."""

    joint: Joint = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.channels = {code: self.joint.channel(code, code) for code in PAIR}

    def ways(self, code: str) -> list[Way]:
        return [Way("middb", self.channels[code])]

    def gate(self) -> int:
        return 0

    def files(self, code: str, which: str, channel: str = "") -> Any:
        """`done` and `quarantine`: what the node has taken and refused; `out`: what it has written, as it is read."""
        if which == "out":
            found = self.joint.run(f"SELECT id, envelope FROM {TABLE[code]} ORDER BY urgent DESC, id")
        else:
            found = self.joint.run(
                f"SELECT o.id, o.envelope FROM {TABLE[PAIR[1 - PAIR.index(code)]]} o JOIN handled h"
                " ON h.row_id = o.id AND h.row_at = o.written_at WHERE h.node = %s AND h.outcome = %s ORDER BY h.id",
                (code, "taken" if which == "done" else "refused"),
            )
        return [Row(f"{number}.jsonl", text.encode()) for number, text in found]

    def checked(self, code: str) -> list[str]:
        peer, file = PAIR[1 - PAIR.index(code)], self.root / code / "channels.toml"
        there = self.joint.addresses[code]
        secret = self.root / code / "dsn"
        secret.touch(mode=0o600)
        secret.write_text(
            f"{there.family}://{there.user}:{there.password}@{there.host}:{there.port}/{there.database}\n"
        )
        file.write_text(f'[[peers.{peer}]]\nkind = "middb"\nside = "{code}"\ntls = "off"\ndsn = {{ file = "dsn" }}\n')
        before, settings.CHANNELS = settings.CHANNELS, str(file)
        try:
            return super().checked(code)
        finally:
            settings.CHANNELS = before


def joined(joint: Joint, nodes: Any, root: Path) -> Iterator[Joined]:
    joint.clear()
    before = settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR
    made = Joined(nodes.databases, nodes.clock, root=root, joint=joint)
    yield made
    for channel in made.channels.values():
        channel.close()
    settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR = before


@pytest.fixture
def net(nodes: Any, tmp_path: Path, joints: Opened) -> Iterator[Joined]:
    yield from joined(joints(POSTGRESQL), nodes, tmp_path)


@pytest.fixture
def net_mysql(nodes: Any, tmp_path: Path, joints: Opened) -> Iterator[Joined]:
    yield from joined(joints(MYSQL), nodes, tmp_path)


test_the_whole_hand_over = test_ferry.test_offered_accepted_concluded_and_confirmed_over_files_alone
test_a_danger_is_read_before_the_backlog = test_ferry.test_a_danger_goes_across_before_the_backlog
test_the_caller_is_closed_in_the_rows = test_ferry.test_the_caller_is_closed_in_the_files_and_open_at_the_other_node
test_without_the_peers_key = test_ferry.test_without_the_peers_key_nothing_leaves_and_the_trouble_says_why
test_a_receipt_for_more_than_was_sent = test_ferry.test_a_receipt_for_more_than_was_sent_empties_nothing


def test_the_whole_hand_over_by_mysql_or_mariadb(net_mysql: Joined) -> None:
    test_ferry.test_offered_accepted_concluded_and_confirmed_over_files_alone(net_mysql)


def test_rows_that_stand_there_twice_change_nothing_more(net: Joined) -> None:
    row = offered(net)
    for verb, by in (("accept", POLICE), ("conclude", POLICE), ("confirm", HOTLINE)):
        net.step(row, verb, by)
    before = net.told("police", row.matter.number)
    for table in TABLE.values():
        columns = "sender, receiver, urgent, envelope"
        net.joint.run(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} ORDER BY id DESC")
    net.quiet()
    assert net.told("police", row.matter.number) == before
    assert_all_is_said_and_stored(net, row.matter.number)


def test_what_is_cleared_away_unread_is_sent_again_in_the_same_words(net: Joined) -> None:
    row = net.offer(net.order())
    net.turn("gov")
    first = [one.content for one in net.files("gov", "out") if orjson.loads(one.content)["peerseq"]]
    assert first
    net.joint.run("DELETE FROM gov_to_police")
    net.clock.advance(minutes=10)
    net.turn("gov")
    assert [one.content for one in net.files("gov", "out") if orjson.loads(one.content)["peerseq"]] == first
    net.quiet()
    assert_all_is_said_and_stored(net, row.matter.number)


def test_a_row_that_was_changed_is_set_apart_with_its_reason_and_comes_again(net: Joined) -> None:
    row = net.offer(net.order())
    net.turn("gov")
    changed = "UPDATE gov_to_police SET envelope = replace(envelope, %s, %s) WHERE envelope LIKE %s"
    net.joint.run(changed, ("offer", "award", "%.step.v1%"))
    net.joint.run("INSERT INTO gov_to_police (sender, receiver, envelope) VALUES ('gov', 'police', '{\"half')")
    net.quiet()
    refused = [why for _, why in net.joint.handled("refused")]
    assert ["signature_bad" in one or "bad_json" in one for one in refused] == [True, True]
    assert net.peer("police").refused == 2
    assert "对端 gov 由通道 middb 送来的 2 批已隔离" in "".join(net.checked("police"))
    net.again()
    assert_all_is_said_and_stored(net, row.matter.number)


class Crash(Exception):
    pass


@pytest.mark.parametrize("method", ["settle", "send"])
def test_a_crash_between_keeping_and_the_receipt_loses_nothing(
    net: Joined, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def crash(*given: Any) -> None:
        raise Crash

    row = net.offer(net.order())
    net.turn("gov")
    with monkeypatch.context() as broken:
        broken.setattr(MidDb, method, crash)
        with pytest.raises(Crash):
            net.turn("police")
    assert net.journal("gov")[1] > 0, "nobody has said that it is stored"
    net.quiet()
    net.step(row, "accept", POLICE)
    assert_all_is_said_and_stored(net, row.matter.number)


def test_rights_taken_away_are_told_and_all_goes_when_they_are_back(net: Joined) -> None:
    user = net.joint.addresses["gov"].user
    net.joint.run(f"REVOKE INSERT (envelope) ON gov_to_police FROM {user}")
    row = net.offer(net.order())
    net.turn("gov")
    assert "权限不足" in net.peer("gov").trouble
    net.joint.run(f"GRANT INSERT (envelope) ON gov_to_police TO {user}")
    net.again()
    assert_all_is_said_and_stored(net, row.matter.number)
