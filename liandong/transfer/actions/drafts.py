"""Keep what a call-taker types, and let it go: when it was accepted, when its writer says so, when its time is over.

Keeping leaves no line in the trail: it happens every few seconds, nobody else sees a draft, and what becomes of it is
recorded. Throwing one away unaccepted is recorded, without a word of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from liandong.audit.actions import record
from liandong.audit.by import By, clock_of
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.kernel.errors import Invalid, NotAllowed
from liandong.transfer import drafts
from liandong.transfer.errors import DraftAccepted, DraftMoved
from liandong.transfer.models import Draft
from liandong.transfer.queries import accepted_with


@dataclass(frozen=True, slots=True)
class Kept:
    """`version` 0: nothing was typed, so nothing is kept; else until when it is."""

    version: int
    at: datetime
    until: datetime | None = None


@transaction.atomic
def keep_draft(*, by: By, key: str, said: Mapping[str, str], version: int = 0) -> Kept:
    """Keep the form `key` as it is now; `version` is the one it was changed from, 0 for a new form.

    Raises NotAllowed, Invalid, DraftTooLong; DraftAccepted when the order was accepted meanwhile (the draft must not
    come back); DraftMoved when another window has kept it since.
    """
    person, desk = _writer(by)
    check_key(key)
    tidy = drafts.tidy(said)
    hold_form(by, key)
    number = accepted_with(by, key)
    if number is not None:
        raise DraftAccepted(order_number=number)
    now = clock.now()
    before = Draft.objects.filter(person=person, key=key).first()
    if before is not None and before.version != version:
        said_before = drafts.opened(before.sealed, person=person, key=key, seal_key=settings.SEAL_KEY)
        if said_before == tidy:  # the last words of a page that was left came late; nothing differs
            return Kept(before.version, before.kept_at, before.discard_by)
        raise DraftMoved(version=before.version, said=said_before)
    if not tidy:
        Draft.objects.filter(person=person, key=key).delete()
        return Kept(0, now)
    following = (before.version if before else 0) + 1
    until = now + timedelta(days=rulebook().parameter("draft_days", now))
    columns = {
        "desk": desk,
        "sealed": drafts.closed(tidy, person=person, key=key, seal_key=settings.SEAL_KEY),
        "kept_at": now,
        "discard_by": until,
        "version": following,
    }
    Draft.objects.update_or_create(
        person_id=person, key=key, defaults=columns, create_defaults={**columns, "begun_at": now}
    )
    return Kept(following, now, until)


@transaction.atomic
def discard_draft(*, by: By, key: str) -> None:
    """The writer throws the draft away. Without effect when there is none."""
    person, _ = _writer(by)
    _gone(by, Draft.objects.filter(person=person, key=key).first(), "writer")


def draft_accepted(by: By, key: str) -> None:
    """The order of the form was accepted in this transaction; its draft ends with it."""
    if by.person is not None:
        Draft.objects.filter(person=by.person, key=key).delete()


@transaction.atomic
def draft_ran_out(draft: Draft, now: datetime) -> None:
    """Nobody came back to the draft for as long as one may lie."""
    waiting = Draft.objects.select_for_update().filter(pk=draft.pk, discard_by__lte=now)
    _gone(clock_of(draft.desk), waiting.first(), "clock")


def _gone(by: By, draft: Draft | None, why: str) -> None:
    if draft is None:
        return
    draft.delete()
    detail = {"kept_at": draft.kept_at.isoformat(), "why": why}
    record("draft.discarded", by=by, subject=f"person:{draft.person_id}", detail=detail)


def _writer(by: By) -> tuple[int, str]:
    by.needs("order.accept")
    if by.person is None or by.desk is None:
        raise NotAllowed("只有受理台的人员可以保存草稿。")
    return by.person, by.desk


def check_key(key: str) -> None:
    """Raises Invalid for what no form of ours has as its key."""
    if not drafts.KEY.fullmatch(key):
        raise Invalid("草稿编号有误，请重新打开受理页面。", field="key")


def hold_form(by: By, key: str) -> None:
    """Until the transaction ends nobody else keeps or accepts this form: a draft kept on its way must not survive."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", ["draft", f"{by.person}:{key}"])
