"""What happens when a clock of a transfer runs out: always at a desk that can act alone, never waiting for the other.

Every handler locks, reads again and acts only if the clock is still the one that ran out. A clock of a desk that
another node hosts acts there, and what comes of it is heard from there. Here it stops, unless the target is responsible
and here: then it urges, since a duty must not hang on a clock of another node (I6, ADR 0023). `due_at` goes on showing
how late it is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from django.db.models import F, Model

from liandong.audit.by import By, clock_of
from liandong.identity.queries import is_here
from liandong.intake.actions import lock_matter, trace
from liandong.intake.limits import due, pick
from liandong.intake.queries import rulebook
from liandong.intake.queries.heldback import is_held_back
from liandong.kernel.duework import DueColumn
from liandong.kernel.outbox import announce
from liandong.transfer import facts
from liandong.transfer.actions.drafts import draft_ran_out
from liandong.transfer.actions.notes import write_note
from liandong.transfer.actions.steps import take_step
from liandong.transfer.baton import FOLLOWS
from liandong.transfer.models import Draft, Transfer
from liandong.transfer.queries import heard
from liandong.transfer.states import CLOCK_OF, KINDS

# A clock must not act on half of a matter; so soon it looks whether all of it is here.
WHILE_HELD_BACK = timedelta(minutes=1)


def _still_due(row: Transfer, column: str, now: datetime) -> Transfer | None:
    """The row under the matter's lock, when `column` is still due and the desk whose clock it is is here."""
    acts = is_here(row.origin if CLOCK_OF[column] == "origin" else row.target)
    if not acts and not (row.target_duty and is_here(row.target)):
        Transfer.objects.filter(pk=row.pk, **{f"{column}__lte": now}).update(**{column: None})
        return None
    matter = lock_matter(row.matter_id)
    fresh = Transfer.objects.get(pk=row.pk)
    fresh.matter = matter
    moment: datetime | None = getattr(fresh, column)
    if moment is None or moment > now:
        return None
    if is_held_back(matter):
        Transfer.objects.filter(pk=row.pk).update(**{column: now + WHILE_HELD_BACK})
        return None
    if not acts:
        _urge_the_other_node(fresh, column, now)
        return None
    return fresh


def _urge_the_other_node(row: Transfer, column: str, now: datetime) -> None:
    """The origin's clock ran out there, and nothing was heard of it: the target, which is responsible, asks.

    Not before what came of it would be here if all were well; else every confirmation by silence would be urged.
    """
    heard_by = (row.due_at or now) + timedelta(seconds=rulebook().parameter("peer_stuck_seconds", now))
    if heard_by > now:
        Transfer.objects.filter(pk=row.pk).update(**{column: heard_by})
    else:
        _late(clock_of(row.target), row, column, facts.UNANSWERED, now)


def _late(by: By, row: Transfer, column: str, fact: str, now: datetime) -> None:
    """Say it, count it and start the same clock again: supervision is told, and something keeps running.

    The new span runs from now and not from the missed moment, so that a node that was down for an hour urges once.
    """
    missed = cast(datetime, getattr(row, column))
    book = rulebook()
    again = due(pick(book.limits, column, row.kind, row.urgency, now), now, book.calendar)
    Transfer.objects.filter(pk=row.pk).update(
        **{column: again}, silent_urges=F("silent_urges") + 1, overdue_at=row.overdue_at or missed
    )
    detail = {"transfer": row.number, "clock": column, "due_at": missed.isoformat(), "times": row.silent_urges + 1}
    trace("transfer.late", by=by, matter=row.matter, detail=detail)
    write_note(by, row, "urge", {"clock": column, "times": row.silent_urges + 1})
    announce(fact, clock=column, **facts.named(row))


def accept_ran_out(model: Model, now: datetime) -> None:
    """Silence is never acceptance: the origin urges, and after enough urges asks to withdraw and acts itself."""
    row = _still_due(cast(Transfer, model), "accept_by", now)
    if row is None:
        return
    by = clock_of(row.origin)
    most = rulebook().parameter("accept_urges_before_withdraw", now)
    may_withdraw = row.state == "offered" and KINDS[row.kind].withdrawable
    asks = may_withdraw and row.silent_urges >= most and not heard(row).withdraw_asked
    _late(by, row, "accept_by", facts.UNANSWERED, now)
    if asks:
        write_note(by, row, "withdraw", {"text": "对方逾期未签收，本台先行办理"})


def decide_ran_out(model: Model, now: datetime) -> None:
    """The origin left a refusal or a request lying: it is the first receiver, so it takes the matter back."""
    row = _still_due(cast(Transfer, model), "decide_by", now)
    if row is not None:
        take_step(by=clock_of(row.origin), number=row.number, verb="take_back", body={"silent": True})


def settle_ran_out(model: Model, now: datetime) -> None:
    """S3.3: not settled in time means the first receiver is responsible, unless a ruling says otherwise."""
    row = _still_due(cast(Transfer, model), "settle_by", now)
    if row is not None:
        ruling = heard(row).ruling
        verb = FOLLOWS[ruling] if ruling else "fall_back"
        take_step(by=clock_of(row.origin), number=row.number, verb=verb, body={"silent": True})


def conclude_ran_out(model: Model, now: datetime) -> None:
    row = _still_due(cast(Transfer, model), "conclude_by", now)
    if row is not None:
        _late(clock_of(row.target), row, "conclude_by", facts.OVERDUE, now)


def confirm_ran_out(model: Model, now: datetime) -> None:
    """Nobody objected to the feedback in time: confirmed by silence, and flagged as such."""
    row = _still_due(cast(Transfer, model), "confirm_by", now)
    if row is not None:
        take_step(by=clock_of(row.origin), number=row.number, verb="confirm", body={"silent": True})


_HANDLERS: dict[str, Callable[[Model, datetime], None]] = {
    "accept_by": accept_ran_out,
    "decide_by": decide_ran_out,
    "settle_by": settle_ran_out,
    "conclude_by": conclude_ran_out,
    "confirm_by": confirm_ran_out,
}


def discard_ran_out(model: Model, now: datetime) -> None:
    """S2.2: what nobody came back to is not kept longer than it may be."""
    draft_ran_out(cast(Draft, model), now)


DUE = (
    *(DueColumn(Transfer, column, act) for column, act in _HANDLERS.items()),
    DueColumn(Draft, "discard_by", discard_ran_out),
)
