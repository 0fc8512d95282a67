"""What was suggested is kept; somebody says what it should have been; another person confirms it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.intake.models import Order
from liandong.intake.queries import access_order
from liandong.kernel import clock
from liandong.kernel.errors import Conflict, Invalid
from liandong.kernel.mover import move
from liandong.kernel.outbox import announce
from liandong.routing import facts
from liandong.routing.decision import SIDES, Decision, Engine, decide
from liandong.routing.errors import NoListInForce, NothingCorrected, OwnCorrection
from liandong.routing.models import Correction, Decided
from liandong.routing.queries import access_correction, access_decided, engine_in_force, note_of
from liandong.routing.states import CORRECTION

CORRECTABLE = ("side", "item", "nature", "unit")
LONGEST_WHY = 200
AT_ACCEPTANCE = "受理时另行选定"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the call-taker chose by hand of what is suggested (`right`: some of CORRECTABLE), and whether the
    suggestion was accepted by its key.
    """

    right: Mapping[str, str] = field(default_factory=dict)
    accepted: bool = False


@transaction.atomic
def keep(*, by: By, number: str, decision: Decision, engine: Engine) -> Decided:
    """Keep what was suggested for an order, with what suggested it and why. Raises NotAllowed, NotFound."""
    by.needs("order.read")
    return kept(access_order(by, number), decision, engine)


def kept(order: Order, decision: Decision, engine: Engine, *, chosen: Chosen | None = None) -> Decided:
    """The row of a decision, with what a person chose in front of it; its caller has checked who asks."""
    plain = ("danger", "lead", "lead_sure", "nature", "unit", "county", "urgency", "level", "confidence", "item_sure")
    output: dict[str, Any] = {name: getattr(decision, name) for name in plain}
    output["units"] = [unit.code for unit in decision.units]
    if chosen is not None:
        output |= {"chosen": dict(chosen.right), "accepted": chosen.accepted}
    return Decided.objects.create(
        order=order,
        at=clock.now(),
        list_version=engine.list_version,
        model=engine.model,
        side=decision.side,
        item=decision.item,
        unsure=decision.unsure,
        output=output,
        reasons=[asdict(one) for one in decision.reasons],
    )


def judged(order: Order, chosen: Chosen | None = None) -> Decided | None:
    """Decide about an order nobody judged yet, and keep it; None while no list is in force."""
    try:
        engine = engine_in_force(clock.now())
    except NoListInForce:
        return None
    return kept(order, decide(note_of(order), engine), engine, chosen=chosen)


@transaction.atomic
def judged_in_front_of(*, by: By, order: Order, chosen: Chosen) -> Decided | None:
    """`judged` while its call-taker looks on: what they chose otherwise is a correction for another to confirm.

    Raises what `correct` raises.
    """
    made = judged(order, chosen)
    if made is not None and (right := differing(made, chosen.right)):
        correct(by=by, decided=made.pk, right=right, why=AT_ACCEPTANCE)
    return made


def suggested(found: Decided) -> dict[str, str]:
    """What was suggested, by the names of what may be corrected."""
    return {"side": found.side, "item": found.item, "nature": found.output["nature"], "unit": found.output["unit"]}


def differing(found: Decided, right: Mapping[str, str]) -> dict[str, str]:
    """What of `right` was suggested otherwise."""
    was = suggested(found)
    return {name: right[name] for name in CORRECTABLE if right.get(name) and right[name] != was[name]}


@transaction.atomic
def correct(*, by: By, decided: int, right: Mapping[str, str], why: str = "") -> Correction:
    """Say what a suggestion should have been: some of side, item, nature, unit. Raises NotAllowed, NotFound,
    NothingCorrected, Invalid with the field.
    """
    by.needs("order.accept")
    found = access_decided(by, decided)
    changed = differing(found, right)
    if not changed:
        raise NothingCorrected
    if changed.get("side", SIDES[0]) not in SIDES:
        raise Invalid("归口只能是12345、110或引导解释。", field="side")
    if len(why.strip()) > LONGEST_WHY:
        raise Invalid(f"说明超过{LONGEST_WHY}个字符。", field="why")
    made = Correction.objects.create(
        decided=found,
        at=clock.now(),
        person_id=by.person,
        desk=by.party,
        why=why.strip(),
        state=CORRECTION.edge(None, "note").target,
        **changed,
    )
    _tell(by, made, "note", {**changed, **({"reason": made.why} if made.why else {})})
    return made


@transaction.atomic
def confirm(*, by: By, correction: int, seen: int) -> Correction:
    """Confirm another person's correction, so that it is learnt from. Raises NotAllowed, OwnCorrection, NotFound,
    NoSuchEdge, Conflict.
    """
    found = _locked(by, correction, seen)
    if found.person_id is not None and found.person_id == by.person:
        raise OwnCorrection
    return _settle(by, found, "confirm")


@transaction.atomic
def dismiss(*, by: By, correction: int, seen: int) -> Correction:
    """Do not learn from a correction. Raises NotAllowed, NotFound, NoSuchEdge, Conflict."""
    return _settle(by, _locked(by, correction, seen), "dismiss")


def _locked(by: By, correction: int, seen: int) -> Correction:
    by.needs("routing.confirm")
    found = access_correction(by, correction)
    locked = Correction.objects.select_for_update().select_related("decided__order").get(pk=found.pk)
    if locked.version != seen:
        raise Conflict
    return locked


def _settle(by: By, found: Correction, verb: str) -> Correction:
    move(found, CORRECTION, verb, changes={"settled_at": clock.now(), "settled_person_id": by.person})
    _tell(by, found, verb, {})
    return found


def _tell(by: By, found: Correction, verb: str, detail: Mapping[str, Any]) -> None:
    number = found.decided.order.number
    said = {"order": number, "verb": verb, "state": found.state, **detail}
    record("correction.moved", by=by, subject=f"decided:{found.decided_id}", detail=said)
    announce(facts.CORRECTION_MOVED, correction=found.pk, verb=verb, state=found.state)
