"""Drafts of forms, opened for the person whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import orjson
from django.conf import settings

from liandong.audit.by import By
from liandong.intake.models import AcceptedKey
from liandong.transfer import drafts
from liandong.transfer.models import Draft
from liandong.transfer.queries.lists import PAGE


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
