"""Reads of the hand-over, visibility first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from django.conf import settings
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
from liandong.intake.models import AcceptedKey, Matter, Order
from liandong.intake.numbering import TRANSFER, read
from liandong.kernel.asking import Given, Question
from liandong.kernel.clockface import LAST_THIRD
from liandong.kernel.errors import Invalid, NotFound
from liandong.transfer import drafts
from liandong.transfer.baton import Heard
from liandong.transfer.models import Draft, NoteRow, StepRow, Transfer
from liandong.transfer.notes import hear
from liandong.transfer.replica import Replica, Step, fold
from liandong.transfer.responsibility import Duty
from liandong.transfer.states import HOLDER, KINDS, Side

PAGE = 50
ALARMS = 5  # more than these on one bar nobody reads; the next come up as they are acknowledged
WRONG_PAGE = "翻页位置无效，请从第一页重新打开列表。"


def visible_transfers(by: By) -> QuerySet[Transfer]:
    """Transfers in which the actor's desk is origin or target; all of them with the right to see every desk.

    Kinds that only some need to know (clues, S3.6) are there for those alone.
    """
    by.needs("order.read")
    rows = _whole() if by.may("desk.all") else _between(by.party)
    hidden = [kind.code for kind in KINDS.values() if not may_see(by, kind.code)]
    return rows.exclude(kind__in=hidden) if hidden else rows


def _whole() -> QuerySet[Transfer]:
    return Transfer.objects.select_related("matter", "origin_order", "target_order", "parent")


def _between(party: str | Given) -> QuerySet[Transfer]:
    return _whole().filter(Q(origin=party) | Q(target=party))


@Question
def _transfer(number: str) -> QuerySet[Transfer]:
    return _whole().filter(number=number)


@Question
def _transfer_between(number: str, party: Given) -> QuerySet[Transfer]:
    return _between(party).filter(number=number)


def may_see(by: By, kind: str) -> bool:
    """Whether the actor may see a transfer of `kind` of the own desk at all."""
    needs = KINDS[kind].needs
    return not needs or by.may(needs)


def access_transfer(by: By, number: str) -> Transfer:
    """Raises BadNumber, NotFound (also when it may not be seen)."""
    by.needs("order.read")
    known = read(number, TRANSFER)
    found = _transfer(number=known) if by.may("desk.all") else _transfer_between(number=known, party=by.party)
    if not found or not may_see(by, found[0].kind):
        raise NotFound
    return found[0]


def at_desk(number: str) -> Transfer:
    """The transfer with all it touches, for the desk's own clock and for who has been let in already.

    Raises Transfer.DoesNotExist.
    """
    found = _transfer(number=number)
    if not found:
        raise Transfer.DoesNotExist(number)
    return found[0]


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
    shown_rows = _whole().filter(pk__in=keys)
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


def linkage_of(by: By, number: str) -> str:
    """The linkage number of the matter a transfer is about, for auditors, whoever's it is. Raises NotFound."""
    by.needs("audit.read")
    found = Transfer.objects.filter(number=number).values_list("matter__number", flat=True).first()
    if found is None:
        raise NotFound
    return found


def of_matter(matter: Matter) -> list[Transfer]:
    """All transfers of a matter, oldest first."""
    return list(Transfer.objects.filter(matter=matter).select_related("parent").order_by("id"))


def visible_of_matter(by: By, matter: Matter) -> list[Transfer]:
    """The transfers of a matter the actor may see, oldest first, with what their documents name."""
    return list(visible_transfers(by).filter(matter=matter).order_by("id"))


def steps_of(transfers: list[Transfer]) -> list[StepRow]:
    return list(StepRow.objects.filter(transfer__in=transfers).select_related("transfer").order_by("at", "id"))


def notes_of(transfers: list[Transfer]) -> list[NoteRow]:
    return list(NoteRow.objects.filter(transfer__in=transfers).select_related("transfer").order_by("at", "id"))


def replica_of(row: Transfer) -> Replica:
    """The row as the pure rules see it."""
    return Replica(
        transfer=row.number,
        kind=row.kind,
        origin=row.origin,
        target=row.target,
        state=row.state,
        seq=row.seq,
        head=bytes(row.head),
        origin_duty=row.origin_duty,
        target_duty=row.target_duty,
        joint=row.joint,
        awarded=row.awarded,
        rework=row.rework,
        sent_back=row.sent_back,
    )


def folded(row: Transfer) -> Replica:
    """The replica rebuilt from the steps alone; must equal `replica_of` the row. Raises ChainBroken."""
    empty = Replica(transfer=row.number, kind=row.kind, origin=row.origin, target=row.target)
    return fold(empty, (step_of(step, row) for step in row.steps.order_by("seq")))


def step_of(step: StepRow, row: Transfer) -> Step:
    """The step as the pure rules see it, read back from its canonical content."""
    content = orjson.loads(step.content)
    return Step(
        transfer=content["transfer"],
        seq=content["seq"],
        kind=content["kind"],
        verb=content["verb"],
        author=content["author"],
        person=content["person"],
        at=datetime.fromisoformat(content["at"]),
        body=content["body"],
        deadlines={clock: datetime.fromisoformat(at) for clock, at in content["deadlines"].items()},
        prev=bytes.fromhex(content["prev"]),
    )


def heard(row: Transfer) -> Heard:
    """What the notes written since the last step say."""
    return hear(row.notes.filter(after_seq=row.seq).order_by("id").values_list("kind", "body"))


def duties(matter: Matter) -> list[Duty]:
    """The open transfers of a matter, as far as responsibility goes, in the order they were made."""
    return duties_among(_open_of(matter=matter.pk))


@Question
def _open_of(matter: int) -> QuerySet[Transfer]:
    return Transfer.objects.filter(matter=matter, ended_at__isnull=True).select_related("parent").order_by("id")


def duties_among(rows: Iterable[Transfer]) -> list[Duty]:
    """`duties` for the transfers of one matter already read, oldest first; ended ones are left out."""
    return [
        Duty(
            transfer=t.number,
            parent=t.parent.number if t.parent and t.parent.ended_at is None else None,
            origin=t.origin,
            target=t.target,
            passes=KINDS[t.kind].passes and not t.beside,
            origin_duty=t.origin_duty,
            target_duty=t.target_duty,
        )
        for t in rows
        if t.ended_at is None
    ]


def form_system(by: By) -> str:
    """Under this name the keys of a person's forms are kept, beside those of other systems."""
    return f"console:{by.person}"


def accepted_with(by: By, key: str) -> str | None:
    """The number of the order that the actor's form `key` became or urged; None while it was not accepted."""
    kept = AcceptedKey.objects.filter(system=form_system(by), key=key).values_list("answer", flat=True).first()
    return None if kept is None else str(orjson.loads(kept)["order_number"])


@dataclass(frozen=True, slots=True)
class DraftSeen:
    """A draft as its writer sees it again."""

    key: str
    title: str
    said: dict[str, str]
    version: int
    begun_at: datetime
    kept_at: datetime
    discard_by: datetime


def drafts_of(by: By, *, limit: int = PAGE) -> list[DraftSeen]:
    """The actor's own drafts, the last kept first; nobody sees anybody else's."""
    by.needs("order.accept")
    return [_seen(row) for row in Draft.objects.filter(person=by.person).order_by("-kept_at", "-id")[:limit]]


def count_drafts(by: By) -> int:
    return Draft.objects.filter(person=by.person).count()


def access_draft(by: By, key: str) -> DraftSeen | None:
    """The actor's own draft under `key`; None when there is none (any more)."""
    by.needs("order.accept")
    row = Draft.objects.filter(person=by.person, key=key).first()
    return None if row is None else _seen(row)


def _seen(row: Draft) -> DraftSeen:
    said = drafts.opened(row.sealed, person=row.person_id, key=row.key, seal_key=settings.SEAL_KEY)
    return DraftSeen(row.key, drafts.title(said), said, row.version, row.begun_at, row.kept_at, row.discard_by)
