"""A matter's transfers with their steps and notes, folded to what the rules read."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from django.db.models import (
    QuerySet,
)

from liandong.audit.by import By
from liandong.intake.models import Custody, Matter
from liandong.intake.queries import custody_of
from liandong.kernel.asking import Question
from liandong.transfer.baton import Heard
from liandong.transfer.models import NoteRow, StepRow, Transfer
from liandong.transfer.notes import hear
from liandong.transfer.queries.doors import may_see, visible_transfers
from liandong.transfer.replica import Replica, Step, fold
from liandong.transfer.responsibility import Duty
from liandong.transfer.states import KINDS


def of_matter(matter: Matter) -> list[Transfer]:
    """All transfers of a matter, oldest first."""
    return list(Transfer.objects.filter(matter=matter).select_related("parent").order_by("id"))


def visible_of_matter(by: By, matter: Matter) -> list[Transfer]:
    """The transfers of a matter the actor may see, oldest first, with what their documents name."""
    return list(visible_transfers(by).filter(matter=matter).order_by("id"))


def visible_custody(by: By, matter: Matter, transfers: Iterable[Transfer]) -> list[Custody]:
    """The custody chain without who became responsible beside by what the actor may not see; `transfers`: all of it.

    Who leads is told to everybody: those segments tile the matter's life, and a clue passes no duty on.
    """
    hidden = {row.number for row in transfers if not may_see(by, row.kind)}
    return [one for one in custody_of(matter) if one.role == "lead" or one.via not in hidden]


def steps_of(transfers: list[Transfer]) -> list[StepRow]:
    return list(StepRow.objects.filter(transfer__in=transfers).select_related("transfer").order_by("at", "id"))


def notes_of(transfers: list[Transfer]) -> list[NoteRow]:
    return list(NoteRow.objects.filter(transfer__in=transfers).select_related("transfer").order_by("at", "id"))


def replica_of(row: Transfer) -> Replica:
    """The row as the pure rules see it."""
    return Replica(
        transfer=row.number,
        kind=row.kind,
        origin=row.origin,
        target=row.target,
        state=row.state,
        seq=row.seq,
        head=bytes(row.head),
        origin_duty=row.origin_duty,
        target_duty=row.target_duty,
        joint=row.joint,
        awarded=row.awarded,
        rework=row.rework,
        sent_back=row.sent_back,
    )


def folded(row: Transfer) -> Replica:
    """The replica rebuilt from the steps alone; must equal `replica_of` the row. Raises ChainBroken."""
    empty = Replica(transfer=row.number, kind=row.kind, origin=row.origin, target=row.target)
    return fold(empty, (step_of(step, row) for step in row.steps.order_by("seq")))


def step_of(step: StepRow, row: Transfer) -> Step:
    """The step as the pure rules see it, read back from its canonical content."""
    return Step.read(orjson.loads(step.content))


def heard(row: Transfer) -> Heard:
    """What the notes written since the last step say."""
    # By the author's time: another node's notes may come in any order.
    return hear(row.notes.filter(after_seq=row.seq).order_by("at", "id").values_list("kind", "body"))


def duties(matter: Matter) -> list[Duty]:
    """The open transfers of a matter, as far as responsibility goes, in the order they were made."""
    return duties_among(_open_of(matter=matter.pk))


@Question
def _open_of(matter: int) -> QuerySet[Transfer]:
    return Transfer.objects.filter(matter=matter, ended_at__isnull=True).select_related("parent").order_by("id")


def duties_among(rows: Iterable[Transfer]) -> list[Duty]:
    """`duties` for the transfers of one matter already read, oldest first; ended ones are left out."""
    return [
        Duty(
            transfer=t.number,
            parent=t.parent.number if t.parent and t.parent.ended_at is None else None,
            origin=t.origin,
            target=t.target,
            passes=KINDS[t.kind].passes and not t.beside,
            origin_duty=t.origin_duty,
            target_duty=t.target_duty,
        )
        for t in rows
        if t.ended_at is None
    ]
