"""A document of five parts between two nodes by each of the other channels, in no row or request over 1 MiB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liandong.peers.channels.middb.links import MYSQL
from liandong.peers.envelope import MESSAGE_BYTES
from tests.ferries import PAIR, Ferries, assert_all_is_said_and_stored
from tests.joined import Joined, opened
from tests.joint import Opened
from tests.journeys.papers import LARGE, add, content, shown
from tests.secured import Secured


@pytest.fixture
def by_mysql(nodes: Any, tmp_path: Path, joints: Opened) -> Iterator[Joined]:
    yield from opened(joints(MYSQL), nodes, tmp_path)


def goes_over(net: Ferries) -> None:
    order = net.order()
    net.offer(order)
    add(net, order)
    net.quiet()
    assert content(net, "police", order) == LARGE
    assert "传输中" not in shown(net, "police", order)
    assert_all_is_said_and_stored(net, order.matter.number)


def test_over_https(secured: Secured) -> None:
    goes_over(secured)
    assert {status for *_, status in secured.said} == {200}


def test_to_a_node_that_nobody_reaches_and_that_fetches_it(secured: Secured) -> None:
    secured.fetching = frozenset({"police"})
    for code in PAIR:
        secured.deployed(code)
    goes_over(secured)
    assert secured.laid("gov") == 0


def test_over_the_joint_database_of_postgresql(joined: Joined) -> None:
    goes_over(joined)
    ((largest,),) = joined.joint.run("SELECT max(octet_length(envelope)) FROM gov_to_police")
    assert 256 * 1024 < largest < MESSAGE_BYTES


def test_over_the_joint_database_of_mysql_or_mariadb(by_mysql: Joined) -> None:
    goes_over(by_mysql)
