"""The lists of a desk, by time left, and what their rows are counted by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)

from liandong.audit.by import By
from liandong.intake.models import Order
from liandong.kernel.clockface import LAST_THIRD
from liandong.kernel.errors import Invalid
from liandong.transfer.models import StepRow, Transfer
from liandong.transfer.queries.doors import visible_transfers, whole
from liandong.transfer.states import HOLDER, Side

PAGE = 50
ALARMS = 5  # more than these on one bar nobody reads; the next come up as they are acknowledged
WRONG_PAGE = "翻页位置无效，请从第一页重新打开列表。"


@dataclass(frozen=True, slots=True)
class Page:
    transfers: list[Transfer]
    after: str


# What a desk can look at among its open transfers.
SHOWN = ("all", "danger", "mine", "over")
# A clue has a list of its own on the home, which not everybody at the desk sees (S3.6).
CLUE = "clue"
WAITING = ("offered", "awarded")
DANGER = Q(kind="danger") | Q(urgency="danger")


def is_danger(row: Transfer) -> bool:
    """`DANGER` of a row already read."""
    return "danger" in (row.kind, row.urgency)


def shown(by: By, show: str, now: datetime) -> Q:
    """The condition of one of `SHOWN`; an unknown word shows all.

    Over time is also whose clock ran out before and was started again: nobody has moved since.
    """
    if show == "danger":
        return DANGER
    if show == "over":
        return Q(due_at__lte=now) | Q(silent_urges__gt=0)
    if show == "mine":
        mine = Q(origin=by.party, state__in=_held_by("origin"))
        return mine | Q(target=by.party, state__in=_held_by("target"))
    return Q()


def inbound(by: By, *, after: str = "", limit: int = PAGE) -> Page:
    """Open transfers to the actor's desk by time left; a danger has the shortest clock and so stands first."""
    return _by_clock(visible_transfers(by).filter(target=by.party, ended_at__isnull=True), after, limit)


def waiting(by: By, *, after: str = "", limit: int = PAGE, only: Q | None = None) -> Page:
    """Transfers the actor's desk has to sign for, danger before all else, then by time left."""
    rows = visible_transfers(by).filter(target=by.party, ended_at__isnull=True, state__in=WAITING)
    return _danger_first(rows.filter(only or Q()), after, limit)


def taken(by: By, *, limit: int = PAGE, only: Q | None = None) -> Page:
    """What came in and was answered: open transfers to the actor's desk that need no signature any more."""
    rows = visible_transfers(by).filter(target=by.party, ended_at__isnull=True).exclude(state__in=WAITING)
    return _danger_first(rows.filter(only or Q()), "", limit)


def to_decide(by: By, *, limit: int = PAGE, only: Q | None = None) -> Page:
    """What came back to the desk that handed it over and waits for its word: refused, answered, under negotiation."""
    return _danger_first(_handed(by, only).filter(state__in=_held_by("origin")), "", limit)


def handed(by: By, *, limit: int = PAGE, only: Q | None = None) -> Page:
    """What was handed over and is the other desk's turn; danger before all else, then by time left."""
    return _danger_first(_handed(by, only).filter(state__in=_held_by("target")), "", limit)


def _handed(by: By, only: Q | None) -> QuerySet[Transfer]:
    return visible_transfers(by).filter(origin=by.party, ended_at__isnull=True).filter(only or Q())


def _held_by(side: Side) -> list[str]:
    return [state for state, holder in HOLDER.items() if holder == side]


def clues(by: By, *, after: str = "", limit: int = PAGE, running: bool = False) -> Page:
    """S3.6: stability leads from and to the actor's desk, the newest first."""
    rows = visible_transfers(by).filter(Q(origin=by.party) | Q(target=by.party), kind=CLUE)
    if running:
        rows = rows.filter(ended_at__isnull=True)
    if after:
        moment, pk = _cursor(after)
        rows = rows.filter(Q(opened_at__lte=moment) & (Q(opened_at__lt=moment) | Q(id__lt=pk)))
    found = list(rows.order_by("-opened_at", "-id")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], f"{last.opened_at.isoformat()}|{last.pk}" if last else "")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many open transfers a desk has, by what can be looked at and by the colour of their clock.

    Counted up to `TALLIED`; `more` says that there are others.
    """

    all: int
    danger: int
    mine: int
    over: int
    calm: int
    soon: int
    red: int
    more: bool


# Nobody at a desk reads a number beyond this, and counting further would cost more than the page.
TALLIED = 2000


def tally(by: By, now: datetime) -> Tally:
    """The counts over the desk's open transfers, both ways, in one statement."""
    rows = visible_transfers(by).select_related(None).filter(ended_at__isnull=True)
    rows = rows.filter(Q(origin=by.party) | Q(target=by.party)).order_by()
    last_third = ExpressionWrapper((F("due_at") - F("moved_at")) / LAST_THIRD, output_field=DurationField())
    turns = ExpressionWrapper(F("due_at") - last_third, output_field=DateTimeField())
    over, soon = shown(by, "over", now), Q(turns__lte=now)
    found = rows.annotate(turns=turns)[:TALLIED].aggregate(
        all=Count("pk"),
        danger=Count("pk", filter=shown(by, "danger", now)),
        mine=Count("pk", filter=shown(by, "mine", now)),
        over=Count("pk", filter=over),
        soon=Count("pk", filter=soon & ~over),
    )
    calm = found["all"] - found["over"] - found["soon"]
    return Tally(**found, calm=calm, red=found["over"], more=found["all"] == TALLIED)


def onward_of(rows: Iterable[Transfer]) -> dict[int, list[Transfer]]:
    """What was handed on of each relay among `rows`, by the relay's key (S3.2)."""
    relays = [row.pk for row in rows if row.kind == "relay" and row.state not in WAITING]
    found: dict[int, list[Transfer]] = {}
    if relays:
        for child in Transfer.objects.filter(parent__in=relays).order_by("id"):
            assert child.parent_id is not None
            found.setdefault(child.parent_id, []).append(child)
    return found


def signed_at(rows: Iterable[Transfer]) -> dict[int, datetime]:
    """When each clue among `rows` was first signed for: sent to signed is the latency of S3.6."""
    clues = [row.pk for row in rows if row.kind == CLUE and row.state not in WAITING]
    if not clues:
        return {}
    steps = StepRow.objects.filter(transfer__in=clues, verb="accept").order_by("-seq")
    return dict(steps.values_list("transfer_id", "at"))


def last_step(row: Transfer) -> StepRow:
    return row.steps.order_by("-seq")[0]


def _danger_first(rows: QuerySet[Transfer], after: str, limit: int) -> Page:
    danger = DANGER
    if after:
        rank, _, rest = after.partition("|")
        due, pk = _cursor(rest)
        later = Q(due_at__gt=due) | Q(due_at=due, id__gt=pk)
        rows = rows.filter((danger & later) | ~danger if rank == "0" else ~danger & later)
    first = Case(When(danger, then=Value(0)), default=Value(1), output_field=IntegerField())
    # All that is open at the desk has to be ranked; what the rows show is read of those that are shown.
    keys = rows.select_related(None).order_by(first, "due_at", "id").values("pk")[: limit + 1]
    shown_rows = whole().filter(pk__in=keys)
    found = list(shown_rows.order_by(first, "due_at", "id"))
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], f"{0 if is_danger(last) else 1}|{_mark(last)}" if last else "")


def alarms(by: By, *, limit: int = ALARMS) -> list[Transfer]:
    """Dangers sent to the actor's desk that nobody there has signed for or said to know of, oldest first.

    Empty for who could not see to them.
    """
    if by.desk is None or not by.may("order.read") or not by.may("order.handle"):
        return []
    rows = visible_transfers(by).filter(target=by.desk, kind="danger", state="offered", acknowledged_at__isnull=True)
    return list(rows.order_by("opened_at", "id")[:limit])


def negotiating(by: By, *, after: str = "", limit: int = PAGE) -> Page:
    """Transfers under negotiation the actor may see, by time left: for the other party and the conference office."""
    return _by_clock(visible_transfers(by).filter(state="negotiating", ended_at__isnull=True), after, limit)


def outbound(by: By, *, after: str = "", limit: int = PAGE) -> Page:
    """Open transfers from the actor's desk by time left."""
    return _by_clock(visible_transfers(by).filter(origin=by.party, ended_at__isnull=True), after, limit)


def _by_clock(rows: QuerySet[Transfer], after: str, limit: int) -> Page:
    if after:
        due, pk = _cursor(after)
        rows = rows.filter(Q(due_at__gt=due) | Q(due_at=due, id__gt=pk))
    found = list(rows.order_by("due_at", "id")[: limit + 1])
    return Page(found[:limit], _mark(found[limit - 1]) if len(found) > limit else "")


def _cursor(after: str) -> tuple[datetime, int]:
    # A "+" that was not escaped in an address arrives as a blank.
    text, _, last = after.replace(" ", "+").partition("|")
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        # Brought to UTC here: a moment at the edge of the calendar must fail here and not in the driver.
        return moment.astimezone(UTC), int(last)
    except (ValueError, OverflowError):
        raise Invalid(WRONG_PAGE, field="after") from None


def _mark(row: Transfer) -> str:
    return f"{row.due_at.isoformat() if row.due_at else ''}|{row.pk}"


def sent_from(by: By, orders: Iterable[Order]) -> dict[int, list[Transfer]]:
    """The open transfers the actor's desk has sent about the matters of the orders, by the matter's id."""
    matters = {order.matter_id for order in orders}
    found: dict[int, list[Transfer]] = {}
    for row in visible_transfers(by).filter(matter__in=matters, origin=by.party, ended_at__isnull=True).order_by("id"):
        found.setdefault(row.matter_id, []).append(row)
    return found
