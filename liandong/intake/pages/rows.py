"""What a list shows of an order, in words people read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from liandong.identity.queries import desk_name
from liandong.intake.models import Order
from liandong.intake.queries import rulebook
from liandong.intake.states import ORDER


@dataclass(frozen=True, slots=True)
class OrderLine:
    number: str
    linkage: str
    kind: str
    kind_label: str
    title: str
    address: str
    desk: str
    state: str
    state_label: str
    nature: str
    urgency: str
    danger: bool
    problem: str
    urges: int
    received_at: datetime
    due_at: datetime | None


def order_line(order: Order) -> OrderLine:
    """The order's line; its matter is already read with it."""
    book = rulebook()
    return OrderLine(
        number=order.number,
        linkage=order.matter.number,
        kind=order.kind,
        kind_label=order.get_kind_display(),
        title=order.title,
        address=order.address,
        desk=desk_name(order.desk),
        state=order.state,
        state_label=state_label(order),
        nature=book.label("nature", order.nature),
        urgency=book.label("urgency", order.urgency),
        danger=order.urgency == "danger" or order.matter.danger_at is not None,
        problem=order.matter.problem_why,
        urges=order.urges,
        received_at=order.received_at,
        due_at=order.due_at,
    )


def order_lines(orders: Iterable[Order]) -> list[OrderLine]:
    return [order_line(order) for order in orders]


def state_label(order: Order) -> str:
    """The state in words; of a closed order also how it ended."""
    label = ORDER.states[order.state]
    return f"{label} · {rulebook().label('outcome', order.outcome)}" if order.outcome else label


def category_label(code: str) -> str:
    """The category in words; an order that came by hand-over keeps the category the other side gave it."""
    book = rulebook()
    labels = (book.label(table, code) for table in ("work_category", "police_category"))
    return next((label for label in labels if label != code), code)
