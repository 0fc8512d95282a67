"""What ends a call at the desk: its order accepted with all that goes with it, or an urge on an earlier order."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import transaction

from liandong.audit.by import By
from liandong.intake import actions as intake
from liandong.intake.accepting import Incoming, Key
from liandong.intake.models import AcceptedKey
from liandong.kernel import clock
from liandong.routing.actions import Chosen
from liandong.transfer.actions import gate
from liandong.transfer.actions.arrivals import HandOver, accept_and_hand
from liandong.transfer.actions.drafts import check_key, draft_accepted, hold_form
from liandong.transfer.queries import accepted_with


@transaction.atomic
def accept_call(
    *,
    by: By,
    incoming: Incoming,
    key: Key,
    hand_over: HandOver | None = None,
    signal: str = "",
    repeats: str = "",
    chosen: Chosen | None = None,
) -> dict[str, Any]:
    """Accept a call's order, hand it over, signal its danger, link it to the order it `repeats`; all or nothing.

    Its draft goes in the same transaction. What is suggested for it is kept with what was `chosen`, and a danger the
    gate sees goes out in it too (`gate_transfer` in the answer): then the order has not ended in the call.
    The same key again gets the first answer. Raises what `accept_and_hand` and `link` raise.
    """
    hold_form(by, key.key)
    incoming, settled = gate.not_settled(incoming)
    answer = accept_and_hand(by=by, incoming=incoming, key=key, hand_over=hand_over, signal=signal)
    if repeats:
        intake.link(by=by, number=answer["order_number"], other=repeats)
    raised = gate.judge_call(by, answer["order_number"], chosen or Chosen())
    if raised is not None:
        answer = {**answer, "gate_transfer": raised.number}
        if settled is not None:
            gate.keep_words(by, raised, settled)
    draft_accepted(by, key.key)
    return answer


@transaction.atomic
def urge_by_call(*, by: By, number: str, text: str, key: Key) -> str:
    """The call asks where an order stays: an urge on it, no new order. Returns its number; posted twice, urged once.

    Raises NotAllowed, NotFound, Invalid (closed, no text, or a key that is none).
    """
    check_key(key.key)
    hold_form(by, key.key)
    done = accepted_with(by, key.key)
    if done is not None:
        return done
    order = intake.urge(by=by, number=number, text=text)
    answer = {"order_number": order.number, "urged": True}
    AcceptedKey.objects.create(
        system=key.system, key=key.key, body_hash=key.body_hash, answer=orjson.dumps(answer).decode(), at=clock.now()
    )
    draft_accepted(by, key.key)
    return order.number
