"""Reads of what was suggested for orders, and of what people said it should have been."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from liandong.audit.by import By
from liandong.identity.queries import divisions
from liandong.intake.models import Order
from liandong.intake.queries import access_order, visible_orders
from liandong.kernel.asking import Given, Question
from liandong.kernel.errors import NotFound
from liandong.routing.models import Correction, Decided
from liandong.routing.verdicts import Note, told


@Question
def _unjudged(number: Given) -> QuerySet[Order]:
    judged = Decided.objects.filter(order=OuterRef("pk"))
    return Order.objects.select_related("matter").filter(~Exists(judged), number=number)


def unjudged(number: str) -> Order | None:
    """The order with its matter if nothing was suggested for it yet; for reactions, which see everything."""
    return _unjudged.first(number=number)


def note_of(order: Order) -> Note:
    """An accepted order as the rules are given it."""
    return Note(told(order.title, order.content), at=order.received_at, division=county(order.division))


def county(division: str) -> str:
    """The division if it is one of the city, empty for the city as a whole."""
    return "" if any(row.code == division and row.kind == "city" for row in divisions()) else division


def why(by: By, number: str) -> list[Decided]:
    """All that was suggested for an order, oldest first, as it was. Raises NotAllowed, NotFound."""
    return list(Decided.objects.filter(order=access_order(by, number)).order_by("pk").prefetch_related("corrections"))


_CORRECTED = ("side", "item", "nature", "unit", "why", "state", "desk")


def first_judged(orders: Iterable[Order]) -> tuple[Decided, list[dict[str, str]]] | None:
    """What was first suggested for the oldest of these orders, and its corrections as plain values, in one statement.

    For who may see the orders.
    """
    plain = JSONObject(**{name: name for name in _CORRECTED}, who="person__name")
    said = ArraySubquery(Correction.objects.filter(decided=OuterRef("pk")).order_by("pk").values(plain=plain))
    rows = Decided.objects.filter(order__in=list(orders)).order_by("pk").select_related("order")
    found = rows.annotate(said=said).first()
    return (found, found.said) if found is not None else None


def access_decided(by: By, decided: int) -> Decided:
    """Raises NotAllowed, NotFound (also when the order may not be seen)."""
    found = Decided.objects.select_related("order").filter(pk=decided, order__in=visible_orders(by)).first()
    if found is None:
        raise NotFound
    return found


def visible_corrections(by: By) -> QuerySet[Correction]:
    """Corrections of orders the actor may see, newest first. Raises NotAllowed."""
    rows = Correction.objects.filter(decided__order__in=visible_orders(by))
    return rows.select_related("decided__order", "person", "settled_person").order_by("-pk")


def access_correction(by: By, correction: int) -> Correction:
    """Raises NotAllowed, NotFound."""
    found = visible_corrections(by).filter(pk=correction).first()
    if found is None:
        raise NotFound("没有这项纠正，或您无权查看。")
    return found
