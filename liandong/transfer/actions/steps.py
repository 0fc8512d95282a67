"""Take a step: the one way a transfer's state changes on this node, for people, other systems and clocks alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from liandong.audit.by import By
from liandong.identity.queries import must_be_here
from liandong.intake.actions import count_transfer, lock_matter, mark_problem, running_custody, set_custody, trace
from liandong.intake.errors import CodeUnknown
from liandong.intake.models import Matter
from liandong.intake.queries import rulebook
from liandong.intake.queries.heldback import must_not_be_held_back
from liandong.kernel import clock
from liandong.kernel.atonce import insert
from liandong.kernel.mover import move
from liandong.kernel.outbox import announce_with
from liandong.routing.queries import check_item
from liandong.transfer import baton
from liandong.transfer.actions.effects import follow
from liandong.transfer.deadlines import deadlines
from liandong.transfer.errors import NotYours
from liandong.transfer.facts import STEP_FACT, named
from liandong.transfer.models import StepRow, Transfer
from liandong.transfer.onbehalf import FIELD
from liandong.transfer.queries import access_transfer, at_desk, duties, duties_among, heard, replica_of
from liandong.transfer.replica import Replica, Step, apply
from liandong.transfer.responsibility import lead_of, responsible
from liandong.transfer.states import SENDING_BACK, TRANSFER, edge_for

# verb → (code table, field of the body)
CODE_OF = {
    "refuse": ("refuse_reason", "code"),
    "refuse_at_limit": ("refuse_reason", "code"),
    "hand_back": ("refuse_reason", "code"),
    "hand_back_at_limit": ("refuse_reason", "code"),
    "conclude": ("result", "result"),
    "not_solved": ("unsolved_reason", "code"),
}
CLOCK_COLUMNS = ("accept_by", "decide_by", "settle_by", "conclude_by", "confirm_by", "objection_until")


@transaction.atomic
def take_step(*, by: By, number: str, verb: str, body: Mapping[str, Any] | None = None) -> Transfer:
    """Take the step `verb` on a transfer in the name of the actor's desk.

    `body` holds what the verb needs: refuse, hand_back: code, list_item or basis · contest: basis · offer_again:
    reason, list_item · conclude: result, text · not_solved: code, text. Raises NotFound, NotAllowed, NoSuchEdge,
    NotHolder, DeskElsewhere, Conflict and the errors of `baton.check`.
    """
    if not by.may("clock"):
        by.needs("transfer.act")
        row = access_transfer(by, number)
    else:
        row = Transfer.objects.get(number=number)
    said = dict(body or {})
    said.pop(FIELD, None)  # only `onbehalf` says that, with a document in hand
    return take(by, held(row.number, row.matter_id), verb, said)


def held(number: str, matter_id: int) -> Transfer:
    """The transfer with all it touches as it is under the lock of its matter."""
    matter = lock_matter(matter_id)
    row = at_desk(number)
    row.matter = row.origin_order.matter = matter
    if row.target_order is not None:
        row.target_order.matter = matter
    return row


def take(by: By, row: Transfer, verb: str, body: dict[str, Any], *, person: str = "") -> Transfer:
    """The step on a transfer that is held and was let in to. `person`: who took it, where that is not who typed it."""
    if by.desk is None:
        raise NotYours
    must_be_here(by.desk)
    must_not_be_held_back(row.matter)
    now, replica = clock.now(), replica_of(row)
    came_back = _onward_came_back(row) if verb == "hand_back" else ""
    if verb in SENDING_BACK:
        body.pop("passed_from", None)  # for us to say: what is passed back is not counted again, at no node
    around = baton.Around(
        heard=heard(row),
        refusals=row.matter.sent_back,
        limit=int(rulebook().parameter("loop_guard_refusals", now)),
        settle_by=row.settle_by,
        objection_until=row.objection_until,
        onward_came_back=bool(came_back),
    )
    # The table and the baton are asked with the verb as it was meant, so that the refusal names that one.
    baton.check(replica, verb, by.desk, body, around, now)
    verb = baton.rewritten(verb, around, came_back=bool(came_back))
    if came_back:
        body["passed_from"] = came_back
    _check_codes(by, verb, body, now)
    if body.get("list_item"):
        body["list_version"] = check_item(body["list_item"], now)
    state = edge_for(row.kind, row.state, verb).target
    running = deadlines(row.kind, verb, state, row.urgency, rulebook().limits, rulebook().calendar, now)
    step = baton.compose(replica, verb, by.desk, person or by.name, body, running, now)
    settle(by, row, apply(replica, step), step)
    return row


def settle(
    by: By,
    row: Transfer,
    after: Replica,
    step: Step,
    *,
    running: Mapping[str, datetime] | None = None,
    at: datetime | None = None,
    held_back: bool = False,
) -> None:
    """What a step does on this node, whichever node its author is at; the matter is locked.

    `running`: the clocks it starts here, those it tells unless said otherwise. `at`: the moment from which somebody
    else is responsible, now unless said otherwise. `held_back`: not all of the matter is here; the orders of our desks
    say what the transfers say when all is.
    """
    write_step(by, row, after, step, step.deadlines if running is None else running)
    if not held_back:
        follow(by, row, step, step.body)
    elif row.ended_at is not None:
        count_transfer(matter=row.matter, change=-1)
    _count(by, row, step)
    refresh_custody(by, row.matter, why=step.verb, via=row.number, at=at)
    announce_with(STEP_FACT[step.verb], named(row), urgent=row.kind == "danger")


def _check_codes(by: By, verb: str, body: Mapping[str, Any], now: datetime) -> None:
    """Reasons and results are rows of a code table. What a clock passes along was checked when it was first said."""
    table, field = CODE_OF.get(verb, ("", ""))
    if table and not by.may("clock") and not rulebook().knows(table, str(body[field]), now):
        raise CodeUnknown(field=field)


def _onward_came_back(row: Transfer) -> str:
    """The onward transfer the desk in the middle has back, with none open: then it may hand back in turn. Else ""."""
    children = list(row.children.order_by("id").values_list("number", "state", "ended_at"))
    back = [number for number, state, _ in children if state in ("returned", "withdrawn")]
    return back[-1] if back and all(ended for _, _, ended in children) else ""


def write_step(by: By, row: Transfer, after: Replica, step: Step, running: Mapping[str, datetime]) -> None:
    """Append the step, move the row to what the replica says, and bind the step's hash into the trail."""
    ended = step.at if after.ended else None
    changes: dict[str, Any] = {
        "seq": after.seq,
        "head": after.head,
        "origin_duty": after.origin_duty,
        "target_duty": after.target_duty,
        "joint": after.joint,
        "awarded": after.awarded,
        "rework": after.rework,
        "sent_back": after.sent_back,
        "moved_at": step.at,
        "ended_at": ended,
        "silent_urges": 0,
        **clock_columns(running),
    }
    edge = move(row, TRANSFER, step.verb, changes=changes)
    append_step(by, row, step, edge.letter, edge.target, after.head)


def clock_columns(running: Mapping[str, datetime]) -> dict[str, datetime | None]:
    """The clock columns after a step: what it starts runs, all else stops."""
    columns: dict[str, datetime | None] = {name: running.get(name) for name in CLOCK_COLUMNS}
    due = [moment for name, moment in running.items() if name != "objection_until"]
    return {**columns, "due_at": min(due) if due else None}


def append_step(by: By, row: Transfer, step: Step, letter: str, state: str, digest: bytes) -> None:
    insert(
        StepRow(
            transfer=row,
            seq=step.seq,
            verb=step.verb,
            letter=letter,
            author=step.author,
            person=step.person,
            at=step.at,
            body=dict(step.body),
            content=step.content().decode(),
            prev=step.prev,
            hash=digest,
        )
    )
    detail = {
        "transfer": row.number,
        "seq": step.seq,
        "verb": step.verb,
        "state": state,
        "author": step.author,
        "hash": digest.hex(),
    }
    trace("transfer.step", by=by, matter=row.matter, detail=detail)


def _count(by: By, row: Transfer, step: Step) -> None:
    """Hops of the matter for the loop guard, and reworks: too many of either make it a 问题工单."""
    matter, verb = row.matter, step.verb
    if verb in SENDING_BACK and not step.body.get("passed_from"):
        matter.sent_back += 1
        Matter.objects.filter(pk=matter.pk).update(sent_back=F("sent_back") + 1)
    if verb in ("refuse_at_limit", "hand_back_at_limit"):
        mark_problem(by=by, matter=matter, why=f"第{matter.sent_back}次退回，转协商并提请督办")
    if verb == "not_solved" and row.rework >= rulebook().parameter("problem_order_reworks", clock.now()):
        mark_problem(by=by, matter=matter, why=f"反馈后{row.rework}次未解决")


def refresh_custody(
    by: By,
    matter: Matter,
    *,
    why: str,
    via: str,
    at: datetime | None = None,
    among: Sequence[Transfer] | None = None,
) -> None:
    """Make the custody chain say what the open transfers say. A closed matter's chain has already ended.

    `among`: all transfers of the matter, oldest first, where they were read under its lock.
    """
    if matter.state == "closed":
        return
    now_responsible = responsible(matter.first_desk, duties(matter) if among is None else duties_among(among))
    running = running_custody(matter)
    lead = next((one.party for one in running if one.role == "lead"), None)
    leads = lead_of(lead, now_responsible, by.party)
    set_custody(matter=matter, responsible=now_responsible, lead=leads, why=why, via=via, at=at, running=running)
