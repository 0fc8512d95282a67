"""Who needs to know: an order confined by a lead (S3.6) is there for those with its right and for who told it.

Where the gate told it, and no person, that is the whole desk of the order (ADR 0024).
"""

from __future__ import annotations

from django.db.models import Q

from liandong.audit.by import By
from liandong.intake.models import Order


def open_to(by: By, order: str = "") -> Q:
    """The condition under which the actor may know of an order; `order` is the way to it, as `origin_order__`."""
    known = Q(**{f"{order}needs": ""}) | Q(**{f"{order}needs__in": sorted(by.rights)})
    if by.desk is not None:
        known |= Q(**{f"{order}known_at": by.desk})
    return known | Q(**{f"{order}known_to": by.person}) if by.person is not None else known


def may_know(by: By, order: Order) -> bool:
    """`open_to` for an order already read."""
    if not order.needs or by.may(order.needs):
        return True
    return (by.desk is not None and order.known_at == by.desk) or (
        by.person is not None and order.known_to == by.person
    )
