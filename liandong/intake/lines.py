"""What a list shows of an order, in words people read, and the columns it may be shown in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from liandong.intake.states import ORDER

if TYPE_CHECKING:
    from liandong.intake.models import Order
    from liandong.intake.rulebook import Rulebook

LONGEST_CHOICE = 200


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
    division: str = ""
    channel: str = ""
    category: str = ""
    overdue: bool = False
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    caller: str = ""
    version: int = 0


def line_of(order: Order, book: Rulebook, desk: Callable[[str], str], division: Callable[[str], str]) -> OrderLine:
    """The order's line; its matter is already read with it. `desk` and `division` give names to codes."""
    return OrderLine(
        number=order.number,
        linkage=order.matter.number,
        kind=order.kind,
        kind_label=order.get_kind_display(),
        title=order.title,
        address=order.address,
        desk=desk(order.desk),
        state=order.state,
        state_label=state_label(order, book),
        nature=book.label("nature", order.nature),
        urgency=book.label("urgency", order.urgency),
        danger=order.urgency == "danger" or order.matter.danger_at is not None,
        problem=order.matter.problem_why,
        urges=order.urges,
        received_at=order.received_at,
        due_at=order.due_at,
        division=division(order.division),
        channel=book.label("channel", order.channel),
        category=category_label(order.category, book),
        overdue=order.overdue_at is not None,
        answered_at=order.answered_at,
        closed_at=order.closed_at,
        version=order.version,
    )


def state_label(order: Order, book: Rulebook) -> str:
    """The state in words; of a closed order also how it ended."""
    label = ORDER.states[order.state]
    return f"{label} · {book.label('outcome', order.outcome)}" if order.outcome else label


def category_label(code: str, book: Rulebook) -> str:
    """The category in words; an order that came by hand-over keeps the category the other side gave it."""
    labels = (book.label(table, code) for table in ("work_category", "police_category"))
    return next((label for label in labels if label != code), code)


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of a list: its heading, its width in a sheet, what stands in the cell, and the right it needs."""

    code: str
    title: str
    width: int
    cell: Callable[[OrderLine], str | int | datetime | None]
    right: str = "order.read"


COLUMNS = {
    column.code: column
    for column in (
        ListColumn("due", "时限", 18, lambda line: line.due_at),
        ListColumn("title", "事项", 44, lambda line: line.title),
        ListColumn("kind", "单别", 8, lambda line: line.kind_label),
        ListColumn("nature", "性质", 12, lambda line: line.nature),
        ListColumn("urgency", "紧急程度", 12, lambda line: line.urgency),
        ListColumn("state", "状态", 18, lambda line: line.state_label),
        ListColumn("desk", "承办台", 24, lambda line: line.desk),
        ListColumn("division", "属地", 14, lambda line: line.division),
        ListColumn("address", "地址", 40, lambda line: line.address),
        ListColumn("category", "分类", 18, lambda line: line.category),
        ListColumn("channel", "来源渠道", 12, lambda line: line.channel),
        ListColumn("urges", "催办次数", 10, lambda line: line.urges),
        ListColumn("received", "受理时间", 18, lambda line: line.received_at),
        ListColumn("answered", "答复时间", 18, lambda line: line.answered_at),
        ListColumn("closed", "办结时间", 18, lambda line: line.closed_at),
        # Masked also for those who may reveal it: a list is looked at for other reasons than a caller.
        ListColumn("caller", "来电人（已遮蔽）", 24, lambda line: line.caller, right="caller.reveal"),
    )
}
USUAL = {
    "orders": ("title", "nature", "urgency", "state", "received"),
    "work": ("due", "title", "nature", "urgency", "state", "received"),
}

# What a wall has room for besides; narrower screens leave it out.
WIDE = {
    "orders": ("due", "division", "address", "channel"),
    "work": ("division", "address", "channel"),
}


def choose(listing: str, asked: str, rights: frozenset[str]) -> tuple[ListColumn, ...]:
    """The columns asked for as `title,state,…`, in the order of the table; the usual ones when none can be shown.

    The matter itself is always shown: a row without it could not be opened.
    """
    wanted = {*asked[:LONGEST_CHOICE].split(","), "title"} if asked else set(USUAL[listing])
    return tuple(column for code, column in COLUMNS.items() if code in wanted and column.right in rights)


def shown(listing: str, columns: Sequence[ListColumn]) -> list[tuple[ListColumn, bool]]:
    """The columns with whether each is there only where there is room: besides the usual ones, if nobody chose."""
    usual = {column.code for column in columns}
    wide = () if asked_as(listing, columns) else WIDE[listing]
    return [(one, one.code not in usual) for code, one in COLUMNS.items() if code in usual or code in wide]


def asked_as(listing: str, columns: Sequence[ListColumn]) -> str:
    """The choice as it stands in an address; empty for the usual columns."""
    codes = [column.code for column in columns]
    return "" if set(codes) == set(USUAL[listing]) else ",".join(codes)
