"""The journeys of two nodes over the joint database: what is doubled, cleared away, changed, forged, or breaks off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from liandong.peers.channels.middb import MidDb
from liandong.peers.channels.middb.links import MYSQL
from tests.cast import HOTLINE, POLICE
from tests.ferries import assert_all_is_said_and_stored, offered
from tests.joined import TABLE, Joined, opened
from tests.joint import Opened
from tests.journeys import test_ferry


@pytest.fixture
def net(joined: Joined) -> Joined:
    return joined


@pytest.fixture
def net_mysql(nodes: Any, tmp_path: Path, joints: Opened) -> Iterator[Joined]:
    yield from opened(joints(MYSQL), nodes, tmp_path)


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
