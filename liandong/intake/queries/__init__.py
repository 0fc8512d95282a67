"""Reads of intake, visibility first: the `access_*` functions are the only doors to matters and orders."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Left
from psycopg.sql import Literal

from liandong.audit.by import By
from liandong.intake import words
from liandong.intake.callers import Caller, SealedCaller, masked, phone_index, reveal
from liandong.intake.errors import NothingAsked
from liandong.intake.limits import Limit
from liandong.intake.models import (
    Code,
    Custody,
    ForeignCode,
    LimitRow,
    Matter,
    MatterParty,
    Order,
    OrderLink,
    OrderStep,
    Parameter,
)
from liandong.intake.numbering import LINKAGE, POLICE, WORK, looks_like_number, read
from liandong.intake.queries.knowing import may_know, open_to
from liandong.intake.rulebook import Rulebook
from liandong.kernel.asking import Given, Question
from liandong.kernel.errors import Invalid, NotFound
from liandong.kernel.ids import parse
from liandong.kernel.models import Workday
from liandong.kernel.workdays import WorkCalendar

PAGE = 50
WRONG_PAGE = "翻页位置无效，请从第一页重新打开列表。"
RULEBOOK_SECONDS = 5.0


_kept: tuple[float, Rulebook] | None = None


def rulebook() -> Rulebook:
    """The dated rows as they were at most five seconds ago."""
    global _kept
    if _kept is None or time.monotonic() - _kept[0] > RULEBOOK_SECONDS:
        limits = tuple(
            Limit(
                clock=row.clock,
                kind=row.kind,
                urgency=row.urgency,
                amount=float(row.amount),
                unit=row.unit,
                effective_from=row.effective_from,
                effective_to=row.effective_to,
                source=row.source,
                clause=row.clause,
            )
            for row in LimitRow.objects.all()
        )
        book = Rulebook(
            limits=limits,
            parameters=tuple(Parameter.objects.all()),
            codes=tuple(Code.objects.order_by("id")),
            calendar=WorkCalendar(dict(Workday.objects.values_list("day", "working"))),
            foreign=_foreign_names() if settings.NODE else {},
        )
        _kept = (time.monotonic(), book)
    return _kept[1]


def _foreign_names() -> dict[tuple[str, str], str]:
    """What other nodes call their codes, the latest word last: also those they no longer use."""
    rows = ForeignCode.objects.order_by("since", "id").values_list("table", "code", "name")
    return {(table, code): name for table, code, name in rows}


def forget_rulebook() -> None:
    """Read the rows afresh at the next use (after they were changed in this process)."""
    global _kept
    _kept = None


def visible_orders(by: By) -> QuerySet[Order]:
    """Orders the actor may see: those of the own desk, and all of the matters it began or in which it is a party.

    Of those that only some need to know of (S3.6), the ones the actor is among.
    """
    by.needs("order.read")
    return (Order.objects.all() if by.may("desk.all") else _shown_to(by.party)).filter(open_to(by))


def _shown_to(asking: str | Given) -> QuerySet[Order]:
    party = MatterParty.objects.filter(matter=OuterRef("matter"), party=asking)
    return Order.objects.filter(Q(desk=asking) | Q(matter__first_desk=asking) | Exists(party))


@Question
def _order(number: str) -> QuerySet[Order]:
    return Order.objects.select_related("matter").filter(number=number)


@Question
def _order_shown(number: str, party: Given) -> QuerySet[Order]:
    return _shown_to(party).select_related("matter").filter(number=number)


def access_order(by: By, number: str) -> Order:
    """The order with its matter. Raises BadNumber, NotFound (also when it may not be seen)."""
    by.needs("order.read")
    known = read(number, WORK, POLICE)
    order = _order.first(number=known) if by.may("desk.all") else _order_shown.first(number=known, party=by.party)
    if order is None or not may_know(by, order):
        raise NotFound
    return order


def access_orders(by: By, numbers: Sequence[str]) -> list[Order]:
    """The orders with their matters, in the order asked. Raises BadNumber, NotFound when one may not be seen."""
    wanted = [read(number, WORK, POLICE) for number in numbers]
    found = {order.number: order for order in visible_orders(by).select_related("matter").filter(number__in=wanted)}
    if len(found) < len(set(wanted)):
        raise NotFound
    return [found[number] for number in wanted]


def access_matter(by: By, number: str) -> Matter:
    """The matter under a linkage number. Raises BadNumber, NotFound."""
    matter = Matter.objects.filter(number=read(number, LINKAGE)).first()
    if matter is None or not visible_orders(by).filter(matter=matter).exists():
        raise NotFound
    return matter


def linkage_of(by: By, number: str) -> str:
    """The linkage number of the matter an order is about, for auditors, whoever's it is. Raises NotFound."""
    by.needs("audit.read")
    found = Order.objects.filter(number=number).values_list("matter__number", flat=True).first()
    if found is None:
        raise NotFound
    return found


def orders_of(by: By, matter: Matter) -> list[Order]:
    """All orders of a matter the actor may see, oldest first: both sides' records stand beside each other."""
    return list(visible_orders(by).filter(matter=matter).order_by("id"))


def own_order(matter_id: int, desk: str) -> Order | None:
    """The desk's open order about the matter, else its newest."""
    newest_first = F("closed_at").desc(nulls_first=True)
    return Order.objects.filter(matter_id=matter_id, desk=desk).order_by(newest_first, "-id").first()


def custody_of(matter: Matter) -> list[Custody]:
    return list(matter.custody.order_by("since", "id"))


def history_of(orders: Iterable[Order]) -> list[OrderStep]:
    """The lines of the orders' own histories in order of time."""
    steps = OrderStep.objects.filter(order__in=[o.pk for o in orders]).select_related("order")
    return list(steps.order_by("at", "id"))


def links_among(by: By, orders: Iterable[Order]) -> list[OrderLink]:
    """The links from and to the orders, oldest first, as far as the actor may see both ends."""
    keys, seen = [o.pk for o in orders], visible_orders(by)
    links = OrderLink.objects.filter(Q(order__in=keys) | Q(other__in=keys), order__in=seen, other__in=seen)
    return list(links.select_related("order", "other").order_by("id"))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a keyset list; `after` is handed back to get the next, empty at the end."""

    orders: list[Order]
    after: str


def work_list(by: By, *, after: str = "", limit: int = PAGE) -> Page:
    """The desk's open orders by time left. `after` is the last row's `due_at|id` of the page before."""
    rows = visible_orders(by).filter(desk=by.party, closed_at__isnull=True, due_at__isnull=False)
    if after:
        moment, last = cursor(after)
        # The first condition says nothing new: it is what the index can start from.
        rows = rows.filter(Q(due_at__gte=moment) & (Q(due_at__gt=moment) | Q(id__gt=last)))
    found = list(rows.select_related("matter").order_by("due_at", "id")[: limit + 1])
    return _page(found, limit, lambda order: order.due_at)


def newest(by: By, *, after: str = "", limit: int = PAGE) -> Page:
    """The desk's orders of all states, newest first."""
    return _newest(visible_orders(by).filter(desk=by.party), after, limit)


def search(by: By, asked: str, *, after: str = "", limit: int = PAGE) -> Page:
    """Orders by number or by words, last accepted first. Raises NothingAsked when nothing can be searched for."""
    if looks_like_number(asked):
        return _newest(visible_orders(by).filter(**by_number(asked)), after, limit)
    found = held(visible_orders(by), query_of(asked), cursor(after)[1] if after else None, limit)
    return _page(found, limit, lambda order: order.received_at)


# A word that half the orders hold fills its page from the last of them; only a rare one has to be looked for in all,
# and then the index on words finds few. The array is worked out first, whatever the planner thinks of the word. Word
# and span stand in the text, so that a plan made for one is never kept for another.
_SPANS = (1_000, 10_000, None)
_HOLDING = (
    "intake_order.id = ANY(ARRAY(SELECT w.id FROM intake_order w WHERE w.words @@ {}::tsquery AND w.id > {:d}{}))"
)


def holding(rows: QuerySet[Order], query: str, low: int, high: int | None = None) -> QuerySet[Order]:
    """Those of the rows between two ids, both left out, that hold the words of `query`, with their matters."""
    word = Literal(query).as_string().replace("%", "%%")
    upper = f" AND w.id < {high:d}" if high else ""
    found = rows.extra(where=[_HOLDING.format(word, low, upper)])  # noqa: S610 - our text, values quoted
    return found.select_related("matter")


def held(rows: QuerySet[Order], query: str, top: int | None, limit: int) -> list[Order]:
    """Last accepted first, below the id `top`; one more than asked when there are more."""
    newest = top or Order.objects.order_by("-id").values_list("id", flat=True).first() or 0
    found: list[Order] = []
    for span in _SPANS:
        low = max(0, newest - span) if span else 0
        found = list(holding(rows, query, low, top).order_by("-id")[: limit + 1])
        if len(found) > limit or not low:
            break
    return found


def held_above(rows: QuerySet[Order], query: str, low: int, limit: int) -> list[Order]:
    """Those accepted after the id `low`, the nearest first; one more than asked when there are more."""
    found: list[Order] = []
    for span in _SPANS:
        found = list(holding(rows, query, low, low + span if span else None).order_by("id")[: limit + 1])
        if len(found) > limit:
            break
    return found


# What of a note is compared while somebody types; what a matter is stands at its beginning.
BEGINNING = 200


def recent(by: By, *, since: datetime, division: str = "", limit: int = 500) -> list[tuple[Order, str]]:
    """The desk's orders since a moment, newest first: what a call now may be about. Asked while typing, so bounded.

    Each with the beginning of its content (`BEGINNING` characters); the rest of the content is not read.
    """
    rows = visible_orders(by).filter(desk=by.party, received_at__gte=since)
    if division:
        rows = rows.filter(division=division)
    short = (
        rows.select_related("matter")
        .defer("content", "words", "details")
        .annotate(beginning=Left("content", BEGINNING))
    )
    return [(order, order.beginning) for order in short.order_by("-received_at", "-id")[:limit]]


def by_phone(by: By, phone: str, *, after: str = "", limit: int = PAGE) -> Page:
    """Orders of one caller. The caller of this function records the search. Raises NotAllowed, NothingAsked."""
    by.needs("search.phone")
    index = phone_index(settings.BLIND_KEY, phone)
    if index is None:
        raise NothingAsked
    return _newest(visible_orders(by).filter(phone_blind=index), after, limit)


def by_number(text: str) -> dict[str, str]:
    """What a number somebody typed narrows to: one order, or those of one matter. Raises BadNumber."""
    number = read(text)
    return {"matter__number": number} if parse(number).kind == LINKAGE else {"number": number}


def query_of(text: str) -> str:
    """The question to the index of words. Raises NothingAsked when the text holds no word."""
    query = words.tsquery(text)
    if not query:
        raise NothingAsked(field="text")
    return query


def _newest(rows: QuerySet[Order], after: str, limit: int) -> Page:
    if after:
        moment, last = cursor(after)
        rows = rows.filter(Q(received_at__lte=moment) & (Q(received_at__lt=moment) | Q(id__lt=last)))
    found = list(rows.select_related("matter").order_by("-received_at", "-id")[: limit + 1])
    return _page(found, limit, lambda order: order.received_at)


def _page(found: list[Order], limit: int, moment_of: Callable[[Order], datetime | None]) -> Page:
    after = ""
    if len(found) > limit:
        found = found[:limit]
        moment = moment_of(found[-1])
        after = f"{moment.isoformat()}|{found[-1].pk}" if moment else ""
    return Page(orders=found, after=after)


def cursor(after: str) -> tuple[datetime, int]:
    # A "+" that was not escaped in an address arrives as a blank.
    text, _, last = after.replace(" ", "+").partition("|")
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        # Brought to UTC here: a moment at the edge of the calendar must fail here and not in the driver.
        return moment.astimezone(UTC), int(last)
    except (ValueError, OverflowError):
        raise Invalid("翻页位置无效，请从第一页重新打开列表。", field="after") from None


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)


def _sealed(order: Order) -> SealedCaller:
    return SealedCaller(
        name=_bytes(order.caller_name),
        phone=_bytes(order.caller_phone),
        identity_number=_bytes(order.caller_identity),
        phone_blind=_bytes(order.phone_blind),
        identity_blind=_bytes(order.identity_blind),
    )


def caller_in_clear(order: Order) -> Caller:
    """The caller unmasked; only for actions that record who asked and why."""
    return reveal(_sealed(order), order.number, seal_key=settings.SEAL_KEY, secret=order.secret)


def caller_masked(order: Order) -> Caller:
    return masked(caller_in_clear(order))
