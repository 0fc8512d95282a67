"""What lies on the call-taker's table: scripts to read out, the list to hand over by, the map, the caller's history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from liandong.audit.by import By
from liandong.identity.queries import divisions
from liandong.intake.models import Order
from liandong.intake.pages.rows import state_label
from liandong.intake.places import Area, Named, named
from liandong.intake.queries import BEGINNING, recent, rulebook
from liandong.intake.rulebook import Rulebook
from liandong.kernel import clock
from liandong.routing import related as rule
from liandong.routing.errors import NoListInForce
from liandong.routing.models import ListItem
from liandong.routing.queries import choices
from liandong.transfer.pages.forms import SIDES


@dataclass(frozen=True, slots=True)
class Guide:
    """A sentence to say when the matter belongs to neither side (S3.5), with where it is from."""

    code: str
    name: str
    text: str
    source: str


def guides() -> list[Guide]:
    """The scripts in force."""
    return [Guide(row.code, row.name, row.text, row.source) for row in rulebook().table("guide", clock.now())]


def list_rows() -> list[tuple[str, list[ListItem]]]:
    """The items of the list in force under the side they belong to; none when no list is in force."""
    try:
        rows = choices(clock.now())
    except NoListInForce:
        return []
    sides: dict[str, list[ListItem]] = {}
    for row in rows:
        sides.setdefault(SIDES.get(row.side, "双方均可能涉及的事项"), []).append(row)
    return list(sides.items())


def city_code() -> str:
    """The city whose outlines the map shows."""
    return next((row.code for row in divisions() if row.kind == "city"), "")


@dataclass(frozen=True, slots=True)
class CallerRow:
    """An earlier order of the caller: no personal data, only what it was about and where it stands."""

    number: str
    title: str
    kind_label: str
    state: str
    received_at: datetime
    ago: str
    open: bool
    danger: bool
    urges: int
    again: bool = False


def caller_rows(orders: Iterable[Order]) -> list[CallerRow]:
    """The caller's orders, those still open first; `again` says which make this call a repeat."""
    now = clock.now()
    known = list(orders)
    again = rule.again_within(((o.number, o.received_at) for o in known), _yardstick(rulebook(), now), now)
    found = [_row(order, now, again=order.number in again) for order in known]
    return sorted(found, key=lambda row: not row.open)


def _row(order: Order, now: datetime, *, again: bool) -> CallerRow:
    return CallerRow(
        number=order.number,
        title=order.title,
        kind_label=order.get_kind_display(),
        state=state_label(order),
        received_at=order.received_at,
        ago=rule.ago(max(now - order.received_at, timedelta(0))),
        open=order.closed_at is None,
        danger=order.urgency == "danger" or order.matter.danger_at is not None,
        urges=order.urges,
        again=again,
    )


@dataclass(frozen=True, slots=True)
class RelatedRow:
    row: CallerRow
    reason: str


@dataclass(frozen=True, slots=True)
class RelatedPart:
    """Related orders, and how many others told of this place within `span` (a word), nought when they are few."""

    rows: tuple[RelatedRow, ...] = ()
    gathered: int = 0
    span: str = ""

    @property
    def together(self) -> int:
        """With the call at hand."""
        return self.gathered + 1


def related_part(by: By, call: rule.Call) -> RelatedPart:
    """Orders of the desk the call may be about, each with its reason; nothing while nothing is known of the call."""
    if not (call.note.strip() or call.address.strip() or call.longitude is not None):
        return RelatedPart()
    now = clock.now()
    yardstick = _yardstick(rulebook(), now)
    found = recent(by, since=now - yardstick.within, division=call.division)
    orders = {order.number: order for order, _ in found}
    earlier = [
        rule.Earlier(o.number, beginning, o.address, o.division, o.received_at, o.longitude, o.latitude)
        for o, beginning in found
    ]
    call = replace(call, note=call.note[:BEGINNING], address=call.address[:BEGINNING])
    offer = rule.related(call, earlier, yardstick, now, _counties())
    return RelatedPart(
        tuple(RelatedRow(_row(orders[hit.earlier.key], now, again=hit.again), hit.reason) for hit in offer.related),
        len(offer.gathered),
        rule.long(yardstick.gather_within),
    )


def _counties() -> tuple[str, ...]:
    return tuple(row.short for row in divisions() if row.kind != "city" and len(row.short) > 1)


def _yardstick(book: Rulebook, now: datetime) -> rule.Yardstick:
    return rule.Yardstick(
        within=timedelta(hours=book.parameter("repeat_window_hours", now)),
        repeats_after=timedelta(minutes=book.parameter("repeat_window_minutes", now)),
        metres=book.parameter("related_metres", now),
        most=int(book.parameter("related_most", now)),
        gather_reports=int(book.parameter("gather_reports", now)),
        gather_metres=book.parameter("gather_metres", now),
        gather_within=timedelta(minutes=book.parameter("gather_minutes", now)),
    )


def named_area(address: str) -> Named | None:
    """The division the address names."""
    return named(address, [Area(row.code, row.name, row.short, row.kind == "city") for row in divisions()])
