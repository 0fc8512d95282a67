"""Messages that were kept take effect, many in one transaction (ADR 0028): at once as long as nothing is the matter.

A backlog is mostly what comes in its order and fits. So a batch is first taken at once, without a way back for a single
message; where one waits or is dead the whole is undone and taken carefully, each message a savepoint. A batch that
fails as a whole even then (a lock, a constraint that speaks at the commit) is taken message by message.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from liandong.intake.actions import lock_matters_ahead
from liandong.kernel import clock, trace
from liandong.kernel.atonce import at_once
from liandong.kernel.errors import LiandongError
from liandong.kernel.mover import move, move_all
from liandong.peers.actions.applying import apply, inside
from liandong.peers.actions.journals import must_be_first
from liandong.peers.actions.taking import UNFIT, die, has_come, owe, wake, work
from liandong.peers.messages import MATTER, NOTE, STEP
from liandong.peers.models import Incoming
from liandong.peers.states import INCOMING
from liandong.transfer.errors import NotYet
from liandong.transfer.models import Transfer

log = logging.getLogger("liandong.peers")

# Many of these take effect together. Parts of documents are large, code tables rare.
STORY = (MATTER, STEP, NOTE)
FEW = 10  # of all else, before it is looked again what has come

# What became of a message, as a verb of its life, and the names of what is here now.
Became = tuple[str, list[str]]


def settle_stored(*, limit: int = 100, within: float = math.inf) -> int:
    """Let messages take effect that were kept, the urgent first. Returns how many were taken.

    Up to `limit` of them in one transaction, as many as are begun `within` so many seconds. So is what is no part of a
    matter's story, one by one, when nothing else waits.
    """
    taken, waiting = _settle_next(limit, within)
    for row in waiting:
        if has_come(row.waits_for):
            wake([row.waits_for])
    return taken or _settle_each(_stored().exclude(kind__in=STORY)[:FEW])


def _settle_next(limit: int, within: float) -> tuple[int, list[Incoming]]:
    """Returns how many were taken, and those of them that wait."""
    try:
        with at_once():
            rows = _next(limit)
            data = {row.pk: inside(row) for row in rows}
            lock_matters_ahead(_matters_of(rows, data))
            return _settle(rows, within, lambda row: _done(row, data[row.pk]))
    except Exception as why:  # noqa: BLE001 - whatever it was: what is the matter is found below, message by message
        log.info("a batch of messages goes carefully: %s", type(why).__name__)  # what it says may quote a message
    try:
        with transaction.atomic():
            return _settle(_next(limit), within, _tried)
    except Exception:
        log.info("a batch of messages goes one by one", exc_info=True)
    return _settle_each(_stored().filter(kind__in=STORY)[:limit]), []


def _settle_each(rows: Iterable[Incoming]) -> int:
    """Returns how many. Raises what one of them failed with, when all have had their turn."""
    done, failed = 0, None
    for row in rows:
        done += 1
        try:
            work(row)
        except Exception as why:  # noqa: BLE001 - no message stops those behind it; raised below
            failed = failed or why
    if failed is not None:
        raise failed
    return done


def _stored() -> QuerySet[Incoming]:
    return Incoming.objects.filter(state="stored").order_by("-urgent", "serial", "id")


def _next(limit: int) -> list[Incoming]:
    """The rows of a batch, locked; those of another worker are left to it."""
    waiting = _stored().filter(kind__in=STORY)
    rows = list(waiting.select_for_update(skip_locked=True).defer("raw")[:limit])
    # What is seen at once waits for nothing else.
    return [row for row in rows if row.urgent] or rows


def _matters_of(rows: Sequence[Incoming], data: Mapping[int, Mapping[str, Any]]) -> set[str]:
    """The linkage numbers of all that the messages speak of, as far as anything of it is here."""
    told = {row.subject for row in rows if row.kind == MATTER}
    first = [data[row.pk] for row in rows if row.kind == STEP and data[row.pk]["seq"] == 1]
    transfers = {row.subject for row in rows if row.kind != MATTER}
    known = Transfer.objects.filter(number__in=transfers).values_list("matter__number", flat=True)
    return told | {str(one["body"].get("matter", "")) for one in first} | set(known)


def _settle(rows: Sequence[Incoming], within: float, take: Callable[[Incoming], Became]) -> tuple[int, list[Incoming]]:
    begun, came = monotonic(), list[str]()
    ended: dict[str, list[Incoming]] = {"apply": [], "repeat": [], "wait": [], "die": []}
    for row in rows:
        with trace.following(row.traceparent):
            verb, names = take(row)
        ended[verb].append(row)
        came += names
        if monotonic() - begun > within:
            break
    for peer in sorted({row.peer for verb in ("apply", "repeat") for row in ended[verb] if row.version > 0}):
        owe(peer)
    for verb in ("apply", "repeat"):
        move_all(ended[verb], INCOMING, verb, changes={"settled_at": clock.now()})
    wake(came)
    return sum(map(len, ended.values())), ended["wait"]


def _done(row: Incoming, data: dict[str, Any]) -> Became:
    """The message has taken effect, or everything is undone."""
    if row.version > 0:
        must_be_first(row)
    came = list(apply(row, data))
    return _said(row, "apply" if came else "repeat", came)


def _tried(row: Incoming) -> Became:
    """What takes no effect has undone what it wrote: each verb of the areas below is a savepoint."""
    try:
        return _done(row, inside(row))
    except NotYet as why:
        move(row, INCOMING, "wait", changes={"waits_for": str(why.extra["waits_for"])})
        return _said(row, "wait", [])
    except (LiandongError, *UNFIT) as why:
        die(row, why)
        return _said(row, "die", [])


def _said(row: Incoming, verb: str, came: list[str]) -> Became:
    became = INCOMING.states[INCOMING.edge("stored", verb).target]
    log.info("对端 %s：流水号 %s 的报文：%s", row.peer, row.serial, became)
    return verb, came
