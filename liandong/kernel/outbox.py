"""Announce below, react in one table: facts are rows written with the change they tell of, handled after it commits.

Delivery is at least once, so every reaction must be safe to repeat. A fact that keeps failing backs off and is at
last set aside, visible to the administrator; it never blocks the facts behind it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import QuerySet

from liandong.kernel import clock
from liandong.kernel.ahead import due, is_urgent
from liandong.kernel.asking import Given, Question
from liandong.kernel.atonce import running
from liandong.kernel.canonical import plain
from liandong.kernel.live import Message
from liandong.kernel.models import Fact
from liandong.kernel.notices import tell as wake
from liandong.kernel.telling import write
from liandong.kernel.trace import current, following
from liandong.kernel.trouble import described

log = logging.getLogger(__name__)

CHANNEL = "liandong_facts"
TRIES_BEFORE_SET_ASIDE = 8
TRACE = "traceparent"  # the key of a fact's payload that says which request it belongs to

Tell = Callable[["Told"], "Message | None"]


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as a reaction sees it."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Gathered:
    """Follows all facts of a batch at once, after everything else that follows from each of them.

    For what is the same for many facts, and for what locks: whatever it locks for the whole batch it can take in one
    order.
    """

    react: Callable[[Sequence[Told]], None]

    def __call__(self, told: Told) -> None:
        """For a fact that stands alone."""
        self.react([told])


Reaction = Callable[[Told], None] | Gathered


def announce(kind: str, /, **payload: Any) -> Fact:
    """Write the fact in the running transaction. Raises RuntimeError outside of one."""
    return announce_with(kind, payload, urgent=False)


def announce_with(kind: str, payload: Mapping[str, Any], *, urgent: bool) -> Fact:
    """The same; one that is urgent is handled before all that wait."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"fact {kind} announced outside a transaction")
    moment = clock.now()
    trace = current()
    payload = {**payload, TRACE: trace} if trace else payload
    first = due(moment, urgent=urgent)
    fact = Fact(kind=kind, payload=plain(payload), occurred_at=moment, next_try_at=first)
    together = running()
    if together is not None:
        together.later(Fact._meta.db_table, _write_facts, fact)  # it gets its id at the end
        return fact
    with connection.cursor() as cursor:
        # Waiting workers are told at commit, in the same round trip.
        cursor.execute(_ANNOUNCE, [kind, orjson.dumps(fact.payload).decode(), moment, first, CHANNEL])
        fact.pk = cursor.fetchone()[0]
    return fact


def _write_facts(facts: list[Fact]) -> None:
    """Many, in their order, with one statement; waiting workers are told once."""
    columns: list[Any] = [
        [fact.kind for fact in facts],
        [orjson.dumps(fact.payload).decode() for fact in facts],
        [fact.occurred_at for fact in facts],
        [fact.next_try_at for fact in facts],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_ANNOUNCE_MANY, columns)
    wake(CHANNEL)


_ANNOUNCE_MANY = """
INSERT INTO kernel_fact (kind, payload, occurred_at, tries, next_try_at, trouble)
SELECT kind, payload::jsonb, occurred_at, 0, next_try_at, ''
FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
    WITH ORDINALITY AS told (kind, payload, occurred_at, next_try_at, place)
ORDER BY place
"""

_ANNOUNCE = """
WITH fact AS (
    INSERT INTO kernel_fact (kind, payload, occurred_at, tries, next_try_at, trouble)
    VALUES (%s, %s, %s, 0, %s, '') RETURNING id
)
SELECT id, pg_notify(%s, '') FROM fact
"""


def handle_waiting(reactions: Mapping[str, tuple[Reaction, ...]], *, limit: int = 100, tell: Tell | None = None) -> int:
    """Handle up to `limit` waiting facts, the urgent alone or else the oldest, and return how many were taken.

    All of them run in one transaction; when one fails, it is undone and they are taken again, each in a savepoint of
    its own, so that what a failing reaction wrote is undone and nobody else's work with it. Workers side by side skip
    each other's rows. `tell` says what open screens hear of a fact; they are told with the commit, all at once.
    """
    following = _Following(reactions, tell or _silent)
    try:
        return _take(limit, following.together)
    except Exception:
        log.info("a batch of facts goes one by one", exc_info=True)
        return _take(limit, following.each)


def handle_no_later() -> int:
    """All that waits is due: for a clock that was set back, by which it would wait too long. Returns how many."""
    now = clock.now()
    waiting = Fact.objects.filter(handled_at__isnull=True, set_aside_at__isnull=True)
    return waiting.filter(next_try_at__gt=now).update(next_try_at=now)


def are_ahead(moment: datetime) -> bool:
    """Whether facts wait that occurred after `moment`: told by a clock that was ahead of ours, and due by it."""
    waiting = Fact.objects.filter(handled_at__isnull=True, set_aside_at__isnull=True)
    return waiting.filter(next_try_at__gt=moment, occurred_at__gt=moment).exists()


def _silent(told: Told) -> None:
    """Nobody looks: for a day that is played without screens."""


# What screens hear of the facts that were handled, by their id.
_Handled = dict[int, "Message | None"]


@transaction.atomic
def _take(limit: int, handle: Callable[[Sequence[Fact]], _Handled]) -> int:
    moment = clock.now()
    facts = list(_waiting(limit)(now=moment))
    # What follows from a danger is committed at once, not with what came along.
    facts = [fact for fact in facts if is_urgent(fact.occurred_at, fact.next_try_at)] or facts
    handled = handle(facts)
    if handled:
        with connection.cursor() as cursor:
            ids = list(handled)
            cursor.execute("UPDATE kernel_fact SET handled_at = %s WHERE id = ANY(%s::bigint[])", [moment, ids])
        # Last, because what it locks is held until the commit.
        write([message for message in handled.values() if message is not None])
    return len(facts)


@lru_cache(maxsize=16)  # each loop has its one limit
def _waiting(limit: int) -> Question[Fact]:
    """The facts whose time has come and which no other worker has, the urgent and then the oldest first."""

    def build(now: Given) -> QuerySet[Fact]:
        rows = Fact.objects.filter(handled_at__isnull=True, set_aside_at__isnull=True, next_try_at__lte=now)
        return rows.order_by("next_try_at", "id").select_for_update(skip_locked=True)[:limit]

    return Question(build)


@dataclass(frozen=True, slots=True)
class _Following:
    reactions: Mapping[str, tuple[Reaction, ...]]
    tell: Tell

    def together(self, facts: Sequence[Fact]) -> _Handled:
        """All of them; the first failure is the failure of all."""
        heard = [_told(fact) for fact in facts]
        handled: _Handled = {told.id: self._follow(told) for told in heard}
        gathered = dict[Gathered, list[Told]]()
        for told in heard:
            for one in self._gathered(told):
                gathered.setdefault(one, []).append(told)
        for one, theirs in gathered.items():
            one.react(theirs)
        return handled

    def each(self, facts: Sequence[Fact]) -> _Handled:
        """Those that went through; the others are put off."""
        handled: _Handled = {}
        for fact in facts:
            try:
                with transaction.atomic():
                    handled |= self.together([fact])
            except Exception as why:  # noqa: BLE001 - any failure of a reaction is recorded on its fact and retried
                _put_off(fact, why)
        return handled

    def _follow(self, told: Told) -> Message | None:
        with following(told.payload.get(TRACE, "")):
            for reaction in self.reactions[told.kind]:
                if not isinstance(reaction, Gathered):
                    reaction(told)
            return self.tell(told)

    def _gathered(self, told: Told) -> list[Gathered]:
        return [reaction for reaction in self.reactions[told.kind] if isinstance(reaction, Gathered)]


def _told(fact: Fact) -> Told:
    return Told(id=fact.id, kind=fact.kind, payload=fact.payload, occurred_at=fact.occurred_at)


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
