"""A new order and what follows from it at once: one transaction, so that nothing is taken and then left lying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from liandong.audit.by import By
from liandong.intake.accepting import Incoming, Key
from liandong.intake.actions import accept_orders
from liandong.intake.queries import access_order
from liandong.transfer.actions.offers import offer_for, raise_danger


@dataclass(frozen=True, slots=True)
class HandOver:
    """To which desk the new order is offered, and by which kind of transfer; `body` as for `offer`."""

    kind: str
    target: str
    body: Mapping[str, Any]


@transaction.atomic
def accept_and_hand(
    *, by: By, incoming: Incoming, key: Key, hand_over: HandOver | None = None, signal: str = ""
) -> dict[str, Any]:
    """Accept one order, offer it onward and signal a danger where asked. Returns the answer of acceptance.

    A key used before gets its first answer, and nothing is handed over twice. Raises what `accept_orders`, `offer_for`
    and `raise_danger` raise; then nothing was accepted.
    """
    (outcome,) = accept_orders(by=by, incoming=[incoming], keys=[key])
    if outcome.error is not None:
        raise outcome.error
    answer = outcome.answer
    if outcome.replayed:
        return answer
    if hand_over is None and not signal:
        return answer
    matter = access_order(by, answer["order_number"]).matter_id
    return {**answer, **hand_new(by=by, matter_id=matter, hand_over=hand_over, signal=signal)}


@transaction.atomic
def hand_new(*, by: By, matter_id: int, hand_over: HandOver | None, signal: str) -> dict[str, str]:
    """Send a matter that has just come in on its way: danger first, the paper question after it (S3.4).

    Returns the numbers of the transfers made, by the names the accept answer gives them.
    """
    made: dict[str, str] = {}
    if signal:
        raised = raise_danger(by=by, matter_id=matter_id, signal=signal)
        if raised is not None:
            made["danger_transfer"] = raised.number
    if hand_over is not None:
        offered = offer_for(
            by=by, matter_id=matter_id, kind=hand_over.kind, target=hand_over.target, body=hand_over.body
        )
        made["transfer"] = offered.number
    return made
