"""Announce below, react in one table: facts are rows written with the change they tell of, handled after it commits.

Delivery is at least once, so every reaction must be safe to repeat. A fact that keeps failing backs off and is at
last set aside, visible to the administrator; it never blocks the facts behind it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection, transaction

from liandong.kernel import clock
from liandong.kernel.canonical import plain
from liandong.kernel.live import Message
from liandong.kernel.models import Fact
from liandong.kernel.telling import write
from liandong.kernel.trouble import described

log = logging.getLogger(__name__)

CHANNEL = "liandong_facts"
TRIES_BEFORE_SET_ASIDE = 8

Reaction = Callable[["Told"], None]
Tell = Callable[["Told"], "Message | None"]


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as a reaction sees it."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    occurred_at: datetime


def announce(kind: str, /, **payload: Any) -> Fact:
    """Write the fact in the running transaction. Raises RuntimeError outside of one."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"fact {kind} announced outside a transaction")
    moment = clock.now()
    fact = Fact(kind=kind, payload=plain(payload), occurred_at=moment, next_try_at=moment)
    with connection.cursor() as cursor:
        # Waiting workers are told at commit, in the same round trip.
        cursor.execute(_ANNOUNCE, [kind, orjson.dumps(fact.payload).decode(), moment, moment, CHANNEL])
        fact.pk = cursor.fetchone()[0]
    return fact


_ANNOUNCE = """
WITH fact AS (
    INSERT INTO kernel_fact (kind, payload, occurred_at, tries, next_try_at, trouble)
    VALUES (%s, %s, %s, 0, %s, '') RETURNING id
)
SELECT id, pg_notify(%s, '') FROM fact
"""


def handle_waiting(reactions: Mapping[str, tuple[Reaction, ...]], *, limit: int = 100, tell: Tell | None = None) -> int:
    """Handle up to `limit` waiting facts, oldest first, and return how many were taken.

    All of them run in one savepoint; when one fails, they run again each in a savepoint of its own, so that what a
    failing reaction wrote is undone and nobody else's work with it. Workers side by side skip each other's rows.
    `tell` says what open screens hear of a fact; they are told with the commit, all facts of the batch at once.
    """
    with transaction.atomic():
        moment = clock.now()
        facts = list(
            Fact.objects.select_for_update(skip_locked=True)
            .filter(handled_at__isnull=True, set_aside_at__isnull=True, next_try_at__lte=moment)
            .order_by("next_try_at", "id")[:limit]
        )
        handled = _handle_together(facts, reactions, tell)
        if handled is None:
            alone = {fact.id: _handle(fact, reactions, tell) for fact in facts}
            handled = {pk: message for pk, message in alone.items() if message is not _FAILED}
        if handled:
            Fact.objects.filter(id__in=list(handled)).update(handled_at=moment)
            # Last, because what it locks is held until the commit.
            write([message for message in handled.values() if isinstance(message, Message)])
    return len(facts)


_FAILED = object()


def _handle_together(
    facts: Sequence[Fact], reactions: Mapping[str, tuple[Reaction, ...]], tell: Tell | None
) -> dict[int, object] | None:
    """What screens hear of each, by its id; None when one failed, and then none has done anything."""
    try:
        messages = {fact.id: tell(_told(fact)) if tell else None for fact in facts}
        followed = [fact for fact in facts if reactions.get(fact.kind) != ()]
        if followed:
            with transaction.atomic():
                for fact in followed:
                    for reaction in reactions[fact.kind]:
                        reaction(_told(fact))
    except Exception:
        log.info("a batch of %s facts goes one by one", len(facts), exc_info=True)
        return None
    return dict(messages)


def _told(fact: Fact) -> Told:
    return Told(id=fact.id, kind=fact.kind, payload=fact.payload, occurred_at=fact.occurred_at)


def _handle(fact: Fact, reactions: Mapping[str, tuple[Reaction, ...]], tell: Tell | None) -> object:
    """What screens hear of it, or `_FAILED`."""
    told = _told(fact)
    try:
        message = tell(told) if tell else None
        follow = reactions[fact.kind]
        if follow:
            with transaction.atomic():
                for reaction in follow:
                    reaction(told)
    except Exception as why:  # noqa: BLE001 - any failure of a reaction is recorded on its fact and retried
        _put_off(fact, why)
        return _FAILED
    return message


def _put_off(fact: Fact, why: Exception) -> None:
    fact.tries += 1
    fact.trouble = described(why)
    fact.next_try_at = clock.now() + timedelta(seconds=min(2**fact.tries, 300))
    if fact.tries >= TRIES_BEFORE_SET_ASIDE:
        fact.set_aside_at = clock.now()
        log.error("fact %s %s set aside after %s tries: %s", fact.id, fact.kind, fact.tries, fact.trouble)
    else:
        log.warning("fact %s %s put off (try %s): %s", fact.id, fact.kind, fact.tries, fact.trouble)
    fact.save(update_fields=["tries", "trouble", "next_try_at", "set_aside_at"])
