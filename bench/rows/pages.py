"""What a page costs the database with a million orders in it: statements a page, and the time of each list's read."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from bench.figures import Figure, Result
from bench.ground import BASE, Failed, Ground, point_to
from bench.rows.growth import LIST_MS, MILLION, QUICK, TIMES
from bench.rows.homes import hand_over
from bench.rows.typing import while_typing
from liandong.audit.by import By

MOST_STATEMENTS = 12
# Who opens what; `{order}` is the number of an order that was handed over, `{matter}` its linkage number.
PAGES = {
    "受理台": ("rx-shouli", "/orders/new/"),
    "分流台": ("rx-paidan", "/desk/"),
    "联动台": ("jj-diaodu", "/desk/"),
    "全部单": ("rx-paidan", "/orders/?view=all"),
    "本台在办": ("rx-paidan", "/orders/open/?view=all"),
    "检索": ("rx-paidan", "/search/?q=暖气"),
    "order page": ("rx-paidan", "/orders/{order}/"),
    "审计台": ("rx-shenji", "/audit/"),
    "审计台 of one matter": ("rx-shenji", "/audit/?number={matter}"),
    "人员账号": ("rx-guanli", "/people/"),
    "对接台": ("rx-jiekou", "/usage/"),
}
READER = By(name="bench", post="bench", desk="12345", rights=frozenset({"order.read", "audit.read", "desk.all"}))


def pages(ground: Ground, quick: bool) -> list[Result]:
    """Each page as its person opens it, put together by this process; then each list as its page asks for it."""
    count = QUICK if quick else MILLION
    database = ground.full(count)
    hand_over(database)
    with _at(database):
        return [*_statements(count), *_lists(count), *while_typing(count)]


@contextmanager
def _at(database: str) -> Iterator[None]:
    point_to(database)
    try:
        yield
    finally:
        point_to(BASE)


def _statements(count: int) -> Iterator[Result]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from liandong.identity.models import Person
    from liandong.transfer.models import Transfer

    handed = (
        Transfer.objects.filter(ended_at=None, origin="12345").select_related("origin_order", "matter").latest("pk")
    )
    known = {"order": handed.origin_order.number, "matter": handed.matter.number}
    Person.objects.update(must_change_password=False)
    for title, (username, path) in PAGES.items():
        client, address = Client(), path.format(**known)
        client.force_login(Person.objects.get(username=username), "django.contrib.auth.backends.ModelBackend")
        ms = _median(partial(_open, client, address))
        with CaptureQueriesContext(connection) as asked:
            _open(client, address)
        yield Figure(
            f"statements of {title} ({username}), {count:,} orders",
            f"{len(asked)}",
            f"the page whole {ms:.0f} ms",
            float(len(asked)),
            f"{len(asked)}",
            most=MOST_STATEMENTS,
        )


def _open(client: Any, address: str) -> None:
    status = client.get(address).status_code
    if status != 200:
        raise Failed(f"{address} answers {status}")


def _lists(count: int) -> Iterator[Result]:
    for name, read in _reads().items():
        ms = _median(read)
        yield Figure(f"{name}, {count:,} orders", f"{ms:.1f} ms", "–", ms, f"{ms:.1f} ms", most=LIST_MS)


def _reads() -> dict[str, Callable[[], object]]:
    """Each way in which the lists and the auditor's page are narrowed, as they ask for their first fifty rows."""
    from liandong.audit import queries as trail
    from liandong.audit.queries import Asked
    from liandong.identity.models import Person
    from liandong.intake.filters import EVERY_DESK, Filter
    from liandong.intake.queries.lists import arrived, listed
    from liandong.kernel import clock
    from liandong.kernel.ids import local_day

    first = listed(READER, "orders", Filter())
    subject, kind = first.orders[0].matter.number, "order.accepted"
    person, since = Person.objects.get(username="rx-paidan").pk, clock.now() - timedelta(days=365)
    month = Filter(since=local_day(since), until=local_day(since + timedelta(days=30)))
    seen = first.orders[-1]
    mark = f"{seen.received_at.isoformat()}|{seen.pk}"
    older = trail.access_page(READER, Asked(since=since, until=since + timedelta(days=1))).events[-1].id
    return {
        "全部单, first page": lambda: listed(READER, "orders", Filter()),
        "全部单, a page further on": lambda: listed(READER, "orders", Filter(), after=first.older),
        "全部单, by a nature": lambda: listed(READER, "orders", Filter(nature="help")),
        "全部单, by a nature nobody has": lambda: listed(READER, "orders", Filter(nature="report")),
        "全部单, by state": lambda: listed(READER, "orders", Filter(state="closed")),
        "全部单, a month of last year": lambda: listed(READER, "orders", month),
        "全部单, of all desks": lambda: listed(READER, "orders", Filter(desk=EVERY_DESK)),
        "全部单, how many came in": lambda: arrived(READER, "orders", Filter(), mark),
        "本台在办, first page": lambda: listed(READER, "work", Filter()),
        "审计台, first page": lambda: trail.access_page(READER, Asked()),
        "审计台, a year back": lambda: trail.access_page(READER, Asked(), before=older),
        "审计台, of one matter": lambda: trail.access_page(READER, Asked(subject=subject)),
        "审计台, by a person": lambda: trail.access_page(READER, Asked(people=(person,))),
        "审计台, by a kind": lambda: trail.access_page(READER, Asked(kinds=(kind,))),
        "审计台, a day of last year": lambda: trail.access_page(
            READER, Asked(since=since, until=since + timedelta(days=1))
        ),
    }


def _median(read: Callable[[], object]) -> float:
    """Milliseconds; the first time is not counted, as what a process keeps is read then."""
    read()
    taken = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        read()
        taken.append(1000 * (time.perf_counter() - begin))
    return statistics.median(taken)
