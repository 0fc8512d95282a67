"""Orders that come with a second wish: a hand-over at once, a danger, an urge or a repeat. All in one transaction."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import transaction

from liandong.audit.by import By
from liandong.exchange.messages import Asked
from liandong.intake import actions as intake
from liandong.intake.actions.accept import Outcome, key_outcome
from liandong.intake.models import AcceptedKey, Order
from liandong.intake.numbering import LINKAGE
from liandong.intake.queries import access_matter, access_order, own_order
from liandong.kernel import clock
from liandong.kernel.errors import NotFound
from liandong.kernel.ids import parse
from liandong.transfer import actions as transfer


@transaction.atomic
def enter(*, by: By, asked: Asked) -> Outcome:
    """Take one order with everything it asks for, or nothing of it. Raises what the actions raise."""
    before = key_outcome(asked.key) if asked.key.key else None
    if before is not None:
        return before
    if asked.message.get("relation") == "urge":
        answer = _urge(by, asked)
        _keep_answer(asked, answer)
        return Outcome(answer)
    answer = dict(intake.accept_order(by=by, incoming=asked.incoming, key=asked.key))
    if asked.message.get("related"):
        earlier = _related(by, asked.message["related"])
        intake.link(by=by, number=answer["order_number"], other=earlier.number)
        answer["linked_to"] = earlier.number
    answer.update(_hand_over(by, asked, answer["linkage_number"]))
    if asked.key.key:
        AcceptedKey.objects.filter(system=asked.key.system, key=asked.key.key).update(answer=_text(answer))
    return Outcome(answer)


def _urge(by: By, asked: Asked) -> dict[str, Any]:
    """An urge attaches to its order and makes no new one."""
    order = _related(by, asked.message["related"])
    intake.urge(by=by, number=order.number, text=asked.incoming.content)
    return {
        "linkage_number": order.matter.number,
        "order_number": order.number,
        "accepted_at": clock.now().isoformat(),
        "urged": True,
    }


def _related(by: By, number: str) -> Order:
    """The own desk's order the number speaks of: an order number, or the linkage number of its matter."""
    if parse(number).kind != LINKAGE:
        return access_order(by, number)
    order = own_order(access_matter(by, number).pk, by.party)
    if order is None:
        raise NotFound(field="/related")
    return order


def _hand_over(by: By, asked: Asked, linkage_number: str) -> dict[str, str]:
    """Danger first (S3.4): its transfer is on the way before the answer is."""
    found: dict[str, str] = {}
    matter = access_matter(by, linkage_number)
    danger, wish = asked.message.get("danger"), asked.message.get("handover")
    if danger or asked.incoming.urgency == "danger":
        signal = danger["signal"] if danger else asked.incoming.title
        raised = transfer.raise_danger(by=by, matter_id=matter.pk, signal=signal)
        if raised is not None:
            found["danger_transfer"] = raised.number
    if wish:
        body = {name: wish[name] for name in ("reason", "list_item", "basis") if wish.get(name)}
        made = transfer.offer_for(by=by, matter_id=matter.pk, kind=wish["kind"], target=wish["to"], body=body)
        found["transfer"] = made.number
    return found


def _keep_answer(asked: Asked, answer: dict[str, Any]) -> None:
    if asked.key.key:
        AcceptedKey.objects.create(
            system=asked.key.system,
            key=asked.key.key,
            body_hash=asked.key.body_hash,
            answer=_text(answer),
            at=clock.now(),
        )


def _text(answer: dict[str, Any]) -> str:
    return orjson.dumps(answer).decode()
