"""Open a transfer: offer a matter to another desk, raise a danger, relay onward what a county's desk took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from liandong.audit.by import LEADS, By
from liandong.identity.models import Desk
from liandong.identity.queries import desk as desk_row
from liandong.identity.queries import must_be_here
from liandong.intake.actions import confine, count_transfer, lay_open, let_see, lock_matter
from liandong.intake.actions.sequence import take_numbers
from liandong.intake.models import Matter, Order
from liandong.intake.numbering import TRANSFER as TRANSFER_LETTER
from liandong.intake.numbering import number as numbered
from liandong.intake.queries import access_order, own_order, rulebook
from liandong.intake.queries.heldback import must_not_be_held_back
from liandong.kernel import clock
from liandong.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from liandong.kernel.outbox import announce_with
from liandong.routing.queries import check_item, version_in_force
from liandong.transfer import baton
from liandong.transfer.actions.notes import write_note
from liandong.transfer.actions.steps import append_step, clock_columns, refresh_custody, take_step
from liandong.transfer.deadlines import deadlines
from liandong.transfer.errors import BasisMissing, MatterEnded, NotYours, TargetUnfit
from liandong.transfer.facts import STEP_FACT, named
from liandong.transfer.models import Transfer
from liandong.transfer.onbehalf import FIELD, on_behalf_of
from liandong.transfer.paths import check_path, targets
from liandong.transfer.queries import duties
from liandong.transfer.replica import Replica, Step, apply
from liandong.transfer.responsibility import responsible
from liandong.transfer.states import KINDS, edge_for

# Kinds any party of a matter may open at any time, whoever is responsible for it now (S3.4, S3.6).
ANY_TIME = frozenset({"danger", "clue"})


@transaction.atomic
def offer(*, by: By, order: str, kind: str, target: str, body: Mapping[str, Any] | None = None) -> Transfer:
    """Offer the matter of `order` (the actor's own order number) to the desk `target`.

    `body`: reason (text), list_item (code in the list in force) or basis, signal (danger, clue). Raises NotFound,
    NotAllowed, MatterEnded, NotYours, TargetUnfit, BasisMissing, Conflict (already on its way).
    """
    by.needs("transfer.offer")
    found = access_order(by, order)
    if found.desk != by.desk:
        raise NotYours("只能移交本台承办的单。")
    return offer_for(by=by, matter_id=found.matter_id, kind=kind, target=target, body=body)


@transaction.atomic
def offer_for(
    *,
    by: By,
    matter_id: int,
    kind: str,
    target: str,
    body: Mapping[str, Any] | None = None,
    beside: bool = False,
    paper: Mapping[str, Any] | None = None,
) -> Transfer:
    """`offer` for a matter already known to be reachable (the accept door, reactions, what came on paper).

    `beside`: a danger that leaves the order with its desk although nothing else is on the way yet. `paper`: who typed
    it in for a desk on paper, and by which document.
    """
    if not by.may("clock"):
        by.needs("transfer.offer")
    if kind not in KINDS:
        raise Invalid("没有这一类移交。", field="kind")
    if by.desk is None:
        raise NotAllowed("只有受理台可以发起移交。")
    must_be_here(by.desk)
    content = dict(body or {})
    content.pop(FIELD, None)  # only with a document in hand
    if paper is not None:
        content[FIELD] = paper
    matter = lock_matter(matter_id)
    if kind not in ANY_TIME:
        must_not_be_held_back(matter)
    if matter.state == "closed":
        raise MatterEnded
    origin, receiver = desk_row(by.desk), _receiver(target)
    check_path(kind, origin.kind, receiver.kind)
    order = own_order(matter.pk, origin.code)
    if order is None or order.closed_at is not None:
        raise NotYours
    order.matter = matter
    running = Transfer.objects.filter(
        matter=matter, kind=kind, origin=origin.code, target=target, ended_at=None
    ).first()
    if running is not None:
        return _again(by, order, running, content)
    parent = Transfer.objects.filter(matter=matter, target=origin.code, target_duty=True, ended_at=None).first()
    _check_ours(kind, origin, target, matter, order, parent)
    _check_reason(kind, content)
    return _open(by, matter, order, kind, target, parent, content, beside=beside)


def _receiver(code: str) -> Desk:
    try:
        return desk_row(code)
    except NotFound:
        raise TargetUnfit(field="target") from None


def _again(by: By, order: Order, running: Transfer, content: Mapping[str, Any]) -> Transfer:
    """The same hand-over is already on its way. A second danger signal becomes a note to it; all else is a mistake."""
    if running.kind not in ANY_TIME:
        raise Conflict("同一事项已向该台移交，请勿重复；可添加附记或催办。", transfer=running.number)
    # Who knew of the first signal does not know of this one.
    Transfer.objects.filter(pk=running.pk).update(acknowledged_at=None, acknowledged_who="")
    text = str(content.get("signal") or content.get("reason") or KINDS[running.kind].label)
    write_note(by, running, "supplement", {"text": text})
    if KINDS[running.kind].needs and order.known_at:
        # What only the gate had said a person says too: now it is for who needs to know.
        confine(by=by, order=order, needs=KINDS[running.kind].needs)
    return running


def _check_ours(kind: str, origin: Desk, target: str, matter: Matter, order: Order, parent: Transfer | None) -> None:
    if kind in ANY_TIME:
        return
    if origin.code not in responsible(matter.first_desk, duties(matter)):
        raise NotYours("该事项目前由其他台负责，不能由本台移交。")
    if KINDS[kind].passes:
        if parent is not None and parent.origin == target:
            raise TargetUnfit("该事项由对方移交而来：请在异议期内申请退回，或提请协商。", field="target")
        if order.state not in ("received", "handling"):
            raise Conflict("本台的单已移交或已答复，不能再移交。")


def _check_reason(kind: str, content: dict[str, Any]) -> None:
    """Every hand-over cites version and item of the list, or says its basis; a danger needs only its signal."""
    if content.get("list_item"):
        content["list_version"] = check_item(content["list_item"], clock.now())
    elif kind in ANY_TIME:
        if not str(content.get("signal") or content.get("reason") or "").strip():
            raise BasisMissing("请写明险情或线索。", field="signal")
    elif not str(content.get("basis") or content.get("reason") or "").strip():
        raise BasisMissing("请选择清单条目，或写明移交依据。", field="reason")
    content.setdefault("list_version", version_in_force(clock.now()))


def _open(
    by: By,
    matter: Matter,
    order: Order,
    kind: str,
    target: str,
    parent: Transfer | None,
    content: dict[str, Any],
    *,
    beside: bool,
) -> Transfer:
    """The first step and the row it leads to; what may not be opened was refused before."""
    now, book, verb = clock.now(), rulebook(), baton.open_verb(kind)
    origin, edge = desk_row(order.desk), edge_for(kind, None, verb)
    _complete(content, matter, order, kind, target, parent, beside=beside)
    running = deadlines(kind, verb, edge.target, content["urgency"], book.limits, book.calendar, now)
    number = numbered(origin.division_id, TRANSFER_LETTER, now, take_numbers(1)[0])
    empty = Replica(transfer=number, kind=kind, origin=origin.code, target=target)
    paper = on_behalf_of(content)
    person = by.name if paper is None else str(paper["signed_by"])
    step = baton.compose(empty, verb, origin.code, person, content, running, now)
    return enter(by, order, parent, step, apply(empty, step))


def enter(
    by: By,
    order: Order,
    parent: Transfer | None,
    first: Step,
    after: Replica,
    *,
    at: datetime | None = None,
    beside: Sequence[Transfer] | None = None,
) -> Transfer:
    """What the first step of a transfer does on this node, whichever node its author is at; the matter is locked.

    `order` is the origin's, with the matter; `at` as for `steps.settle`. `beside`: all transfers of the matter before
    it, where they were read under the lock.
    """
    matter, edge = order.matter, edge_for(after.kind, None, first.verb)
    row = _row(order, parent, first, after, edge.target)
    append_step(by, row, first, edge.letter, edge.target, after.head)
    _mark_matter(matter, after.kind, row)
    if KINDS[after.kind].needs:
        confine(by=by, order=order, needs=KINDS[after.kind].needs, stays=by.system == LEADS)
    # From now on each sees the other's record of the matter beside its own.
    let_see(matter=matter, parties=(after.origin, after.target), at=first.at)
    among = None if beside is None else [*beside, row]
    refresh_custody(by, matter, why=first.verb, via=row.number, at=at, among=among)
    announce_with(STEP_FACT[first.verb], named(row), urgent=row.kind == "danger")
    return row


def _complete(
    content: dict[str, Any],
    matter: Matter,
    order: Order,
    kind: str,
    target: str,
    parent: Transfer | None,
    *,
    beside: bool,
) -> None:
    """Add to what was said what else the first step tells: how urgent, of which matter, by which transfer it came."""
    danger = kind == "danger"
    content.pop("beside", None)  # for us to say
    # Danger first: found while the matter is already in hand, it runs beside and the paper question goes on (S3.4).
    in_hand = beside or order.state != "received"
    if danger and (in_hand or Transfer.objects.filter(matter=matter, ended_at=None).exists()):
        content["beside"] = True
    content["urgency"] = "danger" if danger else order.urgency
    content["matter"] = matter.number
    content["target"] = target
    if parent is not None:
        content["parent"] = parent.number


def _row(order: Order, parent: Transfer | None, first: Step, after: Replica, state: str) -> Transfer:
    said = first.body
    return Transfer.objects.create(
        number=after.transfer,
        matter=order.matter,
        kind=after.kind,
        origin=after.origin,
        target=after.target,
        parent=parent,
        origin_order=order,
        state=state,
        seq=after.seq,
        head=after.head,
        origin_duty=after.origin_duty,
        target_duty=after.target_duty,
        beside=said.get("beside", False),
        urgency=str(said.get("urgency") or order.urgency),
        reason=str(said.get("reason") or said.get("signal") or said.get("basis") or ""),
        list_version=said.get("list_version") or "",
        list_item=said.get("list_item") or "",
        opened_at=first.at,
        moved_at=first.at,
        **clock_columns(first.deadlines),
    )


def _mark_matter(matter: Matter, kind: str, row: Transfer) -> None:
    count_transfer(matter=matter, change=1)
    if kind == "danger" and matter.danger_at is None:
        matter.danger_at = row.opened_at
        lay_open(matter=matter)
        Matter.objects.filter(pk=matter.pk).update(danger_at=row.opened_at)


def hands_danger_on(desk: str) -> bool:
    """Whether a danger found at the desk goes to the city's 110; at a city's 110 it is already where it belongs."""
    return "city_110" in targets("danger", desk_row(desk).kind)


@transaction.atomic
def raise_danger(*, by: By, matter_id: int, signal: str, list_item: str = "", beside: bool = False) -> Transfer | None:
    """A danger was signalled: hand it to the city's 110 at once, beside whatever is running (S3.4, S3.7).

    The 110 desks do not hand a danger to themselves: theirs is already where it belongs, and None is returned.
    """
    if by.desk is None:
        raise NotAllowed("只有受理台可以联动派警。")
    if not hands_danger_on(by.desk):
        return None
    police = Desk.objects.get(kind=Desk.Kind.CITY_110)
    body = {"signal": signal, **({"list_item": list_item} if list_item else {})}
    return offer_for(by=by, matter_id=matter_id, kind="danger", target=police.code, body=body, beside=beside)


@transaction.atomic
def relay_onward(*, by: By, number: str, kind: str, target: str, body: Mapping[str, Any] | None = None) -> Transfer:
    """The middle desk of a relay accepts and hands on in one act (S3.2). Returns the onward transfer."""
    accepted = take_step(by=by, number=number, verb="accept")
    return offer_for(by=by, matter_id=accepted.matter_id, kind=kind, target=target, body=body)
