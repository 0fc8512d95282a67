"""GET /metrics: figures for Prometheus, read from the database at each scrape, so that any number of processes tell the
same and no counter is lost with one. docs/operations/monitoring.md has them all, with examples of rules.

No figure names a person, a matter or an order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from hmac import compare_digest
from ipaddress import ip_address

from django.conf import settings
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from config.pulse import ALIVE
from liandong.audit.models import Event, Seal, Unsealed
from liandong.console.addresses import client_ip
from liandong.identity.gate import public
from liandong.identity.queries import other_nodes
from liandong.intake.models import Order
from liandong.intake.queries.lists import received_since
from liandong.kernel import clock
from liandong.kernel.errors import NotAllowed
from liandong.kernel.ids import CITY_ZONE, local_day
from liandong.kernel.models import Fact, WorkerLoop
from liandong.kernel.queries import troubles
from liandong.peers.models import ChannelState, Peer
from liandong.peers.queries import desk as peers
from liandong.peers.queries import pace
from liandong.peers.reach import LABELS
from liandong.transfer.models import Transfer

Family = Iterator[GaugeMetricFamily]


@public("只给出运行数字，不含事项和个人信息；另按令牌或本机地址核对来访的程序。")
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The text format of Prometheus. Raises NotAllowed."""
    _let_in(request)
    registry = CollectorRegistry()
    registry.register(_House())
    return HttpResponse(
        generate_latest(registry), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"}
    )


def _let_in(request: HttpRequest) -> None:
    """By token where one is set, else only from this machine. Raises NotAllowed."""
    if settings.METRICS_TOKEN:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not compare_digest(shown.encode(), settings.METRICS_TOKEN.encode()):
            raise NotAllowed("读取运行指标需要令牌，请核对 LIANDONG_METRICS_TOKEN。")
    elif not ip_address(client_ip(request)).is_loopback:
        raise NotAllowed("运行指标只供本机读取；要从别处读取，请设置 LIANDONG_METRICS_TOKEN。")


class _House(Collector):
    def describe(self) -> list[GaugeMetricFamily]:
        return []  # or registering would read the database once more

    def collect(self) -> Family:
        for group in GROUPS:
            yield from group()


def _gauge(name: str, told: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"liandong_{name}", told, labels=labels)


def _one(name: str, told: str, value: float) -> GaugeMetricFamily:
    family = _gauge(name, told)
    family.add_metric([], value)
    return family


def _orders() -> Family:
    today = received_since(datetime.combine(local_day(clock.now()), time.min, CITY_ZONE))
    accepted = _gauge("orders_accepted_today", "Orders accepted since local midnight.", "kind")
    for kind, count in sorted(today.values_list("kind").annotate(count=Count("id"))):
        accepted.add_metric([kind], count)
    yield accepted
    now = clock.now()
    late = Order.objects.filter(answer_by__lt=now).count()
    yield _one("orders_overdue", "Orders whose time to answer is over and was not yet dealt with.", late)


def _transfers() -> Family:
    running = Transfer.objects.filter(ended_at__isnull=True)
    by_state = _gauge("transfers_open", "Hand-overs that have not ended.", "kind", "state")
    for kind, state, count in sorted(running.values_list("kind", "state").annotate(count=Count("id"))):
        by_state.add_metric([kind, state], count)
    yield by_state
    late = _gauge("transfers_overdue", "Hand-overs that have not ended and were late.", "kind")
    for kind, count in sorted(running.filter(overdue_at__isnull=False).values_list("kind").annotate(count=Count("id"))):
        late.add_metric([kind], count)
    yield late


def _outbox() -> Family:
    waiting = Fact.objects.filter(handled_at__isnull=True, set_aside_at__isnull=True)
    found = waiting.aggregate(count=Count("id"), oldest=Min("occurred_at"))
    aside = troubles()
    yield _one("outbox_waiting_facts", "Facts that nobody has followed yet.", found["count"])
    yield _one("outbox_lag_seconds", "Age of the oldest fact that nobody has followed yet.", _age(found["oldest"]))
    yield _one("outbox_set_aside_facts", "Facts that failed too often and wait for a person.", aside["facts"])
    yield _one("due_work_set_aside", "Due work that failed too often and waits for a person.", aside["due"])


def _age(moment: datetime | None) -> float:
    return 0.0 if moment is None else max(0.0, (clock.now() - moment).total_seconds())


def _peers() -> Family:
    nodes = other_nodes()
    if not nodes:
        return
    now, how, rows = clock.now(), pace(), Peer.objects.in_bulk()
    backlogs, counts, refused = peers.backlog_of_peers(), peers.counts_of_peers(), peers.refused_by_peers()
    state = _gauge("peer_state", "1 for what the peer is called now, 0 for the others.", "peer", "state")
    heard = _gauge("peer_last_heard_timestamp_seconds", "When the peer was heard last.", "peer")
    backlog = _gauge("peer_backlog_messages", "Messages for the peer without its receipt.", "peer")
    urgent = _gauge("peer_backlog_urgent_messages", "Urgent ones among them (dangers).", "peer")
    oldest = _gauge("peer_backlog_oldest_seconds", "Age of the oldest of them.", "peer")
    dead = _gauge("peer_dead_messages", "Messages of the peer that took no effect and wait for a person.", "peer")
    waiting = _gauge("peer_waiting_messages", "Messages of the peer that wait for an earlier one.", "peer")
    ours = _gauge("peer_refused_messages", "Messages of ours that take no effect at the peer.", "peer")
    for node in nodes:
        row, lies, came = rows.get(node.code, Peer(code=node.code)), backlogs.get(node.code), counts.get(node.code, {})
        called = peers.reach_of(row, now, how).condition
        for word in LABELS:
            state.add_metric([node.code, word], word == called)
        if row.heard_at is not None:
            heard.add_metric([node.code], row.heard_at.timestamp())
        backlog.add_metric([node.code], lies.count if lies else 0)
        urgent.add_metric([node.code], lies.urgent if lies else 0)
        oldest.add_metric([node.code], _age(lies.oldest if lies else None))
        dead.add_metric([node.code], came.get("dead", 0))
        waiting.add_metric([node.code], came.get("waiting", 0))
        ours.add_metric([node.code], refused.get(node.code, 0))
    yield from (state, heard, backlog, urgent, oldest, dead, waiting, ours)
    yield from _ways(now)


def _ways(now: datetime) -> Family:
    latency = _gauge("peer_receipt_latency_seconds", "First sending to receipt, last hour.", "peer", "quantile")
    for peer, found in sorted(peers.latency_of_peers(now).items()):
        latency.add_metric([peer, "0.5"], found.p50)
        latency.add_metric([peer, "0.99"], found.p99)
    up = _gauge("peer_channel_up", "1 where the channel works, 0 where it failed last.", "peer", "channel")
    for one in ChannelState.objects.order_by("peer", "channel"):
        up.add_metric([one.peer, one.channel], not one.trouble)
    yield from (latency, up)


def _trail() -> Family:
    seal = Seal.objects.order_by("-number").values_list("at", flat=True).first()
    verified = Event.objects.filter(kind="trail.verified").order_by("-id").values_list("at", flat=True).first()
    yield _one("audit_unsealed_events", "Events of the trail that no seal binds yet.", Unsealed.objects.count())
    told = {
        "audit_last_seal_timestamp_seconds": ("When the last seal was made; absent before the first.", seal),
        "audit_last_verified_timestamp_seconds": ("When somebody last verified the trail; absent before.", verified),
    }
    for name, (what, moment) in told.items():
        if moment is not None:
            yield _one(name, what, moment.timestamp())


def _worker() -> Family:
    rows = WorkerLoop.objects.values("loop").annotate(last=Max("round_at")).order_by("loop")
    last = _gauge("worker_loop_last_round_timestamp_seconds", "When any worker last came round the loop.", "loop")
    for one in rows:
        last.add_metric([one["loop"]], one["last"].timestamp())
    alive = _gauge("worker_loops_alive", "Workers that came round the loop of late.", "loop")
    # The moments are those of real machines; the clock of the house may be a virtual one.
    lately = WorkerLoop.objects.filter(round_at__gte=datetime.now(UTC) - ALIVE)
    counts = dict(lately.values_list("loop").annotate(count=Count("id")))
    for one in rows:
        alive.add_metric([one["loop"]], counts.get(one["loop"], 0))
    yield from (last, alive)


GROUPS: tuple[Callable[[], Family], ...] = (_orders, _transfers, _outbox, _peers, _trail, _worker)
