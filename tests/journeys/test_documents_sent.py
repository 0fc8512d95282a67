"""Beside each document of an order its author reads whether the other side has it."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from liandong.intake.documents import PIECE
from liandong.kernel.errors import NotFound
from tests import files
from tests.cast import COUNTY, HOTLINE, POLICE
from tests.ferries import Ferries
from tests.journeys.papers import LARGE, add, sent
from tests.journeys.test_attachments_by_ferry import allow


def test_a_document_is_on_its_way_and_then_there(net: Ferries) -> None:
    order = net.order()
    add(net, order)
    assert sent(net, "gov", order) == [], "nobody else has to do with it"
    net.offer(order)
    net.quiet()
    add(net, order, files.jpeg(os.urandom(9 * PIECE)), name="b.jpg")
    net.turn("gov")
    assert sent(net, "gov", order) == [("police", "已送达", ""), ("police", "传输中 0/10", "")]
    net.gate()
    net.turn("police")
    net.gate()
    net.turn("gov")
    assert sent(net, "gov", order)[1] == ("police", "传输中 8/10", "")
    net.quiet()
    assert {label for _, label, _ in sent(net, "gov", order)} == {"已送达"}
    assert sent(net, "police", order, POLICE) == [], "there it is not theirs"


def test_what_the_other_side_refuses_is_told_with_the_reason(net: Ferries) -> None:
    order = net.order()
    net.offer(order)
    net.quiet()
    with net.at("police"):
        allow(1000)
    add(net, order)
    net.quiet()
    ((_, label, why),) = sent(net, "gov", order)
    assert label == "对方拒收"
    assert why


def test_who_does_not_see_the_order_is_told_nothing_and_many_documents_cost_no_more(net: Ferries) -> None:
    from liandong.intake import actions
    from liandong.peers.queries.sent import access_sent

    order = net.order()
    net.offer(order)
    made: list[Any] = [add(net, order, files.jpeg(bytes([n])), name=f"{n}.jpg") for n in range(6)]
    net.quiet()
    with net.at("gov"):
        with CaptureQueriesContext(connection) as asked:
            assert len(access_sent(HOTLINE, order.number)) == 6
        assert len(asked) <= 4
        actions.take_down_document(by=HOTLINE, number=order.number, document=made[0].pk, why="传错了")
        assert len(access_sent(HOTLINE, order.number)) == 5
        with pytest.raises(NotFound):
            access_sent(COUNTY, order.number)


def test_the_second_of_the_same_bytes_is_another_document(net: Ferries) -> None:
    from liandong.intake import actions

    order = net.order()
    net.offer(order)
    made = add(net, order, LARGE)
    net.quiet()
    with net.at("gov"):
        actions.take_down_document(by=HOTLINE, number=order.number, document=made.pk, why="传错了")
    add(net, order, LARGE)
    net.turn("gov")
    assert [label for _, label, _ in sent(net, "gov", order)] == ["传输中 0/5"]
    net.quiet()
    assert [label for _, label, _ in sent(net, "gov", order)] == ["已送达"]
