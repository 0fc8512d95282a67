"""A matter as a whole: its lock, its custody chain, its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.intake import facts
from liandong.intake.models import Custody, Matter, MatterParty
from liandong.intake.states import MATTER
from liandong.kernel import clock
from liandong.kernel.mover import move
from liandong.kernel.outbox import announce


def lock_matter(matter_id: int) -> Matter:
    """The matter's row, locked until the transaction ends: what happens to one matter happens in one order."""
    return Matter.objects.select_for_update(no_key=True).get(pk=matter_id)


def let_see(*, matter: Matter, party: str, at: datetime) -> None:
    """From now on `party` may see the matter, because something of it was sent there."""
    MatterParty.objects.get_or_create(matter=matter, party=party, defaults={"since": at})


def set_custody(
    *, matter: Matter, responsible: Sequence[str], lead: str, why: str, via: str = "", at: datetime | None = None
) -> None:
    """Make `responsible` the parties responsible from now on, `lead` (one of them) first.

    Segments that go on as they are stay untouched; the others end and begin at the same moment, so there is no gap.
    """
    moment = at or clock.now()
    wanted = {party: "lead" if party == lead else "joint" for party in responsible}
    running = {s.party: s for s in Custody.objects.filter(matter=matter, until__isnull=True)}
    ended = [s for party, s in running.items() if wanted.get(party) != s.role]
    if ended:
        Custody.objects.filter(pk__in=[s.pk for s in ended]).update(until=moment)
    begun = [party for party, role in wanted.items() if party not in running or running[party].role != role]
    Custody.objects.bulk_create(
        Custody(matter=matter, party=party, role=wanted[party], since=moment, why=why, via=via) for party in begun
    )


def close_if_done(*, by: By, matter: Matter, outcome: str) -> bool:
    """Close the matter when no order and no transfer of it is open; the custody chain ends at the same moment."""
    if matter.transfers_open or matter.orders.filter(closed_at__isnull=True).exists():
        return False
    moment = clock.now()
    move(matter, MATTER, "close", changes={"closed_at": moment})
    Custody.objects.filter(matter=matter, until__isnull=True).update(until=moment)
    record("matter.closed", by=by, subject=matter.number, detail={"outcome": outcome})
    announce(facts.MATTER_CLOSED, matter=matter.number, desk=matter.first_desk, outcome=outcome)
    return True


def mark_problem(*, by: By, matter: Matter, why: str) -> None:
    """Mark the matter as 问题工单, once; supervision is told by the fact."""
    if matter.problem_at is not None:
        return
    matter.problem_at, matter.problem_why = clock.now(), why
    Matter.objects.filter(pk=matter.pk).update(problem_at=matter.problem_at, problem_why=why)
    record("matter.problem", by=by, subject=matter.number, detail={"why": why})
    announce(facts.MATTER_PROBLEM, matter=matter.number, desk=matter.first_desk, why=why)
