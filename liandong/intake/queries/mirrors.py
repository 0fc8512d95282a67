"""What other nodes are told of this node's orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from liandong.identity.queries import is_here
from liandong.intake.models import Matter, Order
from liandong.intake.queries import caller_in_clear
from liandong.intake.snapshots import FIXED, MARKS, MATTER, ORDER, Snapshot


def snapshot_of(order: Order, version: int) -> Snapshot:
    """The order, loaded with its matter, as it is now; for the exchange between nodes, which seals the caller."""
    return Snapshot(
        version=version,
        matter={name: getattr(order.matter, name) for name in (*MATTER, *MARKS)},
        order={name: getattr(order, name) for name in (*FIXED, *ORDER)},
        caller=caller_in_clear(order),
    )


def own_orders_of(matters: Iterable[Matter]) -> Sequence[Order]:
    """The orders of these matters that this node's desks write, oldest first."""
    rows = Order.objects.select_related("matter").filter(matter__in=matters, mirrored__isnull=True).order_by("id")
    return [order for order in rows if is_here(order.desk)]
