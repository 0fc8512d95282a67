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
from liandong.transfer.actions.arrivals import HandOver, accept_and_hand
from liandong.transfer.actions.drafts import check_key, draft_accepted, hold_form
from liandong.transfer.queries import accepted_with


@transaction.atomic
def accept_call(
    *, by: By, incoming: Incoming, key: Key, hand_over: HandOver | None = None, signal: str = "", repeats: str = ""
) -> dict[str, Any]:
    """Accept a call's order, hand it over, signal its danger, link it to the order it `repeats`; all or nothing.

    Its draft goes in the same transaction. The same key again gets the first answer. Raises what `accept_and_hand` and
    `link` raise.
    """
    hold_form(by, key.key)
    answer = accept_and_hand(by=by, incoming=incoming, key=key, hand_over=hand_over, signal=signal)
    if repeats:
        intake.link(by=by, number=answer["order_number"], other=repeats)
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
