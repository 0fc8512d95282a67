"""Reads of the trail: for auditors, by right and page; for the verifier, as streams of one snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, QuerySet, Value, When

from liandong.audit import catalogue
from liandong.audit.by import By
from liandong.audit.models import Event, Seal, Unsealed
from liandong.audit.verifier import EventRow, SealRow, listed_ids
from liandong.kernel.queries import first_key_since

READ = "audit.read"
PAGE = 50

# PostgreSQL holds moments Python cannot; one that somebody forged is read as this one and fails the comparison.
_NO_MOMENT = datetime(1, 1, 2, tzinfo=UTC)
_READABLE_AT = Case(
    When(at__range=(_NO_MOMENT, datetime(9999, 1, 1, tzinfo=UTC)), then="at"), default=Value(_NO_MOMENT)
)

_CHUNK = 2000
_IDS_AT_ONCE = 20_000


def access_events(
    by: By,
    *,
    subject: str | None = None,
    person: int | None = None,
    kind: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Event]:
    """A page of events, newest first; the next page is asked with `before`, the last id of this one.

    Raises NotAllowed without the right `audit.read`.
    """
    by.needs(READ)
    wanted = {"subject": subject, "person": person, "kind": kind, "id__lt": before}
    given = {name: value for name, value in wanted.items() if value is not None}
    return list(Event.objects.filter(**given).order_by("-id")[:limit])


def access_sightings(by: By, subject: str, *, before: int | None = None, limit: int = PAGE) -> list[Event]:
    """Who saw the subject or had something of it revealed, newest first. Raises NotAllowed as above."""
    by.needs(READ)
    seen = Event.objects.filter(kind__in=catalogue.sightings(), subject=subject)
    if before is not None:
        seen = seen.filter(id__lt=before)
    return list(seen.order_by("-id")[:limit])


@dataclass(frozen=True, slots=True)
class Asked:
    """What an auditor asks the trail for; what is left out does not narrow. `people` are ids of accounts."""

    subject: str = ""
    people: tuple[int, ...] | None = None
    kinds: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventPage:
    """One page, newest first. `newer` and `older` are the ids to go on with, None at either end."""

    events: list[Event]
    newer: int | None
    older: int | None


def access_page(
    by: By, asked: Asked, *, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> EventPage:
    """The events older than `before`, or the ones just newer than `after`. Raises NotAllowed without `audit.read`."""
    by.needs(READ)
    rows = _narrowed(asked)
    if after is not None:
        found = list(rows.filter(id__gt=after).order_by("id")[: limit + 1])
        if len(found) > limit:
            kept = found[:limit][::-1]
            return EventPage(kept, kept[0].id, kept[-1].id)
        before = None
    older = rows if before is None else rows.filter(id__lt=before)
    found = list(older.order_by("-id")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    newer = found[0].id if before is not None and found else None
    return EventPage(found, newer, found[-1].id if more else None)


def access_subject(by: By, subject: str, limit: int) -> list[Event]:
    """The trail of one subject from its beginning, at most `limit` events. Raises NotAllowed."""
    by.needs(READ)
    return list(Event.objects.filter(subject=subject).order_by("id")[:limit])


def _narrowed(asked: Asked) -> QuerySet[Event]:
    rows = Event.objects.all()
    if asked.subject:
        rows = rows.filter(subject=asked.subject)
    if asked.people is not None:
        rows = rows.filter(person__in=asked.people)
    if asked.kinds:
        rows = rows.filter(kind__in=asked.kinds)
    if asked.since is not None:
        rows = rows.filter(at__gte=asked.since, id__gte=first_since("audit_event", asked.since) - OUT_OF_ORDER)
    if asked.until is not None:
        rows = rows.filter(at__lt=asked.until, id__lt=first_since("audit_event", asked.until) + OUT_OF_ORDER)
    return rows


# Ids are drawn a moment after the clock was asked, and concurrent writers draw them in any order. An event that says
# an earlier moment than it was written at stands where it was written.
OUT_OF_ORDER = 10_000


def first_since(table: str, moment: datetime) -> int:
    """The key of the first row of `audit_event` or `audit_seal` from `moment` on; one past the last when none is."""
    return first_key_since(table, _KEYS[table], "at", moment)


_KEYS = {"audit_event": "id", "audit_seal": "number"}


def head() -> Seal | None:
    """The last seal, the one whose hash is worth depositing outside of this database."""
    return Seal.objects.order_by("-number").first()


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Everything read inside is of one moment; nothing can be written. Must be the outermost transaction."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def event_rows(subject: str | None = None) -> Iterator[EventRow]:
    """Every event, or those of one subject, by (subject, id), streamed from a cursor in the database."""
    fields = ("id", "readable_at", *EventRow._fields[2:])
    rows = Event.objects.annotate(readable_at=_READABLE_AT).order_by("subject", "id").values_list(*fields)
    if subject is not None:
        rows = rows.filter(subject=subject)
    for row in rows.iterator(chunk_size=_CHUNK):
        *plain, prev, hashed = row
        yield EventRow._make((*plain, bytes(prev), bytes(hashed)))


def waiting_ids() -> set[int]:
    """The events in the sealer's queue."""
    return set(Unsealed.objects.values_list("event_id", flat=True))


def seal_rows(after: int = 0) -> Iterator[SealRow]:
    """Every seal after a number, with the present hashes of the events it lists; small seals share one look-up."""
    fields = ("number", "readable_at", *SealRow._fields[2:-1])
    rows = Seal.objects.annotate(readable_at=_READABLE_AT).order_by("number").values_list(*fields)
    rows = rows.filter(number__gt=after)
    batch: list[tuple[Any, ...]] = []
    ids: list[int] = []
    for row in rows.iterator(chunk_size=_CHUNK):
        batch.append(row)
        ids += listed_ids(row[2])
        if len(ids) >= _IDS_AT_ONCE:
            yield from _with_present(batch, ids)
            batch, ids = [], []
    yield from _with_present(batch, ids)


def _with_present(batch: list[tuple[Any, ...]], ids: list[int]) -> Iterator[SealRow]:
    present = {event: bytes(hashed) for event, hashed in Event.objects.filter(id__in=ids).values_list("id", "hash")}
    for number, at, events, leaves, root, prev, hashed in batch:
        yield SealRow(number, at, events, bytes(leaves), bytes(root), bytes(prev), bytes(hashed), present)


# A row in front of the span's first of its subject is looked up; the others follow one another.
_SPAN = """
SELECT e.id, CASE WHEN e.at BETWEEN '0001-01-02' AND '9999-01-01' THEN e.at ELSE '0001-01-02 00:00+00' END,
       e.kind, e.subject, e.person, e.party, e.body, e.prev, e.hash,
       coalesce(lag(e.hash) OVER (PARTITION BY e.subject ORDER BY e.id),
                (SELECT p.hash FROM audit_event p WHERE p.subject = e.subject AND p.id < e.id
                 ORDER BY p.id DESC LIMIT 1))
FROM audit_event e WHERE e.id >= %s AND e.id < %s ORDER BY e.id LIMIT %s
"""


def span_rows(low: int, high: int, limit: int) -> list[tuple[EventRow, bytes | None]]:
    """The events of an id range in order, each with the hash of its subject's event before it (None: it is first)."""
    with connection.cursor() as cursor:
        cursor.execute(_SPAN, [low, high, limit])
        return [
            (EventRow._make((*row[:7], bytes(row[7]), bytes(row[8]))), None if row[9] is None else bytes(row[9]))
            for row in cursor.fetchall()
        ]


def seal_hash_of(number: int) -> bytes | None:
    """The hash of one seal, None when there is none of that number."""
    found = Seal.objects.filter(number=number).values_list("hash", flat=True).first()
    return None if found is None else bytes(found)


# How many seals after an event's moment are looked through for it. While the sealer stands still no seals are made, and
# afterwards each takes thousands of events, so a long stop uses up few numbers.
SEALS_LOOKED_THROUGH = 500
_BINDING = "SELECT number FROM audit_seal WHERE number >= %s AND number < %s AND events @> %s::jsonb ORDER BY 1 LIMIT 1"


def seal_of(event: EventRow) -> SealRow | None:
    """The seal that lists the event, without the present hashes of the others it lists."""
    first = max(1, first_since("audit_seal", event.at) - 1)
    with connection.cursor() as cursor:
        cursor.execute(_BINDING, [first, first + SEALS_LOOKED_THROUGH, str(event.id)])
        found = cursor.fetchone()
    if found is None:
        return None
    seal = Seal.objects.annotate(readable_at=_READABLE_AT).get(number=found[0])
    return SealRow(
        seal.number, seal.readable_at, seal.events, bytes(seal.leaves), bytes(seal.root), bytes(seal.prev),
        bytes(seal.hash), {},
    )  # fmt: skip
