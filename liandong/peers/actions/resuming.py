"""After all that was forgotten is back: the orders of our desks say what the transfers say, and what waited goes on."""

from __future__ import annotations

from collections.abc import Sequence

from liandong.audit.by import clock_of
from liandong.identity.queries import is_here
from liandong.intake import actions as intake
from liandong.intake.actions import lock_matter
from liandong.intake.actions.matters import close_if_done
from liandong.intake.models import Matter, Order
from liandong.intake.queries import own_order
from liandong.intake.queries.heldback import is_held_back
from liandong.kernel.outbox import announce
from liandong.peers.holdings import Held, SignedStep
from liandong.peers.standings import order_state
from liandong.transfer.actions.steps import refresh_custody
from liandong.transfer.facts import STEP_FACT, named
from liandong.transfer.models import Transfer
from liandong.transfer.queries import replica_of, step_of


def go_on() -> None:
    """For each open matter of before: settle the orders of our desks, and let everything that follows a step follow."""
    for key in Transfer.objects.filter(matter__state="open").values_list("matter", flat=True).distinct():
        matter = lock_matter(key)
        if is_held_back(matter):
            _settle(matter)


def _settle(matter: Matter) -> None:
    rows = list(Transfer.objects.filter(matter=matter).select_related("origin_order", "target_order").order_by("id"))
    for row in rows:
        row.matter = matter
    told = [_held(row) for row in rows]
    for desk in sorted({desk for row in rows for desk in (row.origin, row.target) if is_here(desk)}):
        _settle_order(matter, desk, rows, told)
    close_if_done(by=clock_of(matter.first_desk), matter=matter, outcome=rows[-1].origin_order.outcome)
    refresh_custody(clock_of(matter.first_desk), matter, why="restored", via=rows[-1].number)
    for row in rows:
        announce(STEP_FACT[row.steps.latest("seq").verb], **named(row))


def _held(row: Transfer) -> Held:
    """The transfer as the rule about orders sees it: its state, and when its last step was made."""
    step = step_of(row.steps.latest("seq"), row)
    return Held(
        replica=replica_of(row),
        matter=row.matter.number,
        parent=row.parent.number if row.parent is not None else None,
        beside=row.beside,
        urgency=row.urgency,
        steps=(SignedStep(step, bytes(row.head), ""),),
    )


def _settle_order(matter: Matter, desk: str, rows: Sequence[Transfer], told: Sequence[Held]) -> None:
    """Where what is known of the transfers says otherwise than the desk's order, the order follows."""
    order = own_order(matter.pk, desk)
    state = None if order is None else "handling" if order.state == "received" else order.state
    wanted = order_state(desk, matter.first_desk, state, told)
    inward = [row for row in rows if row.target == desk and row.ended_at is None and row.target_duty]
    if order is None or order.closed_at is not None:
        if inward and wanted not in (None, "closed"):
            _open(matter, desk, inward[-1])
        return
    order.matter = matter
    if wanted == state or (state == "answered" and not inward and wanted == "handling"):
        return  # the second: the first desk has answered its caller itself
    _MOVES.get((str(state), str(wanted)), _nothing)(order, rows)


def _open(matter: Matter, desk: str, row: Transfer) -> None:
    order = intake.open_for_transfer(
        by=clock_of(desk), matter=matter, origin=row.origin_order, desk=desk, transfer=row.number
    )
    Transfer.objects.filter(pk=row.pk).update(target_order=order)
    intake.show_clock(order=order, due_at=row.conclude_by)


def _nothing(order: Order, rows: Sequence[Transfer]) -> None:
    """What no step says of an order a person sees to."""


def _hand(order: Order, rows: Sequence[Transfer]) -> None:
    away = [row for row in rows if row.origin == order.desk and row.target_duty and not row.origin_duty]
    intake.hand(by=clock_of(order.desk), order=order, transfer=away[-1].number)


def _resume(order: Order, rows: Sequence[Transfer]) -> None:
    intake.resume(by=clock_of(order.desk), order=order, why="恢复后核对：事项在本台办理")


def _conclude(order: Order, rows: Sequence[Transfer]) -> None:
    said = next(row for row in reversed(rows) if row.target == order.desk and row.state == "concluded")
    body = said.steps.filter(verb="conclude").latest("seq").body
    intake.conclude_for_transfer(
        by=clock_of(order.desk), order=order, result=str(body["result"]), text=str(body["text"])
    )


def _reopen(order: Order, rows: Sequence[Transfer]) -> None:
    due = next((row.conclude_by for row in reversed(rows) if row.target == order.desk and row.conclude_by), None)
    if due is not None:
        intake.reopen_for_transfer(by=clock_of(order.desk), order=order, due_at=due, text="恢复后核对：须重新办理")


def _complete(order: Order, rows: Sequence[Transfer]) -> None:
    ended = [row for row in rows if row.origin == order.desk and row.state == "confirmed"]
    body = ended[-1].steps.filter(verb="conclude").latest("seq").body
    intake.complete(by=clock_of(order.desk), order=order, result=str(body["result"]), text=str(body["text"]))


def _send_back(order: Order, rows: Sequence[Transfer]) -> None:
    ended = [row for row in rows if row.target == order.desk and row.ended_at is not None]
    intake.send_back(by=clock_of(order.desk), order=order, transfer=ended[-1].number)


def _close(order: Order, rows: Sequence[Transfer]) -> None:
    intake.close_for_transfer(by=clock_of(order.desk), order=order)


_MOVES = {
    ("handling", "handed"): _hand,
    ("handed", "handling"): _resume,
    ("handling", "answered"): _conclude,
    ("answered", "handling"): _reopen,
    ("handed", "closed"): _complete,
    ("handling", "closed"): _send_back,
    ("answered", "closed"): _close,
}
