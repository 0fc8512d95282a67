"""An order's life at its desk. The caller of these verbs holds no lock yet; each takes the matter's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import SearchVectorField
from django.db import transaction
from django.db.models import Func, Value

from liandong.audit.by import By
from liandong.identity.queries import desk as desk_row
from liandong.identity.queries import must_be_here, this_node
from liandong.intake import facts, numbering
from liandong.intake.actions.accept import ORDER_KIND
from liandong.intake.actions.locks import lock_order
from liandong.intake.actions.matters import close_if_done, line, mark_problem, trace
from liandong.intake.actions.sequence import take_numbers
from liandong.intake.callers import protect
from liandong.intake.errors import NotSettled
from liandong.intake.limits import due, pick
from liandong.intake.models import Matter, Order
from liandong.intake.queries import caller_in_clear, rulebook
from liandong.intake.queries.heldback import is_held_back, must_not_be_held_back
from liandong.intake.states import ORDER
from liandong.intake.words import words
from liandong.kernel import clock
from liandong.kernel.errors import Invalid, NotAllowed
from liandong.kernel.mover import move
from liandong.kernel.outbox import announce


def _limit(clock_name: str, order: Order) -> datetime:
    book, now = rulebook(), clock.now()
    return due(pick(book.limits, clock_name, order.nature, order.urgency, now), now, book.calendar)


def _locked(order: Order) -> tuple[Matter, Order]:
    fresh = lock_order(order.pk)
    return fresh.matter, fresh


def _at_own_desk(by: By, order: Order, right: str) -> None:
    if not by.may("clock"):
        by.needs(right)
    if by.desk != order.desk:
        raise NotAllowed("只有承办该单的台可以进行此操作。")
    must_be_here(order.desk)
    must_not_be_held_back(order.matter)


def _move(by: By, order: Order, verb: str, changes: Mapping[str, Any], text: str = "") -> None:
    """Move the order and leave the line in its history and the trail."""
    edge = move(order, ORDER, verb, changes=changes)
    trace(
        "order.moved",
        by=by,
        matter=order.matter,
        detail={"order": order.number, "verb": verb, "state": edge.target, "text": text},
        along=line(by=by, order=order, verb=verb, text=text),
    )
    if this_node() is not None:
        # Another node may keep a mirror of the order: it is to hear of every move, whatever else tells of it.
        announce(facts.ORDER_MOVED, matter=order.matter.number, order=order.number, desk=order.desk)


def _closed(by: By, order: Order, verb: str, outcome: str, text: str = "") -> None:
    moment = clock.now()
    changes = {"closed_at": moment, "outcome": outcome, "due_at": None, "answer_by": None, "followup_by": None}
    _move(by, order, verb, changes, text)
    announce(facts.ORDER_CLOSED, matter=order.matter.number, order=order.number, desk=order.desk, outcome=outcome)
    close_if_done(by=by, matter=order.matter, outcome=outcome)


@transaction.atomic
def start(*, by: By, order: Order) -> Order:
    """The desk begins to handle the order itself."""
    _, order = _locked(order)
    _at_own_desk(by, order, "order.handle")
    _move(by, order, "start", {})
    return order


@transaction.atomic
def answer(*, by: By, order: Order, result: str, text: str) -> Order:
    """The desk answers; the follow-up clock starts. Raises Invalid for an empty answer or unknown result."""
    _, order = _locked(order)
    _at_own_desk(by, order, "order.handle")
    _refuse_served(order)
    if not text.strip():
        raise Invalid("请填写答复内容。", field="text")
    if not rulebook().knows("result", result, clock.now()):
        raise Invalid("请选择办理结果。", field="result")
    followup = _limit("followup_by", order)
    changes = {
        "result": result,
        "answer": text,
        "answered_at": clock.now(),
        "answer_by": None,
        "followup_by": followup,
        "due_at": followup,
    }
    _move(by, order, "answer", changes, text)
    announce(facts.ORDER_ANSWERED, matter=order.matter.number, order=order.number, desk=order.desk)
    return order


@transaction.atomic
def guide(*, by: By, order: Order, text: str) -> Order:
    """S3.5: neither side's business; the caller was told where to go, and that is the recorded end."""
    _, order = _locked(order)
    _at_own_desk(by, order, "order.handle")
    if not text.strip():
        raise Invalid("请填写引导解释的内容。", field="text")
    _refuse_while_handing(order)
    _closed(by, order, "guide", "guided", text)
    return order


@transaction.atomic
def confirm(*, by: By, order: Order, silent: bool = False) -> Order:
    """Somebody confirmed the answer, or (`silent`, flagged) nobody objected until the follow-up clock ran out."""
    _, order = _locked(order)
    _at_own_desk(by, order, "order.close")
    _refuse_while_handing(order)
    _closed(by, order, "confirm", "answered", "回访期满未提出异议，静默确认" if silent else "")
    return order


@transaction.atomic
def not_satisfied(*, by: By, order: Order, reason: str, text: str = "") -> Order:
    """S1.4: not satisfied means again. The third time the matter is marked 问题工单."""
    matter, order = _locked(order)
    _at_own_desk(by, order, "order.close")
    _refuse_served(order)
    if not rulebook().knows("unsolved_reason", reason, clock.now()):
        raise Invalid("请选择未解决的原因。", field="reason")
    redo = _limit("rework_by", order)
    changes = {
        "rework": order.rework + 1,
        "answer_by": redo,
        "due_at": redo,
        "followup_by": None,
        "answered_at": None,
    }
    label = rulebook().label("unsolved_reason", reason)
    _move(by, order, "not_satisfied", changes, f"{label} {text}".strip())
    if order.rework >= rulebook().parameter("problem_order_reworks", clock.now()):
        mark_problem(by=by, matter=matter, why=f"重办{order.rework}次仍未解决")
    return order


@transaction.atomic
def drop(*, by: By, order: Order, text: str = "") -> Order:
    """The caller withdrew the appeal."""
    _, order = _locked(order)
    _at_own_desk(by, order, "order.close")
    _refuse_while_handing(order)
    _closed(by, order, "drop", "withdrawn", text)
    return order


def _refuse_served(order: Order) -> None:
    """An order that came by a transfer is answered and judged by the transfer's own steps, while one is open."""
    if order.channel == "handover" and order.matter.transfers_open:
        raise NotSettled("该单由移交而来：请在移交中反馈办理结果，由移交方确认。")


def _refuse_while_handing(order: Order) -> None:
    """No order of a matter ends by its own desk's word while anything of the matter is between two desks."""
    if order.matter.transfers_open:
        raise NotSettled


@transaction.atomic
def silence(*, by: By, order: Order) -> Order:
    """The follow-up clock ran out: nobody objected. While a transfer is open, or the node does not know all of the
    matter, the clock starts again instead.
    """
    matter, order = _locked(order)
    if order.followup_by is None or order.followup_by > clock.now():
        return order
    if matter.transfers_open or is_held_back(matter):
        again = _limit("followup_by", order)
        Order.objects.filter(pk=order.pk).update(followup_by=again, due_at=again)
        return order
    return confirm(by=by, order=order, silent=True)


@transaction.atomic
def overdue(*, by: By, order: Order) -> Order:
    """The answer clock ran out: said, counted, and started again, so that a clock is always running."""
    _, order = _locked(order)
    missed = order.answer_by
    if missed is None or missed > clock.now():
        return order
    again = _limit("answer_by", order)
    Order.objects.filter(pk=order.pk).update(answer_by=again, overdue_at=order.overdue_at or missed)
    detail = {"order": order.number, "clock": "answer_by", "due_at": missed.isoformat()}
    said = line(by=by, order=order, verb="overdue", text="")
    trace("order.overdue", by=by, matter=order.matter, detail=detail, along=said)
    announce(facts.ORDER_OVERDUE, matter=order.matter.number, order=order.number, desk=order.desk)
    return order


# What the hand-over above does to orders. The caller already holds the matter's lock.


# What the receiving desk's order takes over from the first one.
COPIED = (
    "division",
    "nature",
    "category",
    "urgency",
    "title",
    "content",
    "address",
    "longitude",
    "latitude",
    "occurred_at",
    "secret",
    "details",
    "needs",
)


def tsvector(order: Order) -> Func:
    """The words of an order as the column for search takes them."""
    found = words(order.title, order.address, order.content)
    cut = Func(Value(found), Value(" "), function="string_to_array")
    return Func(cut, function="array_to_tsvector", output_field=SearchVectorField())


def open_for_transfer(*, by: By, matter: Matter, origin: Order, desk: str, transfer: str) -> Order:
    """The receiving desk's own order about the matter, made when it accepts: linked, never merged into the first.

    Raises DeskElsewhere: another node makes the orders of its desks.
    """
    must_be_here(desk)
    now, taker = clock.now(), desk_row(desk)
    kind = ORDER_KIND[taker.kind]
    letter = numbering.LETTER_OF_ORDER[kind]
    number = numbering.number(taker.division_id, letter, now, take_numbers(1)[0])
    caller = caller_in_clear(origin)
    sealed = protect(caller, number, seal_key=settings.SEAL_KEY, blind_key=settings.BLIND_KEY)
    order = Order.objects.create(
        matter=matter,
        number=number,
        kind=kind,
        desk=desk,
        state="handling",
        words=tsvector(origin),
        channel="handover",
        received_at=now,
        caller_name=sealed.name,
        caller_phone=sealed.phone,
        caller_identity=sealed.identity_number,
        phone_blind=sealed.phone_blind,
        identity_blind=sealed.identity_blind,
        **{name: getattr(origin, name) for name in COPIED},
    )
    said = line(by=by, order=order, verb="receive", text=f"签收移交 {transfer}")
    detail = {"order": number, "kind": kind, "transfer": transfer}
    trace("order.opened", by=by, matter=matter, detail=detail, along=said)
    return order


def hand(*, by: By, order: Order, transfer: str) -> None:
    """The other desk has taken the matter; this order waits for its feedback."""
    _move(by, order, "hand", {"answer_by": None, "due_at": None}, f"移交 {transfer} 已由对方签收")


def resume(*, by: By, order: Order, why: str) -> None:
    """The matter is back at this desk, which goes on with it."""
    limit = _limit("answer_by", order)
    _move(by, order, "resume", {"answer_by": limit, "due_at": limit}, why)


def complete(*, by: By, order: Order, result: str, text: str) -> None:
    """What was handed over is concluded and confirmed: this order ends with it."""
    Order.objects.filter(pk=order.pk).update(result=result, answer=text, answered_at=clock.now())
    _closed(by, order, "complete", "handed", text)


def send_back(*, by: By, order: Order, transfer: str) -> None:
    """The receiving desk's order ends because the origin took the matter back."""
    _closed(by, order, "send_back", "returned", f"移交 {transfer} 已由移交方收回")


def conclude_for_transfer(*, by: By, order: Order, result: str, text: str) -> None:
    """The receiving desk's order is answered by its feedback; the origin's confirmation ends it."""
    changes = {"result": result, "answer": text, "answered_at": clock.now(), "answer_by": None, "due_at": None}
    _move(by, order, "answer", changes, text)


def reopen_for_transfer(*, by: By, order: Order, due_at: datetime, text: str) -> None:
    """The origin says: not solved. The receiving desk's order is worked on again until the transfer's new clock."""
    changes = {"rework": order.rework + 1, "due_at": due_at, "answered_at": None}
    _move(by, order, "not_satisfied", changes, text)


def close_for_transfer(*, by: By, order: Order) -> None:
    """The origin confirmed the feedback; the receiving desk's order ends."""
    _closed(by, order, "confirm", "answered")


def show_clock(*, order: Order, due_at: datetime | None) -> None:
    """Sort the order in its desk's list by this moment: the running clock of its transfer."""
    Order.objects.filter(pk=order.pk).update(due_at=due_at)
