"""A year of orders under a changed list: the command as somebody at a terminal runs it, from start to end."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import psycopg

from bench.figures import Figure, Result
from bench.fill import fill
from bench.ground import BASE, Failed, Ground, point_to
from config.processes import liandong
from liandong.audit.by import By

# A year of the load the sizing goes by: 210 work orders and 490 valid police orders a day; filled are two years.
YEAR, QUICK = 255_500, 10_000
MOST_S = 60.0
DRAFT, SAMPLE = "bench-1", 1000
OFFICE = By(name="bench", post="bench", desk="12345", rights=frozenset({"order.read", "list.edit", "desk.all"}))
# One hand-over in twenty-five is there; each cites an item of the list that held when it was made.
CITE = """
UPDATE transfer_transfer t SET list_version = v.code, list_item = i.code
FROM routing_listversion v, routing_listitem i
WHERE v.effective_from <= t.opened_at::date AND (v.effective_to IS NULL OR t.opened_at::date < v.effective_to)
  AND i.version_id = v.id
  AND i.id = (SELECT j.id FROM routing_listitem j WHERE j.version_id = v.id ORDER BY j.code OFFSET t.id % 150 LIMIT 1)
"""


def replay(ground: Ground, quick: bool) -> list[Result]:
    """The list with a class on the other side, an item gone and one that is new."""
    count = 2 * (QUICK if quick else YEAR)
    database = ground.fresh("replay")
    fill(ground.url(database), count)
    with psycopg.connect(ground.url(database), autocommit=True) as link:
        link.execute(CITE)
        link.execute("VACUUM ANALYZE transfer_transfer")
    with _at(database):
        until = _draft()
        beside, sample = _one_by_one()
    since = until - timedelta(days=365)
    begin = time.monotonic()
    done = subprocess.run(
        liandong("routing", "replay", "--from", str(since), "--to", str(until), "--list", DRAFT, "--json"),
        env=ground.env(database),
        capture_output=True,
        timeout=1800,
        check=False,
    )
    took = time.monotonic() - begin
    if done.returncode:
        raise Failed(f"routing replay: {done.stderr.decode(errors='replace')[-300:]}")
    result = json.loads(done.stdout)
    orders, moved = result["orders"], result["moved"]
    if not quick and orders < 100_000:
        raise Failed(f"only {orders} orders lay in the year")
    return [
        Figure(
            f"a year of {orders:,} orders replayed under a changed list, from start to end",
            f"{took:.1f} s",
            f"both lists asked order by order, as first written: {beside * orders:,.0f} s (from {sample:,} orders)",
            took,
            f"{took:.1f} s",
            most=MOST_S,
            note=f"{result['handed']:,} had been handed over, {moved:,} would have gone otherwise",
        )
    ]


@contextmanager
def _at(database: str) -> Iterator[None]:
    point_to(database)
    try:
        yield
    finally:
        point_to(BASE)


def _draft() -> date:
    """Begin the changed list; returns today."""
    from liandong.kernel import clock
    from liandong.kernel.ids import local_day
    from liandong.routing import actions
    from liandong.routing.items import fingerprint
    from liandong.routing.queries import access_version, forget_lists, values_of, version_in_force

    forget_lists()
    now = clock.now()
    day = local_day(now)
    base = version_in_force(now)
    actions.begin(by=OFFICE, code=DRAFT, name="仿真", effective_from=day + timedelta(days=9), source="测量", base=base)
    items = values_of(access_version(OFFICE, base))
    gone = next(item for item in items if item.side == "12345")
    classes = sorted({item.class_name for item in items if item.side == "12345" and item.class_name != gone.class_name})
    for item in items:
        if item.class_name == classes[0]:
            changed = replace(item, side="110")
            actions.put_item(by=OFFICE, version=DRAFT, item=changed, seen=fingerprint(item))
    actions.remove_item(by=OFFICE, version=DRAFT, code=gone.code, seen=fingerprint(gone))
    new = replace(
        gone, code="B9901", side="110", text=f"{gone.text}（新）", examples=tuple(f"{e}了" for e in gone.examples)
    )
    actions.put_item(by=OFFICE, version=DRAFT, item=new, seen="")
    return day


def _one_by_one() -> tuple[float, int]:
    """Seconds an order by what one writes first: each order by the ORM, its hand-overs, both engines asked in full."""
    from liandong.intake.models import Order
    from liandong.kernel import clock
    from liandong.routing.decision import decide
    from liandong.routing.queries import access_version, engine_in_force, engine_of, note_of, values_of

    now = clock.now()
    before, after = engine_in_force(now), engine_of(DRAFT, values_of(access_version(OFFICE, DRAFT)), now)
    begin = time.perf_counter()
    rows = Order.objects.order_by("-pk")[:SAMPLE]
    for order in rows:
        list(order.handed_over.all())
        note = note_of(order)
        decide(note, before)
        decide(note, after)
    return (time.perf_counter() - begin) / len(rows), len(rows)
