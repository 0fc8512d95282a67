"""Reads of the trail: for auditors, by right and page; for the verifier, as streams of one snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Q, Value, When

from liandong.audit.by import By
from liandong.audit.models import Event, Seal, Unsealed
from liandong.audit.verifier import EventRow, SealRow, listed_ids

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
    seen = Event.objects.filter(Q(kind__endswith=".seen") | Q(kind__endswith=".revealed"), subject=subject)
    if before is not None:
        seen = seen.filter(id__lt=before)
    return list(seen.order_by("-id")[:limit])


def head() -> Seal | None:
    """The last seal, the one whose hash is worth depositing outside of this database."""
    return Seal.objects.order_by("-number").first()


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Everything read inside is of one moment; nothing can be written. Must be the outermost transaction."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def event_rows() -> Iterator[EventRow]:
    """Every event by (subject, id), streamed from a cursor in the database."""
    fields = ("id", "readable_at", *EventRow._fields[2:])
    rows = Event.objects.annotate(readable_at=_READABLE_AT).order_by("subject", "id").values_list(*fields)
    for row in rows.iterator(chunk_size=_CHUNK):
        *plain, prev, hashed = row
        yield EventRow._make((*plain, bytes(prev), bytes(hashed)))


def waiting_ids() -> set[int]:
    """The events in the sealer's queue."""
    return set(Unsealed.objects.values_list("event_id", flat=True))


def seal_rows() -> Iterator[SealRow]:
    """Every seal by number, with the present hashes of the events it lists; many small seals share one look-up."""
    fields = ("number", "readable_at", *SealRow._fields[2:-1])
    rows = Seal.objects.annotate(readable_at=_READABLE_AT).order_by("number").values_list(*fields)
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
