"""What a middle desk passes along without anybody's hand: reactions to steps, safe to repeat.

A relay's conclusion goes back up, a rework goes down, a confirmation goes down; an unanswered hand-over that its
origin asked to withdraw is released by the receiver's own node. Each acts at the node of the desk it acts for. Where
that is held back, what was announced is announced again when it goes on.
"""

from __future__ import annotations

from typing import Any

from liandong.audit.by import clock_of
from liandong.identity.queries import is_here, this_node
from liandong.intake.models import Order
from liandong.intake.queries.heldback import is_held_back
from liandong.kernel.outbox import Told
from liandong.transfer.actions.offers import hands_danger_on, raise_danger
from liandong.transfer.actions.steps import take_step
from liandong.transfer.models import Transfer
from liandong.transfer.queries import heard


def _row(told: Told) -> Transfer:
    return Transfer.objects.select_related("parent", "matter").get(number=told.payload["transfer"])


def _last_body(row: Transfer, verb: str) -> dict[str, Any]:
    body: dict[str, Any] = row.steps.filter(verb=verb).order_by("-seq").values_list("body", flat=True)[0]
    return body


def pass_conclusion_up(told: Told) -> None:
    """S3.2: the conclusion of an onward transfer is the relay's conclusion to the county's desk."""
    row = _row(told)
    above = row.parent
    if row.state != "concluded" or above is None or above.kind != "relay" or above.state != "accepted":
        return
    if not is_here(above.target) or is_held_back(row.matter):
        return
    if above.children.filter(ended_at__isnull=True).exclude(state="concluded").exists():
        return  # the last of the parts to be concluded passes it up
    body = {**_last_body(row, "conclude"), "passed_from": row.number}
    take_step(by=clock_of(above.target), number=above.number, verb="conclude", body=body)


def pass_rework_down(told: Told) -> None:
    """The first desk says not solved: the desk that really works on it hears it at once."""
    row = _row(told)
    # Told again later, the rework may long be concluded anew: then there is nothing to pass on.
    if row.kind != "relay" or row.state != "accepted" or not is_here(row.target) or is_held_back(row.matter):
        return
    for below in row.children.filter(state="concluded"):
        body = {**_last_body(row, "not_solved"), "passed_from": row.number}
        take_step(by=clock_of(row.target), number=below.number, verb="not_solved", body=body)


def pass_confirmation_down(told: Told) -> None:
    """The first desk confirmed: the middle desk confirms what it had handed on."""
    row = _row(told)
    if row.kind != "relay" or row.state != "confirmed" or not is_here(row.target) or is_held_back(row.matter):
        return
    for below in row.children.filter(state="concluded"):
        take_step(by=clock_of(row.target), number=below.number, verb="confirm", body={"passed_from": row.number})


def raise_accepted_danger(told: Told) -> None:
    """I7: an order taken in as danger is on its way to 110 without anybody's hand, however it came in."""
    if told.payload["urgency"] != "danger" or not hands_danger_on(told.payload["desk"]):
        return
    order = Order.objects.select_related("matter").get(number=told.payload["order"])
    already = Transfer.objects.filter(matter=order.matter_id, kind="danger").exists()
    if not already and order.matter.state == "open" and order.closed_at is None:
        raise_danger(by=clock_of(order.desk), matter_id=order.matter_id, signal=order.title)


def release_withdrawn(told: Told) -> None:
    """The receiver's node answers a withdraw note by releasing what nobody there had taken."""
    if told.payload["kind"] != "withdraw":
        return
    row = _row(told)
    # Refused and offered again meanwhile, the transfer is a new question that nobody asked to withdraw.
    if _may_release(row):
        take_step(by=clock_of(row.target), number=row.number, verb="release")


def release_heard_late(told: Told) -> None:
    """Between nodes the wish to withdraw may be here before the offer that it is about."""
    if this_node() is None:
        return
    row = _row(told)
    if not is_here(row.origin) and _may_release(row):
        take_step(by=clock_of(row.target), number=row.number, verb="release")


def _may_release(row: Transfer) -> bool:
    wanted = row.state == "offered" and is_here(row.target) and heard(row).withdraw_asked
    return wanted and not is_held_back(row.matter)
