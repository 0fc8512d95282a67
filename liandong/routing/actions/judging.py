"""What was suggested is kept; somebody says what it should have been; another person confirms it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
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
from liandong.routing.decision import SIDES, Decision, Engine
from liandong.routing.errors import NothingCorrected, OwnCorrection
from liandong.routing.models import Correction, Decided
from liandong.routing.queries import access_correction, access_decided
from liandong.routing.states import CORRECTION

CORRECTABLE = ("side", "item", "nature", "unit")
LONGEST_WHY = 200


@transaction.atomic
def keep(*, by: By, number: str, decision: Decision, engine: Engine) -> Decided:
    """Keep what was suggested for an order, with what suggested it and why. Raises NotAllowed, NotFound."""
    by.needs("order.read")
    return kept(access_order(by, number), decision, engine)


def kept(order: Order, decision: Decision, engine: Engine) -> Decided:
    """The row of a decision; its caller has checked who asks."""
    output = {name: getattr(decision, name) for name in ("danger", "lead", "nature", "unit", "county")}
    output |= {"confidence": decision.confidence, "item_sure": decision.item_sure}
    output["units"] = [unit.code for unit in decision.units]
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


@transaction.atomic
def correct(*, by: By, decided: int, right: Mapping[str, str], why: str = "") -> Correction:
    """Say what a suggestion should have been: some of side, item, nature, unit. Raises NotAllowed, NotFound,
    NothingCorrected, Invalid with the field.
    """
    by.needs("order.accept")
    found = access_decided(by, decided)
    was = {"side": found.side, "item": found.item, "nature": found.output["nature"], "unit": found.output["unit"]}
    changed = {name: right[name] for name in CORRECTABLE if right.get(name) and right[name] != was[name]}
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
