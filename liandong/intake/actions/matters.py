"""A matter as a whole: its lock, its custody chain, its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from liandong.audit.actions import Along, record
from liandong.audit.by import By
from liandong.audit.models import Event
from liandong.audit.trail import GENESIS
from liandong.intake import facts
from liandong.intake.models import Custody, Matter, MatterParty, Order
from liandong.intake.states import MATTER
from liandong.kernel import clock
from liandong.kernel.asking import Question
from liandong.kernel.atonce import insert, running
from liandong.kernel.mover import move
from liandong.kernel.outbox import announce

HELD = "matters"  # what a transaction that goes at once has locked, by key and by number; None: not here


def _head(matter_number: str) -> Subquery:
    """The last hash of the trail of the matter whose number stands in the column `matter_number`."""
    return Subquery(Event.objects.filter(subject=OuterRef(matter_number)).order_by("-id").values("hash")[:1])


@Question
def _matter(key: int) -> QuerySet[Matter]:
    rows = Matter.objects.filter(pk=key).annotate(trail_head=_head("number"))
    return rows.select_for_update(no_key=True, of=("self",))


@Question
def _order(key: int) -> QuerySet[Order]:
    # Both rows are locked, the matter first as everywhere, so that both are read as the one before left them.
    rows = Order.objects.select_related("matter").filter(pk=key).annotate(trail_head=_head("matter__number"))
    return rows.select_for_update(no_key=True, of=("matter", "self"))


@Question
def _matter_numbered(number: str) -> QuerySet[Matter]:
    rows = Matter.objects.filter(number=number).annotate(trail_head=_head("number"))
    return rows.select_for_update(no_key=True, of=("self",))


@Question
def _order_numbered(number: str) -> QuerySet[Order]:
    rows = Order.objects.select_related("matter").filter(number=number).annotate(trail_head=_head("matter__number"))
    return rows.select_for_update(no_key=True, of=("matter", "self"))


def lock_matter(matter_id: int) -> Matter:
    """The matter's row, locked until the transaction ends: what happens to one matter happens in one order."""
    held = _held_by(matter_id)
    if held is not None:
        return held
    (matter,) = _matter(key=matter_id)
    return _hold(matter)


def lock_order(order_id: int) -> Order:
    """The order as it is under its matter's lock, with the matter: `lock_matter` and the order in one round trip."""
    (order,) = _order(key=order_id)
    return _with_its_matter(order)


def lock_matter_numbered(number: str) -> Matter | None:
    """`lock_matter` for who knows the number, in one round trip; None when there is none."""
    held = _held_by(number)
    if held is not None or _is_absent(number):
        return held
    matter = _matter_numbered.first(number=number)
    return None if matter is None else _hold(matter)


def lock_order_numbered(number: str) -> Order | None:
    """`lock_order` for who knows the number; None when there is none."""
    if running() is not None:
        order = _order_alone.first(number=number)
        if order is None:
            return None
        held = _held_by(order.matter_id)
        if held is not None:
            order.matter = held
            return order
    order = _order_numbered.first(number=number)
    return None if order is None else _with_its_matter(order)


@Question
def _order_alone(number: str) -> QuerySet[Order]:
    return Order.objects.filter(number=number)


def lock_matters_ahead(numbers: Iterable[str]) -> None:
    """Lock those that are here for a transaction that goes `at_once`, in the one order in which many are locked.

    Of the others it is known from now on that they are not here: who makes one of them meanwhile wins, and we go
    carefully.
    """
    asked, together = set(numbers), running()
    if together is not None:
        together.known(HELD).update(dict.fromkeys(asked))
    rows = Matter.objects.filter(number__in=asked).annotate(trail_head=_head("number")).order_by("number")
    for matter in rows.select_for_update(no_key=True, of=("self",)):
        _hold(matter)


def make_matter(**columns: Any) -> tuple[Matter, bool]:
    """A new matter, locked, and whether it is as new as that: of two that make one at once the second finds it made.

    Raises IntegrityError where everything goes `at_once` and somebody else has made it.
    """
    matter = Matter(**columns)
    if running() is not None:
        matter.save(force_insert=True)
        matter.trail_head = GENESIS  # type: ignore[attr-defined]  # as the questions above annotate it
        return _hold(matter), True
    Matter.objects.bulk_create([matter], ignore_conflicts=True)
    found = lock_matter_numbered(matter.number)
    assert found is not None
    return found, not found.custody.exists()


def _hold(matter: Matter) -> Matter:
    """A matter whose row is locked from now on. `trail_head`: the last hash of its trail, as it was read with it."""
    head = matter.trail_head  # type: ignore[attr-defined]
    matter.last_event = None if head is None else bytes(head)
    together = running()
    if together is not None:
        together.known(HELD).update({matter.pk: matter, matter.number: matter})
    return matter


def _held_by(name: int | str) -> Matter | None:
    """The matter of that key or number, where it is locked already and all that was changed of it is on the record."""
    together = running()
    return None if together is None else together.known(HELD).get(name)


def _is_absent(number: str) -> bool:
    together = running()
    return together is not None and number in together.known(HELD)


def _with_its_matter(order: Order) -> Order:
    held = _held_by(order.matter_id)
    if held is not None:
        order.matter = held
    else:
        order.matter.trail_head = order.trail_head  # type: ignore[attr-defined]
        _hold(order.matter)
    return order


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
