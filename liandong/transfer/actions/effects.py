"""What a step does to the two desks' own orders. One function a verb; other verbs leave them as they are.

Only orders of desks that are here are touched: those of another node's desks are that node's to write, and the same
step does the same to them there (ADR 0022).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet

from liandong.audit.by import By
from liandong.identity.queries import is_here
from liandong.intake import actions as intake
from liandong.intake.models import Order
from liandong.intake.queries import own_order, rulebook
from liandong.kernel.errors import Conflict
from liandong.transfer.models import Transfer
from liandong.transfer.replica import Step
from liandong.transfer.states import KINDS

Effect = Callable[[By, Transfer, Step, Mapping[str, Any]], None]


def passes(row: Transfer) -> bool:
    """Whether acceptance of this transfer ends the origin's duty for the matter."""
    return KINDS[row.kind].passes and not row.beside


def _ours(order: Order | None) -> Order | None:
    """The order when its desk is here, else None."""
    return order if order is not None and is_here(order.desk) else None


def _accepted(by: By, row: Transfer, step: Step, body: Mapping[str, Any]) -> None:
    if is_here(row.target):
        _open_at_target(by, row)
    origin = _ours(row.origin_order)
    if passes(row) and not row.joint and origin is not None and origin.state in ("received", "handling"):
        intake.hand(by=by, order=origin, transfer=row.number)


def _open_at_target(by: By, row: Transfer) -> None:
    order = own_order(row.matter_id, row.target)
    if order is None or order.closed_at is not None:
        order = intake.open_for_transfer(
            by=by, matter=row.matter, origin=row.origin_order, desk=row.target, transfer=row.number
        )
    else:
        order.matter = row.matter
        if order.state == "handed":
            intake.resume(by=by, order=order, why=f"签收移交 {row.number}")
    row.target_order = order
    Transfer.objects.filter(pk=row.pk).update(target_order=order)
    intake.show_clock(order=order, due_at=row.conclude_by)


def _awarded_jointly(by: By, row: Transfer, step: Step, body: Mapping[str, Any]) -> None:
    """The origin has taken its part again by its own word: an order it had let go of is worked on again."""
    origin = _ours(row.origin_order)
    if origin is not None and origin.state == "handed" and not _still_elsewhere(row):
        intake.resume(by=by, order=origin, why=f"移交 {row.number} 议定共同办理")


def _back_at_origin(by: By, row: Transfer, step: Step, body: Mapping[str, Any]) -> None:
    """The transfer ends with the origin going on: its order resumes, the receiver's ends."""
    intake.count_transfer(matter=row.matter, change=-1)
    target, origin = _ours(row.target_order), _ours(row.origin_order)
    if target is not None and not _busy_at_target(row):
        if target.state == "handling":
            intake.send_back(by=by, order=target, transfer=row.number)
        elif target.state == "answered" and not _awaits_word(row):
            # It was answered for another hand-over, confirmed while this one still needed the order.
            intake.close_for_transfer(by=by, order=target)
    if origin is not None and origin.state == "handed" and not _still_elsewhere(row):
        intake.resume(by=by, order=origin, why=f"移交 {row.number} 收回办理")


def _released(by: By, row: Transfer, step: Step, body: Mapping[str, Any]) -> None:
    """What was sent by mistake is no lead: who needs to know of the matter is asked no more (S3.6)."""
    _back_at_origin(by, row, step, body)
    others = Transfer.objects.filter(matter=row.matter, kind=row.kind).exclude(pk=row.pk).exclude(state="withdrawn")
    if KINDS[row.kind].needs and not others.exists():
        intake.lay_open(matter=row.matter)


def _concluded(by: By, row: Transfer, step: Step, body: Mapping[str, Any]) -> None:
    if not is_here(row.target):
        return  # said and done at its own node, whatever is known here of what it had handed on
    if row.children.filter(ended_at__isnull=True).exclude(state="concluded").exists():
        raise Conflict("本台转出的部分尚未反馈，不能先行办结。")
    order = row.target_order
    if order is not None and order.state == "handling":
        intake.conclude_for_transfer(by=by, order=order, result=str(body["result"]), text=str(body["text"]))


def _not_solved(by: By, row: Transfer, step: Step, body: Mapping[str, Any]) -> None:
    order = _ours(row.target_order)
    if order is not None and order.state == "answered" and row.conclude_by is not None:
        text = f"{rulebook().label('unsolved_reason', str(body['code']))} {body.get('text') or ''}".strip()
        intake.reopen_for_transfer(by=by, order=order, due_at=row.conclude_by, text=text)


def _confirmed(by: By, row: Transfer, step: Step, body: Mapping[str, Any]) -> None:
    """S1.4: the loop closes. The receiver's order ends; the origin's ends with it when all it had was handed over."""
    intake.count_transfer(matter=row.matter, change=-1)
    target, origin = _ours(row.target_order), _ours(row.origin_order)
    if target is not None and target.state == "answered" and not _busy_at_target(row):
        intake.close_for_transfer(by=by, order=target)
    if origin is None or origin.state != "handed" or _still_elsewhere(row):
        return
    if any(passes(other) for other in _others_of_origin(row)):
        intake.resume(by=by, order=origin, why=f"移交 {row.number} 已确认办结，另一部分尚在移交")
        return
    concluded = row.steps.filter(verb="conclude").order_by("-seq").values_list("body", flat=True)[0]
    above = row.parent
    if above is None or above.ended_at is not None:
        intake.complete(by=by, order=origin, result=concluded["result"], text=concluded["text"])
        return
    intake.resume(by=by, order=origin, why=f"移交 {row.number} 已确认办结")
    if above.state == "concluded":
        intake.conclude_for_transfer(by=by, order=origin, result=concluded["result"], text=concluded["text"])
    else:
        intake.show_clock(order=origin, due_at=above.conclude_by)


def _busy_at_target(row: Transfer) -> bool:
    """Whether the receiver has other business in the matter; it keeps its order for that."""
    others = Transfer.objects.filter(matter=row.matter, target=row.target, ended_at__isnull=True, target_duty=True)
    return others.exclude(pk=row.pk).exists()


def _awaits_word(row: Transfer) -> bool:
    """Whether another hand-over waits for what the receiver's order says."""
    return Transfer.objects.filter(target_order=row.target_order, ended_at=None).exclude(pk=row.pk).exists()


def _others_of_origin(row: Transfer) -> QuerySet[Transfer]:
    """What else of the origin's order is on the way."""
    return Transfer.objects.filter(origin_order=row.origin_order, ended_at__isnull=True).exclude(pk=row.pk)


def _still_elsewhere(row: Transfer) -> bool:
    """Whether the origin's part is with another desk by another transfer as well."""
    others = _others_of_origin(row).filter(target_duty=True)
    return any(passes(other) and not other.origin_duty for other in others)


EFFECTS: dict[str, Effect] = {
    "accept": _accepted,
    "award_jointly": _awarded_jointly,
    "take_back": _back_at_origin,
    "settle": _back_at_origin,
    "fall_back": _back_at_origin,
    "release": _released,
    "conclude": _concluded,
    "not_solved": _not_solved,
    "confirm": _confirmed,
}


def follow(by: By, row: Transfer, step: Step, body: Mapping[str, Any]) -> None:
    """Let the step's effect on the orders follow; the matter is locked and the row already moved."""
    effect = EFFECTS.get(step.verb)
    if effect is not None:
        effect(by, row, step, body)
    if row.ended_at is not None and row.matter.state == "open":
        # The orders may all have ended before; then nothing else would ever close the matter.
        intake.close_if_done(by=by, matter=row.matter, outcome=row.origin_order.outcome)
