"""A matter as a whole: its lock, its custody chain, its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models import QuerySet

from liandong.audit.actions import Along, record
from liandong.audit.by import By
from liandong.intake import facts
from liandong.intake.models import Custody, Matter, MatterParty, Order
from liandong.intake.states import MATTER
from liandong.kernel import clock
from liandong.kernel.asking import Question
from liandong.kernel.atonce import insert, running
from liandong.kernel.mover import move
from liandong.kernel.outbox import announce


def trace(kind: str, *, by: By, matter: Matter, detail: Mapping[str, Any], along: Along | None = None) -> None:
    """`record` in the trail of a matter that is locked, and so without asking again what its last event is."""
    event = record(kind, by=by, subject=matter.number, detail=detail, after=matter.last_event, along=along)
    matter.last_event = bytes(event.hash)


def line(*, by: By, order: Order, verb: str, text: str) -> Along:
    """A line of the order's own history, to be written along with its event in the trail."""
    actor = orjson.dumps(by.described()).decode()
    return Along(_LINE, (order.pk, clock.now(), verb, actor, text))


_LINE = "INSERT INTO intake_orderstep (order_id, at, verb, by, text) VALUES (%s, %s, %s, %s::jsonb, %s)"


def let_see(*, matter: Matter, parties: Iterable[str], at: datetime) -> None:
    """From now on `parties` may see the matter, because something of it was sent there."""
    rows = [MatterParty(matter=matter, party=party, since=at) for party in parties]
    together = running()
    if together is None:
        _see(rows)
        return
    for row in rows:
        together.later(MatterParty._meta.db_table, _see, row)


def _see(rows: list[MatterParty]) -> None:
    MatterParty.objects.bulk_create(rows, ignore_conflicts=True)


def count_transfer(*, matter: Matter, change: int) -> None:
    """One more open transfer of the matter, or one less (`change` -1)."""
    matter.transfers_open += change
    together = running()
    if together is None:
        _count([(matter.pk, change)])
    else:
        together.later(Matter._meta.db_table, _count, (matter.pk, change))


def _count(changes: list[tuple[int, int]]) -> None:
    added = Counter[int]()
    for key, change in changes:
        added[key] += change
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [list(added), list(added.values())])


_COUNT = """
UPDATE intake_matter SET transfers_open = transfers_open + change
FROM unnest(%s::bigint[], %s::int[]) AS counted (key, change) WHERE id = key
"""


def confine(*, by: By, order: Order, needs: str, stays: bool = False) -> None:
    """From now on the orders of the matter of `order` are there only for who has the right `needs` (S3.6).

    The actor knows already, and goes on seeing `order`. `stays`: so do all people of its desk their own orders, since
    no person has said yet that there is anything to know (ADR 0024). Where there is danger nothing is confined: it
    goes first.
    """
    if order.matter.danger_at is not None:
        return
    orders = Order.objects.filter(matter=order.matter)
    orders.update(needs=needs, known_at="")
    if stays:
        orders.filter(desk=order.desk).update(known_at=order.desk)
    else:
        orders.filter(pk=order.pk).update(known_to=by.person)


def lay_open(*, matter: Matter) -> None:
    """The orders of the matter are there again for everybody of their desks."""
    Order.objects.filter(matter=matter).exclude(needs="").update(needs="")


@Question
def _running_of(matter: int) -> QuerySet[Custody]:
    return Custody.objects.filter(matter=matter, until__isnull=True).order_by("id")


def running_custody(matter: Matter) -> list[Custody]:
    """The segments of the custody chain that go on, in the order in which they began."""
    known = _segments()
    if known is None:
        return _running_of(matter=matter.pk)
    if matter.pk not in known:
        known[matter.pk] = _running_of(matter=matter.pk)
    return list(known[matter.pk])


def _segments() -> dict[int, list[Custody]] | None:
    """What a transaction that goes at once knows of the chains of matters that it has locked."""
    together = running()
    return None if together is None else together.known("custody")


def set_custody(
    *,
    matter: Matter,
    responsible: Sequence[str],
    lead: str,
    why: str,
    via: str = "",
    at: datetime | None = None,
    running: Sequence[Custody] | None = None,
) -> None:
    """Make `responsible` the parties responsible from now on, `lead` (one of them) first. `running`: the segments that
    go on, where they were read under the lock of the matter.

    Segments that go on as they are stay untouched; the others end and begin at the same moment, so there is no gap.
    """
    moment = at or clock.now()
    wanted = {party: "lead" if party == lead else "joint" for party in responsible}
    now = {s.party: s for s in (running_custody(matter) if running is None else running)}
    ended = [s for party, s in now.items() if wanted.get(party) != s.role]
    if ended:
        # Another node's clock may run ahead of ours: no segment ends before it began.
        moment = max(moment, *(s.since for s in ended))
        _end(ended, moment)
    begun = [
        Custody(matter=matter, party=party, role=role, since=moment, why=why, via=via)
        for party, role in wanted.items()
        if party not in now or now[party].role != role
    ]
    for segment in begun:
        insert(segment)
    known = _segments()
    if known is not None:
        known[matter.pk] = [s for s in now.values() if s not in ended] + begun


def _end(segments: list[Custody], moment: datetime) -> None:
    together = running()
    if together is not None:
        together.write()  # only then all of them have a key
    Custody.objects.filter(pk__in=[s.pk for s in segments]).update(until=moment)


def close_if_done(*, by: By, matter: Matter, outcome: str) -> bool:
    """Close the matter when no order and no transfer of it is open; the custody chain ends at the same moment."""
    if matter.transfers_open or matter.orders.filter(closed_at__isnull=True).exists():
        return False
    open_now = Custody.objects.filter(matter=matter, until__isnull=True)
    # Another node's clock may have said when it was opened; ours may have run fast when a segment began.
    moment = max(clock.now(), matter.opened_at, *open_now.values_list("since", flat=True))
    move(matter, MATTER, "close", changes={"closed_at": moment})
    open_now.update(until=moment)
    known = _segments()
    if known is not None:
        known[matter.pk] = []
    trace("matter.closed", by=by, matter=matter, detail={"outcome": outcome})
    announce(facts.MATTER_CLOSED, matter=matter.number, desk=matter.first_desk, outcome=outcome)
    return True


def mark_problem(*, by: By, matter: Matter, why: str) -> None:
    """Mark the matter as 问题工单, once; supervision is told by the fact."""
    if matter.problem_at is not None:
        return
    matter.problem_at, matter.problem_why = clock.now(), why
    Matter.objects.filter(pk=matter.pk).update(problem_at=matter.problem_at, problem_why=why)
    trace("matter.problem", by=by, matter=matter, detail={"why": why})
    announce(facts.MATTER_PROBLEM, matter=matter.number, desk=matter.first_desk, why=why)
