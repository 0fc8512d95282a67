"""What the call-taker waits for while typing: suggestion and related orders, one request after each pause."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from bench.figures import Figure
from bench.ground import Failed

TYPING_MS = 150.0
TIMES = 15
ADDRESS = "/calls/suggest/"
SHORT = "来电人反映，忻府区和平小区3号楼楼下路灯坏了好几天，晚上一片黑，老人出门摔了一跤，要求尽快修理。"
NOTES = {"a note of fifty characters": SHORT, "a note of ten thousand characters": (SHORT * 250)[:10_000]}


def while_typing(count: int) -> Iterator[Figure]:
    """The server's whole answer in the current database, which has been filled with `count` orders."""
    from django.test import Client

    from liandong.identity.models import Person
    from liandong.identity.queries import by_person
    from liandong.intake.queries import recent
    from liandong.kernel import clock

    Person.objects.update(must_change_password=False)
    person = Person.objects.get(username="rx-shouli")
    near = len(recent(by_person(person), since=clock.now() - timedelta(hours=72)))
    client = Client()
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    for what, note in NOTES.items():
        ms = _median(client, {"content": note, "division": "140900"})
        name = f"suggestion and related orders for {what}, {near} orders in the window"
        yield Figure(name, f"{ms:.0f} ms", f"{count:,} orders in the tables", ms, f"{ms:.0f} ms", most=TYPING_MS)


def _median(client: Any, said: dict[str, str]) -> float:
    """Milliseconds; the first two times are not counted, as the engine is put together then."""
    taken = []
    for number in range(TIMES + 2):
        begin = time.perf_counter()
        status = client.post(ADDRESS, said).status_code
        if status != 200:
            raise Failed(f"{ADDRESS} answers {status}")
        if number > 1:
            taken.append(1000 * (time.perf_counter() - begin))
    return statistics.median(taken)
