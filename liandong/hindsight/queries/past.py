"""Orders of a past period as they happened, stretch by stretch, and the engines of two lists to ask about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from django.db import connection

from liandong.hindsight.moves import HandOver, Happened
from liandong.identity.models import Desk, Unit
from liandong.intake.limits import LimitMissing, pick
from liandong.intake.models import Order
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.kernel.ids import CITY_ZONE
from liandong.kernel.queries import first_key_since
from liandong.routing.decision import Engine
from liandong.routing.errors import NoListInForce
from liandong.routing.items import ItemValues
from liandong.routing.models import ListItem
from liandong.routing.queries import engine_of, values, version_in_force
from liandong.routing.verdicts import told
from liandong.transfer.models import Transfer
from liandong.transfer.states import KINDS

STRETCH = 4000
# Orders written side by side draw their keys in any order; so many around the ends of a period are looked at besides.
OUT_OF_ORDER = 10_000
POLICE_DESKS = frozenset({Desk.Kind.CITY_110.value, Desk.Kind.COUNTY_110.value})


@dataclass(frozen=True, slots=True)
class Past:
    """An order as it happened, with what was written of it; the text is read and not kept."""

    order: Happened
    title: str
    content: str

    @property
    def text(self) -> str:
        return told(self.title, self.content)


def moments(since: date, until: date) -> tuple[datetime, datetime]:
    """From midnight of the first day to midnight after the last."""
    begin, end = since, until + timedelta(days=1)
    return datetime.combine(begin, time(), CITY_ZONE), datetime.combine(end, time(), CITY_ZONE)


def keys_between(since: date, until: date) -> tuple[int, int]:
    """Between which keys the orders of the days lie: (one before the first, the last)."""
    begin, end = moments(since, until)
    first = first_key_since("intake_order", "id", "received_at", begin) - OUT_OF_ORDER
    last = first_key_since("intake_order", "id", "received_at", end) + OUT_OF_ORDER
    newest = Order.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return max(0, first - 1), min(last, newest)


def stretch(since: date, until: date, after: int, last: int, limit: int = STRETCH) -> tuple[list[Past], int]:
    """The next orders of the period behind the key `after`, in two statements, and the key they reach.

    An order that came by a hand-over is not one of its own: it is told with the order it came from. What only some may
    know of (S3.6) is left out.
    """
    begin, end = moments(since, until)
    rows = list(
        Order.objects.filter(id__gt=after, id__lte=last, received_at__gte=begin, received_at__lt=end, needs="")
        .order_by("id")
        .values_list("id", "number", "received_at", "desk", "division", "title", "content")[:limit]
    )
    reached = rows[-1][0] if len(rows) == limit else last
    handed, came = _handed([row[0] for row in rows])
    police = _police_desks()
    past = [
        Past(
            Happened(
                number=number,
                at=at,
                desk=desk,
                side="110" if desk in police else "12345",
                county=division,
                version=_version(at),
                handed=tuple(handed.get(pk, ())),
            ),
            title,
            content,
        )
        for pk, number, at, desk, division, title, content in rows
        if pk not in came
    ]
    return past, reached


_HANDED = """
SELECT t.origin_order_id, t.target_order_id, t.kind, t.list_item, t.list_version, t.target, t.state, t.opened_at,
       (SELECT min(s.at) FROM transfer_steprow s WHERE s.transfer_id = t.id AND s.verb = 'accept')
FROM transfer_transfer t WHERE t.origin_order_id = ANY(%s) OR t.target_order_id = ANY(%s) ORDER BY t.id
"""


def _handed(orders: list[int]) -> tuple[dict[int, list[HandOver]], set[int]]:
    """The hand-overs of the orders, oldest first, and which of the orders came by one."""
    found: dict[int, list[HandOver]] = {}
    came: set[int] = set()
    known = set(orders)
    with connection.cursor() as cursor:
        cursor.execute(_HANDED, [orders, orders])
        for origin, target_order, kind, item, version, target, state, opened, signed in cursor.fetchall():
            if target_order in known:
                came.add(target_order)
            if origin in known and not KINDS[kind].needs:
                found.setdefault(origin, []).append(HandOver(kind, item, version, target, state, opened, signed))
    return found, came


def _version(at: datetime) -> str:
    try:
        return version_in_force(at)
    except NoListInForce:
        return ""


def _police_desks() -> frozenset[str]:
    return frozenset(Desk.objects.filter(kind__in=POLICE_DESKS).values_list("code", flat=True))


def taken(since: date, until: date) -> dict[str, list[float]]:
    """By kind: how many seconds it took from the call to the first signature, of the hand-overs of the period."""
    begin, end = moments(since, until)
    rows = (
        Transfer.objects.filter(opened_at__gte=begin, opened_at__lt=end, steps__verb="accept", origin_order__needs="")
        .order_by("pk", "steps__at")
        .distinct("pk")
        .values_list("kind", "origin_order__received_at", "steps__at")
    )
    found: dict[str, list[float]] = {}
    for kind, received, signed in rows.iterator(chunk_size=STRETCH):
        if not KINDS[kind].needs:
            found.setdefault(kind, []).append((signed - received).total_seconds())
    return found


def limits(kinds: Iterable[str] = tuple(KINDS)) -> dict[str, float]:
    """By kind: within how many seconds it is to be signed for today; kinds whose limit runs on working days are not
    there."""
    book, now = rulebook(), clock.now()
    seconds = {"second": 1, "minute": 60, "hour": 3600}
    found = {}
    for kind in kinds:
        try:
            limit = pick(book.limits, "accept_by", kind, "danger" if kind == "danger" else "ordinary", now)
        except LimitMissing:
            continue
        if limit.unit in seconds:
            found[kind] = limit.amount * seconds[limit.unit]
    return found


def items_of(versions: Iterable[str]) -> dict[str, dict[str, ItemValues]]:
    """The items of the versions by version and code."""
    found: dict[str, dict[str, ItemValues]] = {code: {} for code in versions}
    for row in ListItem.objects.filter(version__code__in=found).select_related("version"):
        found[row.version.code][row.code] = values(row)
    return found


# Two lists at a time are compared; a period may see one list follow another.
@lru_cache(maxsize=3)
def engine_for(code: str, items: tuple[ItemValues, ...], day: date) -> Engine:
    """An engine of the list alone, with the directory and bars of `day`; some half a second, kept."""
    return engine_of(code, items, datetime.combine(day, time(12), CITY_ZONE))


def names_of(codes: Mapping[str, object]) -> dict[str, str]:
    """How units are called."""
    return dict(Unit.objects.filter(pk__in=codes).values_list("code", "name"))
