"""What a list shows of an order, in words people read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from liandong.identity.queries import desk_name, division_name
from liandong.intake import actions, lines
from liandong.intake.lines import OrderLine
from liandong.intake.models import Order
from liandong.intake.queries import rulebook


def order_line(order: Order) -> OrderLine:
    """The order's line; its matter is already read with it."""
    return lines.line_of(order, rulebook(), desk_name, division_name)


def order_lines(orders: Iterable[Order]) -> list[OrderLine]:
    return [order_line(order) for order in orders]


def order_lines_with(orders: Iterable[Order], *, caller: bool) -> list[OrderLine]:
    """The lines, with the masked caller where the column is shown."""
    if not caller:
        return order_lines(orders)
    return [replace(order_line(order), caller=actions.caller_text(order)) for order in orders]


def state_label(order: Order) -> str:
    """The state in words; of a closed order also how it ended."""
    return lines.state_label(order, rulebook())


def category_label(code: str) -> str:
    """The category in words; an order that came by hand-over keeps the category the other side gave it."""
    return lines.category_label(code, rulebook())
