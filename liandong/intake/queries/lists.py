"""Reads of the lists people live in: narrowed by a filter, paged both ways by marks that never move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q, QuerySet

from liandong.audit.by import By
from liandong.intake.filters import EVERY_DESK, Filter
from liandong.intake.models import Order
from liandong.intake.numbering import looks_like_number
from liandong.intake.queries import PAGE, by_number, cursor, held, held_above, query_of
from liandong.intake.queries.knowing import open_to
from liandong.kernel import clock
from liandong.kernel.queries import first_key_since


def narrowed(by: By, listing: str, asked: Filter) -> QuerySet[Order]:
    """The orders of a list that pass the filter, in no order yet. Raises NotAllowed, NothingAsked."""
    return _passing(by, listing, asked).filter(open_to(by))


def _passing(by: By, listing: str, asked: Filter) -> QuerySet[Order]:
    """Also those the actor must not know of: for measuring how far a page looks, which the index alone answers."""
    rows = _of_desk(by, asked.desk or by.party)
    plain = {name: getattr(asked, name) for name in ("kind", "state", "nature", "urgency", "division")}
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    if listing == "work":
        rows = rows.filter(due_at__isnull=False, closed_at__isnull=True)
    rows = _in_days(rows, asked)
    if asked.over:
        rows = rows.filter(Q(overdue_at__isnull=False) | Q(closed_at__isnull=True, due_at__lt=clock.now()))
    return rows


def _of_desk(by: By, desk: str) -> QuerySet[Order]:
    """A desk's orders are visible to the desk but for `open_to`; other desks' with `desk.all` only.

    Orders of the other side are reached through their matter, never through a list: there the right would have to be
    asked of every row.
    """
    by.needs("order.read")
    if desk != by.party:
        by.needs("desk.all")
    return Order.objects.all() if desk == EVERY_DESK else Order.objects.filter(desk=desk)


def _in_days(rows: QuerySet[Order], asked: Filter) -> QuerySet[Order]:
    every = asked.desk == EVERY_DESK
    if asked.begins is not None:
        rows = rows.filter(received_at__gte=asked.begins)
        if every:
            rows = rows.filter(id__gte=_first_id(asked.begins) - OUT_OF_ORDER)
    if asked.ends is not None:
        rows = rows.filter(received_at__lt=asked.ends)
        if every:
            rows = rows.filter(id__lt=_first_id(asked.ends) + OUT_OF_ORDER)
    return rows


# Over all desks a day is found by the key; orders written side by side draw their keys in any order.
OUT_OF_ORDER = 10_000


def _first_id(moment: datetime) -> int:
    return first_key_since("intake_order", "id", "received_at", moment)


def received_since(moment: datetime) -> QuerySet[Order]:
    """All orders received since a moment, for figures of the house; found by the key."""
    return Order.objects.filter(id__gte=_first_id(moment), received_at__gte=moment)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list. `newer` and `older` lead to the pages beside it, empty at either end; `seen` is where the
    list stood when it was read: what came in since is counted from there. `reached` is set when the page looked only
    as far as that moment."""

    orders: list[Order]
    newer: str
    older: str
    seen: str
    reached: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """How a list is read: by which column, falling or rising, and from which mark; `back` for the page before one."""

    column: str
    falling: bool
    mark: str = ""
    back: bool = False

    @property
    def down(self) -> bool:
        """Whether this page is read with falling values."""
        return self.falling != self.back

    def order(self) -> tuple[str, ...]:
        sign = "-" if self.down else ""
        return (f"{sign}id",) if self.column == "id" else (f"{sign}{self.column}", f"{sign}id")


def _way(listing: str, asked: Filter, after: str, before: str) -> _Way:
    mark, back = before or after, bool(before)
    if listing == "work":
        return _Way("due_at", False, mark, back)
    # No index runs by time over all desks; the key does, as orders are written when they come in.
    return _Way("id" if asked.desk == EVERY_DESK else "received_at", True, mark, back)


def listed(by: By, listing: str, asked: Filter, *, after: str = "", before: str = "", limit: int = PAGE) -> Listed:
    """A page of a list: what follows the mark `after`, what stands just before `before`, or the first one.

    A mark is a row's place in the list, so rows that come in meanwhile move no page.
    """
    rows, way = narrowed(by, listing, asked), _way(listing, asked, after, before)
    reach = ""
    if asked.text and listing == "orders" and not looks_like_number(asked.text):
        found = _by_words(rows, query_of(asked.text), way, limit)
    else:
        rows = _beyond(_worded(rows, asked.text), way)
        reach = _reach(by, asked, way) if listing == "orders" and not asked.text else ""
        if reach:
            rows = _within(rows, way, reach)
        found = list(rows.select_related("matter").order_by(*way.order())[: limit + 1])
    if way.back and not reach and len(found) <= limit:
        # Back at the beginning: a whole first page, not the few rows that came in above the page left.
        return listed(by, listing, asked, limit=limit)
    newest = way.column == "received_at" and not way.mark and asked == Filter(desk=asked.desk) and found
    return _page(found, way, limit, reach, _mark(found[0], way.column) if newest else _seen(by, asked))


def _beyond(rows: QuerySet[Order], way: _Way) -> QuerySet[Order]:
    if not way.mark:
        return rows
    moment, last = cursor(way.mark)
    side = "lt" if way.down else "gt"
    if way.column == "id":
        return rows.filter(**{f"id__{side}": last})
    # The first condition says nothing new: it is what the index can start from.
    further = Q(**{f"{way.column}__{side}": moment}) | Q(**{f"id__{side}": last})
    return rows.filter(Q(**{f"{way.column}__{side}e": moment}) & further)


# What no index holds is looked for among so many orders at a time; the page then says how far it has come and goes on
# from there when asked. A rare nature would otherwise be looked for in all the years of a desk.
REACH = 10_000


def _reach(by: By, asked: Filter, way: _Way) -> str:
    """The mark up to which this page looks; empty when the index alone finds its rows or the desk has no more."""
    searched = (asked.kind, asked.state, asked.nature, asked.urgency, asked.division, asked.over)
    if not any(searched):
        return ""
    rows = _beyond(_passing(by, "orders", Filter(desk=asked.desk, since=asked.since, until=asked.until)), way)
    far = rows.order_by(*way.order()).values_list("received_at", "id")[REACH : REACH + 1]
    return "".join(f"{moment.isoformat()}|{key}" for moment, key in far)


def _within(rows: QuerySet[Order], way: _Way, reach: str) -> QuerySet[Order]:
    moment, key = cursor(reach)
    side = "gt" if way.down else "lt"
    if way.column == "id":
        return rows.filter(**{f"id__{side}e": key})
    inside = Q(**{f"{way.column}__{side}": moment}) | Q(**{f"id__{side}e": key})
    return rows.filter(Q(**{f"{way.column}__{side}e": moment}) & inside)


def _page(found: list[Order], way: _Way, limit: int, reach: str, seen: str) -> Listed:
    more, found = len(found) > limit, found[:limit]
    if way.back:
        found = found[::-1]
    far = "" if more else reach
    first, last = (_mark(found[0], way.column), _mark(found[-1], way.column)) if found else (way.mark, way.mark)
    if way.back:
        newer, older = (first if more else far), last
    else:
        newer, older = (first if way.mark else ""), (last if more else far)
    return Listed(found, newer, older, seen, cursor(far)[0] if far else None)


def _mark(order: Order, column: str) -> str:
    moment = order.received_at if column == "id" else getattr(order, column)
    return f"{moment.isoformat()}|{order.pk}"


def _by_words(rows: QuerySet[Order], query: str, way: _Way, limit: int) -> list[Order]:
    last = cursor(way.mark)[1] if way.mark else None
    return held_above(rows, query, last or 0, limit) if way.back else held(rows, query, last, limit)


def arrived(by: By, listing: str, asked: Filter, seen: str, most: int = 100) -> int:
    """How many orders of the list came in since it was `seen`, at most `most`."""
    moment, last = cursor(seen)
    rows = _worded(narrowed(by, listing, asked), asked.text)
    newer = rows.filter(Q(received_at__gte=moment) & (Q(received_at__gt=moment) | Q(id__gt=last)))
    # In the order of its index a desk's newest are counted first; unordered, the whole table may be gone through.
    order = () if asked.desk == EVERY_DESK else ("-received_at", "-id")
    return newer.order_by(*order)[:most].count()


def exported(by: By, listing: str, asked: Filter) -> QuerySet[Order]:
    """All orders of a list, in its order, with their matters; for the export, which takes a bounded part of them."""
    rows = _worded(narrowed(by, listing, asked), asked.text).select_related("matter")
    return rows.order_by(*_way(listing, asked, "", "").order())


def _worded(rows: QuerySet[Order], text: str) -> QuerySet[Order]:
    if not text:
        return rows
    if looks_like_number(text):
        return rows.filter(**by_number(text))
    return rows.extra(where=["intake_order.words @@ %s::tsquery"], params=[query_of(text)])


def _seen(by: By, asked: Filter) -> str:
    """The desk's newest order, whether it passes the filter or not: found by the index, and what follows is new."""
    rows = _of_desk(by, asked.desk or by.party)
    order = ("-id",) if asked.desk == EVERY_DESK else ("-received_at", "-id")
    last = rows.order_by(*order).only("received_at").first()
    return _mark(last, "received_at") if last else f"{_LONG_AGO.isoformat()}|0"


_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
