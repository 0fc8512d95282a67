"""/metrics: figures out of the database, in the text format of Prometheus, for who may read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from config import pulse
from config.loops import ROUNDS, Loop
from liandong.kernel.models import WorkerLoop
from tests.journeys import city, neighbours
from tests.journeys.test_pages_handover import take_call

pytestmark = pytest.mark.django_db


def figures(client: Client | None = None) -> dict[tuple[str, ...], float]:
    """Name and values of the labels → figure."""
    answer = (client or Client()).get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_database(settings: Any, tmp_path: Path) -> None:
    city.build()
    neighbours.settle(settings, tmp_path)
    neighbours.fill(tmp_path)
    take_call(title="小区路灯不亮")
    take_call().press("移交", way="分流 → 市110", list_item="P01")
    with CaptureQueriesContext(connection) as asked:
        found = figures()
    assert len(asked) < 30
    assert found[("liandong_orders_accepted_today", "work")] == 2
    assert found[("liandong_transfers_open", "divert", "offered")] == 1
    assert found[("liandong_outbox_waiting_facts",)] > 0
    assert found[("liandong_peer_backlog_messages", "there")] == 2
    assert found[("liandong_peer_backlog_urgent_messages", "there")] == 1
    assert found[("liandong_peer_backlog_oldest_seconds", "there")] >= 3600
    assert found[("liandong_peer_dead_messages", "there")] == 4
    assert found[("liandong_peer_state", "there", "offline")] == 1
    assert found[("liandong_peer_state", "there", "online")] == 0
    assert found[("liandong_peer_receipt_latency_seconds", "there", "0.99")] == pytest.approx(9)
    assert found[("liandong_audit_unsealed_events",)] > 0
    assert ("liandong_audit_last_verified_timestamp_seconds",) not in found


def test_names_follow_the_conventions_and_name_nobody(settings: Any, tmp_path: Path) -> None:
    city.build()
    neighbours.settle(settings, tmp_path)
    neighbours.fill(tmp_path)
    take_call()
    for name, *labels in figures():
        assert name.startswith("liandong_")
        assert not name.endswith(("_ms", "_minutes", "_total"))
        assert all(len(label) <= 20 and not label.startswith("1409") for label in labels), labels
    assert "13" not in {text[:2] for _, *labels in figures() for text in labels}


def test_a_house_that_is_alone_and_empty_has_figures_too() -> None:
    found = figures()
    assert found[("liandong_orders_overdue",)] == 0
    assert not [name for name, *_ in found if name.startswith("liandong_peer")]


def test_only_this_machine_reads_them_unless_a_token_is_set(settings: Any) -> None:
    far = Client(REMOTE_ADDR="203.0.113.7")
    assert far.get("/metrics").status_code == 403
    assert Client(REMOTE_ADDR="::1").get("/metrics").status_code == 200
    settings.METRICS_TOKEN = "a-long-token"
    assert Client().get("/metrics").status_code == 403
    assert far.get("/metrics", headers={"Authorization": "Bearer a-long-tokem"}).status_code == 403
    assert far.get("/metrics", headers={"Authorization": "Bearer a-long-token"}).status_code == 200
    assert Client().post("/metrics").status_code == 405


def test_a_loop_that_hangs_is_not_counted_as_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    for one in list(ROUNDS):
        monkeypatch.delitem(ROUNDS, one)
    stop = Event()

    def once() -> int:
        stop.set()
        return 1

    before = datetime.now(UTC)
    monkeypatch.setattr("django.db.connection.close", lambda: None)
    Loop("facts", once, lambda: None).run(stop)
    assert ROUNDS["facts"] >= before
    ROUNDS["seal"] = before - timedelta(minutes=5)
    pulse.beat()
    found = figures()
    assert found[("liandong_worker_loops_alive", "facts")] == 1
    assert found[("liandong_worker_loops_alive", "seal")] == 0
    assert found[("liandong_worker_loop_last_round_timestamp_seconds", "seal")] == pytest.approx(
        ROUNDS["seal"].timestamp(), abs=1
    )
    pulse.over()
    assert not WorkerLoop.objects.exists()
