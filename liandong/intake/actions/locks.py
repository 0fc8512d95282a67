"""The lock of a matter: what happens to one matter happens in one order, for people, clocks and other nodes alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from liandong.audit.models import Event
from liandong.audit.trail import GENESIS
from liandong.intake.models import Matter, Order
from liandong.kernel.asking import Question
from liandong.kernel.atonce import running

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
