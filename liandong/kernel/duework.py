"""Time is a column: a dull loop takes the earliest due rows, asks the rule again, and acts only if still true.

A loop never knows what its rows mean. The handler gets the row and the moment, takes its own locks and must itself
check that the row is still due (somebody may have moved it); what raises is retried with back-off and then set aside.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import connection, transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from liandong.kernel import clock
from liandong.kernel.asking import Given, Question
from liandong.kernel.models import SetAside
from liandong.kernel.trouble import described

log = logging.getLogger(__name__)

BATCH = 50
TRIES_BEFORE_SET_ASIDE = 5


@dataclass(frozen=True, slots=True)
class DueColumn:
    """`model.column` holds the moment at which `act(row, now)` is to be called; null means nothing is due."""

    model: type[Model]
    column: str
    act: Callable[[Model, datetime], None]

    @property
    def name(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"


def run_due(due: DueColumn, *, limit: int = BATCH) -> int:
    """Act on up to `limit` due rows of one column, each in its own transaction. Returns how many were tried."""
    tried: set[int] = set()
    while len(tried) < limit and _run_one(due, tried):
        pass
    return len(tried)


def earliest(due: DueColumn) -> datetime | None:
    """The next due moment of the column, for loops that want to sleep until then (the simulator does)."""
    row = _earliest(due).first(loop=due.name, now=clock.now())
    return None if row is None else getattr(row, due.column)


@lru_cache(maxsize=64)  # there are as many as due columns
def _earliest(due: DueColumn) -> Question[Model]:
    def build(loop: Given, now: Given) -> QuerySet[Model]:
        rows = _not_set_aside(due, loop, now).filter(**{f"{due.column}__isnull": False})
        return rows.only(due.column).order_by(due.column)[:1]

    return Question(build)


def _not_set_aside(due: DueColumn, loop: str | Given, now: datetime | Given) -> QuerySet[Model]:
    """The rows of the column's table without those a failure keeps out of the loop's way, for now or for good."""
    waiting = Q(retry_at__isnull=True) | Q(retry_at__gt=now)
    aside = SetAside.objects.filter(waiting, loop=loop, subject=OuterRef("pk"))
    return due.model._default_manager.filter(~Exists(aside))


def _run_one(due: DueColumn, tried: set[int]) -> bool:
    moment = clock.now()
    pk: int | None = None
    try:
        with transaction.atomic():
            row = _take(due, moment, tried)
            if row is None:
                return False
            pk = row.pk
            tried.add(row.pk)
            due.act(row, moment)
            # Old failures must not count against the row the next time it is due.
            SetAside.objects.filter(loop=due.name, subject=pk).delete()
    except Exception as why:
        if pk is None:
            raise
        _put_off(due, pk, moment, why)
    return True


def _take(due: DueColumn, moment: datetime, tried: set[int]) -> Model | None:
    """The earliest due row no other worker has, claimed until the transaction ends.

    The claim is an advisory lock and not the row's own: the handler locks what it changes in the order everybody
    else does (the matter first), so a loop and a person can never wait for each other in a circle.
    """
    waiting = (
        _not_set_aside(due, due.name, moment)
        .filter(**{f"{due.column}__lte": moment})
        .exclude(pk__in=tried)
        .order_by(due.column)
    )
    for row in waiting[:BATCH]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)", [due.name, row.pk % 2**31])
            if not cursor.fetchone()[0]:
                continue
        # Whoever held the claim before may have acted between our read and our claim.
        fresh = waiting.filter(pk=row.pk).first()
        if fresh is not None:
            return fresh
    return None


def _put_off(due: DueColumn, pk: int, moment: datetime, why: Exception) -> None:
    trouble = described(why)
    aside, _ = SetAside.objects.get_or_create(
        loop=due.name, subject=pk, defaults={"due_at": moment, "tries": 0, "trouble": "", "noticed_at": moment}
    )
    aside.tries += 1
    aside.trouble = trouble
    aside.retry_at = (
        None if aside.tries >= TRIES_BEFORE_SET_ASIDE else moment + timedelta(seconds=min(2**aside.tries, 300))
    )
    aside.save()
    if aside.retry_at is None:
        log.error("%s row %s set aside after %s tries: %s", due.name, pk, aside.tries, trouble)
    else:
        log.warning("%s row %s put off (try %s): %s", due.name, pk, aside.tries, trouble)
