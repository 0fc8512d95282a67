"""Orders that come with a second wish: a hand-over at once, a danger, an urge or a repeat. All in one transaction."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import transaction

from liandong.audit.by import By
from liandong.exchange.messages import Asked
from liandong.exchange.problems import pointing
from liandong.intake import actions as intake
from liandong.intake.actions.accept import Outcome, key_outcome
from liandong.intake.models import AcceptedKey, Order
from liandong.intake.numbering import LINKAGE
from liandong.intake.queries import access_matter, access_order, own_order
from liandong.kernel import clock
from liandong.kernel.errors import NotFound
from liandong.kernel.ids import BadNumber, city_time, parse
from liandong.transfer import actions as transfer


@transaction.atomic
def enter(*, by: By, asked: Asked) -> Outcome:
    """Take one order with everything it asks for, or nothing of it. Raises what the actions raise."""
    if asked.message.get("relation") == "urge":
        return _urge(by, asked)
    (outcome,) = intake.accept_orders(by=by, incoming=[asked.incoming], keys=[asked.key])
    if outcome.replayed or outcome.error is not None:
        # The key was used before, perhaps a moment ago by the same request sent twice: nothing is done again.
        return outcome
    answer = dict(outcome.answer)
    if asked.message.get("related"):
        earlier = _related(by, asked.message["related"])
        intake.link(by=by, number=answer["order_number"], other=earlier.number)
        answer["linked_to"] = earlier.number
    answer.update(_hand_over(by, asked, answer["linkage_number"]))
    _keep_answer(asked, answer)
    return Outcome(answer)


def _urge(by: By, asked: Asked) -> Outcome:
    """An urge attaches to its order and makes no new one."""
    if asked.key.key:
        # The row is the lock: who comes second with the same key waits here, then gets the first answer.
        first = {"body_hash": asked.key.body_hash, "answer": "", "at": clock.now()}
        _, fresh = AcceptedKey.objects.get_or_create(system=asked.key.system, key=asked.key.key, defaults=first)
        if not fresh and (before := key_outcome(asked.key)) is not None:
            return before
    order = _related(by, asked.message["related"])
    with pointing(text="/content"):
        intake.urge(by=by, number=order.number, text=asked.incoming.content)
    answer = {
        "linkage_number": order.matter.number,
        "order_number": order.number,
        "accepted_at": city_time(clock.now()),
        "urged": True,
    }
    _keep_answer(asked, answer)
    return Outcome(answer)


def _related(by: By, number: str) -> Order:
    """The own desk's order the number speaks of: an order number, or the linkage number of its matter."""
    try:
        if parse(number).kind != LINKAGE:
            return access_order(by, number)
        order = own_order(access_matter(by, number).pk, by.party)
        if order is None:
            raise NotFound
    except (BadNumber, NotFound) as why:
        why.field = "/related"
        raise
    return order


def _hand_over(by: By, asked: Asked, linkage_number: str) -> dict[str, str]:
    """What the message asks for beside acceptance; its transfers are on their way before the answer is."""
    matter = access_matter(by, linkage_number)
    danger, wish = asked.message.get("danger"), asked.message.get("handover")
    signal = danger["signal"] if danger else asked.incoming.title if asked.incoming.urgency == "danger" else ""
    hand_over = None
    if wish:
        body = {name: wish[name] for name in ("reason", "list_item", "basis") if wish.get(name)}
        hand_over = transfer.HandOver(wish["kind"], wish["to"], body)
    with pointing(within="/handover", target="/handover/to"):
        return transfer.hand_new(by=by, matter_id=matter.pk, hand_over=hand_over, signal=signal)


def _keep_answer(asked: Asked, answer: dict[str, Any]) -> None:
    """A repeat gets the whole answer, with what was asked for beside the order."""
    if asked.key.key:
        kept = AcceptedKey.objects.filter(system=asked.key.system, key=asked.key.key)
        kept.update(answer=orjson.dumps(answer).decode())
