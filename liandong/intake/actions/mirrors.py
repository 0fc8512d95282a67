"""Mirrors: orders of other nodes' desks as those nodes tell them. Written here and by no verb of a desk.

The one place beside `kernel.mover` that sets an order's state: its edge was taken at its own node.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from liandong.audit.by import By
from liandong.identity.queries import desk as desk_row
from liandong.identity.queries import held_back_since, is_here, must_be_here, must_live_at
from liandong.intake import facts
from liandong.intake.actions.locks import lock_matter_numbered, make_matter
from liandong.intake.actions.matters import close_if_done, set_custody, trace
from liandong.intake.actions.orders import tsvector
from liandong.intake.callers import protect
from liandong.intake.errors import MirrorConflict
from liandong.intake.models import Matter, Order
from liandong.intake.numbering import LETTER_OF_ORDER, LINKAGE, read
from liandong.intake.queries.heldback import is_held_back
from liandong.intake.snapshots import FIXED, MARKS, MATTER, ORDER, Snapshot
from liandong.kernel import clock
from liandong.kernel.asking import Question
from liandong.kernel.errors import Invalid
from liandong.kernel.outbox import announce


@transaction.atomic
def mirror_order(*, by: By, node: str, told: Snapshot) -> bool:
    """Keep what `node` tells of an order of one of its desks; False when as much or more was known already.

    Raises NotItsDesk, Invalid and BadNumber (what no order of that desk can be), MirrorConflict (a number of this
    node's own, or known with other facts).
    """
    order = told.order
    must_live_at(order["desk"], node)
    if order["kind"] not in LETTER_OF_ORDER:
        raise Invalid(field="order/kind")
    read(order["number"], LETTER_OF_ORDER[order["kind"]])
    matter, new = _matter(told)
    # An order that is here under another matter shows at the latest by its number, which is here once.
    known = None if new else _order.first(number=order["number"])
    if known is not None:
        _check_same(known, matter, told)
        if known.mirrored is not None and known.mirrored >= told.version:
            return False
    _mark(matter, told)
    kept = _kept(matter, known, told)
    detail = {
        "order": kept.number,
        "kind": kept.kind,
        "state": kept.state,
        "snapshot": told.version,
        "node": node,
    }
    trace("order.mirrored", by=by, matter=matter, detail=detail)
    announce(facts.ORDER_MIRRORED, matter=matter.number, order=kept.number, desk=kept.desk)
    if kept.closed_at is not None and matter.state == "open" and not is_held_back(matter):
        close_if_done(by=by, matter=matter, outcome=kept.outcome)
    return True


@Question
def _order(number: str) -> QuerySet[Order]:
    return Order.objects.filter(number=number)


@transaction.atomic
def take_back_order(*, by: By, node: str, told: Snapshot) -> Order:
    """An order of our own desk as `node` was last told it, after this node has forgotten that (ADR 0023).

    Its clocks run from now. Raises Invalid, BadNumber, MirrorConflict (known here with other facts), DeskElsewhere.
    """
    must_be_here(desk_row(told.order["desk"]).code)
    if told.order["kind"] not in LETTER_OF_ORDER:
        raise Invalid(field="order/kind")
    read(told.order["number"], LETTER_OF_ORDER[told.order["kind"]])
    matter, _ = _matter(told)
    known = Order.objects.filter(number=told.order["number"]).first()
    if known is not None:
        _check_same(known, matter, told, own=True)
    _mark(matter, told)
    order = _kept(matter, known, told)
    order.mirrored = None
    due = told.order["due_at"] or clock.now()
    served = order.channel == "handover"  # its clocks are those of the transfer
    order.answer_by = due if order.state in ("received", "handling") and not served else None
    order.followup_by = due if order.state == "answered" and not served else None
    order.save()
    detail = {"order": order.number, "kind": order.kind, "state": order.state, "snapshot": told.version, "node": node}
    trace("order.given_back", by=by, matter=matter, detail=detail)
    announce(facts.ORDER_MOVED, matter=matter.number, order=order.number, desk=order.desk)
    return order


def _matter(told: Snapshot) -> tuple[Matter, bool]:
    """The matter, locked, and whether it is new: another node's, or our own that a restored backup has forgotten."""
    wanted = {name: told.matter[name] for name in MATTER}
    number = read(wanted["number"], LINKAGE)
    matter = lock_matter_numbered(number)
    new = False
    if matter is None:
        if is_here(wanted["first_desk"]) and held_back_since() is None:
            raise MirrorConflict(field="matter/number")  # a matter of our own that we know nothing of
        matter, new = make_matter(**wanted)
    for name in MATTER:
        if getattr(matter, name) != wanted[name]:
            raise MirrorConflict(field=f"matter/{name}")
    if new:
        first, at = matter.first_desk, matter.opened_at
        set_custody(matter=matter, responsible=(first,), lead=first, why="received", at=at, running=())
    return matter, new


def _check_same(known: Order, matter: Matter, told: Snapshot, *, own: bool = False) -> None:
    """Our own orders are never told by others, unless we have forgotten them (`own`); and what is fixed stays."""
    if (known.mirrored is None) != own or known.matter_id != matter.pk:
        raise MirrorConflict(field="order/number")
    for name in FIXED:
        if getattr(known, name) != told.order[name]:
            raise MirrorConflict(field=f"order/{name}")


def _mark(matter: Matter, told: Snapshot) -> None:
    """A danger or a 问题工单 that was seen anywhere is one here; what is marked here stays."""
    marks: dict[str, Any] = {}
    if matter.danger_at is None and told.matter["danger_at"] is not None:
        marks["danger_at"] = told.matter["danger_at"]
    if matter.problem_at is None and told.matter["problem_at"] is not None:
        marks |= {name: told.matter[name] for name in ("problem_at", "problem_why")}
    if marks:
        Matter.objects.filter(pk=matter.pk).update(**marks)
        for name in MARKS:
            setattr(matter, name, marks.get(name, getattr(matter, name)))


def _kept(matter: Matter, known: Order | None, told: Snapshot) -> Order:
    """The row with all that was told; the caller is sealed with this node's key, the words can be searched."""
    order = known or Order(matter=matter, **{name: told.order[name] for name in FIXED})
    sealed = protect(told.caller, order.number, seal_key=settings.SEAL_KEY, blind_key=settings.BLIND_KEY)
    for name in ORDER:
        setattr(order, name, told.order[name])
    order.caller_name, order.caller_phone = sealed.name, sealed.phone
    order.caller_identity = sealed.identity_number
    order.phone_blind, order.identity_blind = sealed.phone_blind, sealed.identity_blind
    order.mirrored = told.version
    order.words = tsvector(order)
    order.matter = matter
    order.save(force_insert=known is None)
    return order
