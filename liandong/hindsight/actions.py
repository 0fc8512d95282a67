"""A replay is asked for, worked off stretch by stretch, stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from time import monotonic
from typing import Any

import orjson
from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By, clock_of
from liandong.hindsight.errors import EvaluationUnreadable, PeriodUnfit, ReplayRunning
from liandong.hindsight.models import Published, Replay
from liandong.hindsight.queries.replays import access_replay, maker
from liandong.hindsight.queries.run import Run, begun
from liandong.hindsight.states import REPLAY
from liandong.kernel import clock
from liandong.kernel.ids import local_day
from liandong.kernel.mover import move
from liandong.kernel.seals import sm3
from liandong.routing.items import ItemValues
from liandong.routing.queries import access_version, values_of

# A worker keeps its claim and its transaction no longer than this; then others come, and the page sees how far it is.
AT_ONCE_SECONDS = 3.0
MOST_DAYS = 3 * 366


def check_period(since: date, until: date) -> None:
    """Raises PeriodUnfit."""
    if since > until or until > local_day(clock.now()):
        raise PeriodUnfit(field="until" if since <= until else "since")
    if (until - since).days > MOST_DAYS:
        raise PeriodUnfit(field="since")


@transaction.atomic
def ask(*, by: By, version: str, since: date, until: date) -> Replay:
    """Ask for a past period under a version. Raises NotAllowed, NotFound, PeriodUnfit, ReplayRunning."""
    maker(by)
    check_period(since, until)
    found = access_version(by, version)
    if Replay.objects.select_for_update().filter(list_version=found, state="running").exists():
        raise ReplayRunning
    items = values_of(found)
    run = begun(since, until, found.code, items)
    plain = [asdict(item) for item in items]
    made = Replay.objects.create(
        list_version=found,
        since=since,
        until=until,
        state=REPLAY.edge(None, "ask").target,
        asked_person_id=by.person,
        asked_name=by.name,
        asked_desk=by.desk or "",
        asked_at=clock.now(),
        items=plain,
        sm3=digest(items),
        run_by=clock.now(),
        first=run.first,
        last=run.last,
        reached=run.reached,
        tally=run.counts,
    )
    _tell(by, made, "ask", {"since": since.isoformat(), "until": until.isoformat(), "sm3": made.sm3})
    return made


def digest(items: Sequence[ItemValues]) -> str:
    """The SM3 of the items, by which a result names the content it was made of."""
    return sm3(orjson.dumps([asdict(item) for item in items])).hex()


@transaction.atomic
def stop(*, by: By, replay: int, seen: int) -> Replay:
    """Stop a replay that runs. Raises NotAllowed, NotFound, NoSuchEdge, Conflict."""
    maker(by)
    row = access_replay(by, replay)
    row.version = seen
    move(row, REPLAY, "stop", changes={"run_by": None, "ended_at": clock.now()})
    _tell(by, row, "stop", {})
    return row


@transaction.atomic
def go_on(row: Replay, now: datetime) -> None:
    """Work some stretches off and put the rest aside for the next time; acts only while there is something to do."""
    found = Replay.objects.select_for_update(skip_locked=True).filter(pk=row.pk, run_by__lte=now).first()
    if found is None or found.state != "running":
        return
    run = taken_up(found)
    begin = monotonic()
    while not run.over:
        run.go_on()
        if monotonic() - begin > AT_ONCE_SECONDS:
            break
    if not run.over:
        found.reached, found.tally, found.run_by = run.reached, run.counts, clock.now()
        found.save(update_fields=["reached", "tally", "run_by"])
        return
    result = run.result()
    changes = {"reached": run.reached, "tally": {}, "result": result, "run_by": None, "ended_at": clock.now()}
    move(found, REPLAY, "finish", changes=changes)
    told = {"orders": result["orders"], "moved_orders": result["moved"], "sm3": found.sm3}
    _tell(clock_of(found.asked_desk), found, "finish", told)


def taken_up(row: Replay) -> Run:
    """The replay of a row where it was left."""
    items = tuple(
        ItemValues(**{**item, "signals": tuple(item["signals"]), "examples": tuple(item["examples"])})
        for item in row.items
    )
    code = row.list_version.code
    return Run(row.since, row.until, code, items, row.first, row.last, row.reached, row.tally)


@transaction.atomic
def publish(*, by: By, told: Mapping[str, Any]) -> int:
    """Keep the figures of an evaluation, so that the quality page shows what was missed by class. Returns how many.

    Raises NotAllowed, EvaluationUnreadable.
    """
    by.needs("routing.switch")
    now = clock.now()
    try:
        model, version = str(told["model"])[:40], str(told["list_version"])[:20]
        rows = [
            Published(
                at=now,
                model=model,
                list_version=version,
                part=str(one["part"])[:20],
                name=str(one["name"])[:60],
                right=int(one["right"]),
                total=int(one["total"]),
                wrong=int(one["wrong"]),
                wrong_of=int(one["wrong_of"]),
            )
            for one in told["figures"]
        ]
    except (KeyError, TypeError, ValueError):
        raise EvaluationUnreadable from None
    if not rows:
        raise EvaluationUnreadable
    Published.objects.bulk_create(rows)
    record("evaluation.published", by=by, subject="evaluation", detail={"model": model, "version": version})
    return len(rows)


def _tell(by: By, row: Replay, verb: str, detail: Mapping[str, Any]) -> None:
    said = {"version": row.list_version.code, "verb": verb, "state": row.state, **detail}
    record("replay.moved", by=by, subject=f"replay:{row.pk}", detail=said)
