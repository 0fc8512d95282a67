"""One request over two nodes: its trace stands in the messages, the trail and the log lines of both, and no caller in a
log line of either."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from config.logs import JsonLine
from liandong.intake.callers import Caller
from liandong.kernel.trace import following, trace_id
from tests.ferries import Ferries

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
MARKED = Caller(name="欧阳标记", phone="13987654321", identity_number="140902198811223344")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that is logged, down to the last detail, as it would be written."""
    written, root = io.StringIO(), logging.getLogger()
    handler, before = logging.StreamHandler(written), root.level
    handler.setFormatter(JsonLine())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def test_the_trace_of_a_request_is_found_at_both_nodes_and_its_caller_in_no_log(
    net: Ferries, lines: io.StringIO
) -> None:
    from liandong.audit.models import Event
    from liandong.peers.models import Incoming, Outgoing

    with following(PARENT):
        row = net.offer(net.order(caller=MARKED))
    net.quiet()
    with net.at("gov"):
        assert {trace_id(one.traceparent) for one in Outgoing.objects.all()} == {TRACE}
    with net.at("police"):
        came = list(Incoming.objects.all())
        assert {trace_id(one.traceparent) for one in came} == {TRACE}
        events = [orjson.loads(one.body) for one in Event.objects.filter(subject=row.matter.number)]
        assert {one["trace"] for one in events if one["kind"] in ("order.mirrored", "transfer.step")} >= {TRACE}
    told = [orjson.loads(line) for line in lines.getvalue().splitlines()]
    assert [one for one in told if one.get("trace_id") == TRACE and "流水号" in one["message"]]
    assert len(told) >= 4
    for mark in ("13987654321", "140902198811223344", "欧阳标记"):
        assert mark not in lines.getvalue()


def test_what_goes_wrong_is_logged_without_the_caller(
    net: Ferries, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: Any) -> None:
        raise ValueError("来电人13987654321，证件140902198811223344")

    monkeypatch.setattr("liandong.peers.actions.sending.build", fails)
    net.offer(net.order(caller=MARKED))
    with pytest.raises(ValueError, match="13987654321") as why:
        net.quiet()
    logging.getLogger("liandong.worker").error("本轮处理出错", exc_info=why.value)
    assert "ValueError" in lines.getvalue()
    assert "13987654321" not in lines.getvalue()
    assert "140902198811223344" not in lines.getvalue()


def test_a_page_and_the_trail_belong_to_the_trace_of_who_asked(db: None) -> None:
    from django.test import Client

    from liandong.audit.models import Event
    from liandong.kernel.models import Fact
    from tests.journeys import city
    from tests.journeys.sheet import go
    from tests.journeys.test_pages_handover import take_call

    city.build()
    client = city.signed_in("li-rexian")
    assert isinstance(client, Client)
    client.defaults["HTTP_TRACEPARENT"] = PARENT
    assert go(client, "/orders/new/").status == 200
    take_call()
    bodies = [orjson.loads(one.body) for one in Event.objects.filter(kind="order.accepted")]
    assert all(len(one["trace"]) == 32 for one in bodies)
    assert bodies[0]["trace"] == trace_id(Fact.objects.get(kind="order.accepted").payload["traceparent"])
