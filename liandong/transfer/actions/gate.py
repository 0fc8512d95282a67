"""The gates at work (S3.4, S3.6): whatever way an order came in, one that tells of a danger goes to 110 by itself, and
so does, by its own channel, a lead that is sure enough.

What a gate sends runs beside the order, whose desk goes on being responsible: nobody at the desk has said that this
is the other's matter, and a danger cannot be refused. So a false alarm takes the matter from nobody (ADR 0019, 0024).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction

from liandong.audit.by import By, gate_of, leads_of
from liandong.identity.models import Desk
from liandong.identity.queries import desk as desk_row
from liandong.identity.queries import is_here
from liandong.intake.accepting import Incoming, Settled
from liandong.intake.actions import lock_matter, mark_problem
from liandong.intake.errors import ParameterMissing
from liandong.intake.models import Matter, Order
from liandong.intake.queries import own_order, rulebook
from liandong.kernel import clock
from liandong.kernel.outbox import Told
from liandong.routing import actions as routing
from liandong.routing.actions import Chosen
from liandong.routing.decision import decide
from liandong.routing.errors import NoListInForce
from liandong.routing.models import Decided
from liandong.routing.queries import county, engine_in_force, items_in_force, unjudged
from liandong.routing.verdicts import Note, told
from liandong.transfer.actions.notes import write_note
from liandong.transfer.actions.offers import offer_for, raise_danger
from liandong.transfer.models import Transfer

log = logging.getLogger(__name__)

# Whose orders the gate sends on: the linked hotlines for emergencies are themselves who comes.
GUARDED = frozenset({"city_12345"})
LONGEST_TITLE, MOST_WORDS = 100, 3
TOLD_THE_CALLER = "受理时已告知来电人："
ENDED_IN_THE_CALL = "来电内容命中险情规则，但已在来电中办结，请核实"
LEAD_ENDED = "来电内容命中涉稳线索规则，但已在来电中办结，请核实"
RULES = {"danger": "险情规则", "stability": "涉稳规则", "escalation": "升级规则"}


def judge_accepted(fact: Told) -> None:
    """The reaction: keep what is suggested for a new order, and send a danger on its way. Safe to repeat."""
    order = unjudged(fact.payload["order"])
    if order is not None and (found := routing.judged(order)) is not None:
        send(order, found)


@transaction.atomic
def judge_call(by: By, number: str, chosen: Chosen) -> Transfer | None:
    """The same while the call-taker looks on. Returns the danger that went out by it, None where none did.

    An acceptance never fails by it: what could not be judged now, the reaction judges within the second.
    """
    order = unjudged(number)
    if order is None:
        return None
    try:
        with transaction.atomic():
            found = routing.judged_in_front_of(by=by, order=order, chosen=chosen)
            return send(order, found) if found is not None else None
    except Exception:  # whatever it is, the order stands and the reaction tries again
        log.exception("%s could not be judged while it was accepted", number)
        return None


def send(order: Order, found: Decided) -> Transfer | None:
    """What the gates saw goes on its way, danger first. Returns the danger."""
    raised = send_danger(order, found)
    send_lead(order, found)
    return raised


def send_danger(order: Order, found: Decided) -> Transfer | None:
    """Hand the danger the gate saw to 110, unless somebody has, and cite the rule and the item it rests on."""
    if not found.output["danger"] or desk_row(order.desk).kind not in GUARDED or not is_here(order.desk):
        return None
    matter = lock_matter(order.matter_id)
    if Transfer.objects.filter(matter=matter, kind="danger").exists():
        return None
    gate = gate_of(order.desk)
    if matter.state == "closed":
        mark_problem(by=gate, matter=matter, why=ENDED_IN_THE_CALL)
        return None
    return raise_danger(
        by=gate,
        matter_id=matter.pk,
        signal=signal_of(order.title, found.reasons, "danger"),
        list_item=_item(found, "danger"),
        beside=True,
    )


def send_lead(order: Order, found: Decided) -> Transfer | None:
    """The same for a lead, as a clue: once in a matter, and never where a person has sent one, or taken one back."""
    sure = found.output["lead"] and goes_by_itself(found.output["lead_sure"])
    if not sure or desk_row(order.desk).kind not in GUARDED or not is_here(order.desk):
        return None
    matter = lock_matter(order.matter_id)
    signal = signal_of(order.title, found.reasons, "stability")
    return clue_beside(matter, order.desk, signal, LEAD_ENDED, list_item=_item(found, "clue"))


def clue_beside(matter: Matter, desk: str, signal: str, ended: str, *, list_item: str = "") -> Transfer | None:
    """A clue in the name of the desk's gate; `ended` tells supervision of a matter that is closed. It is locked."""
    if Transfer.objects.filter(matter=matter, kind="clue").exists():
        return None
    gate = leads_of(desk)
    if matter.state == "closed":
        mark_problem(by=gate, matter=matter, why=ended)
        return None
    own = own_order(matter.pk, desk)
    if own is None or own.closed_at is not None:
        return None
    body = {"signal": signal, **({"list_item": list_item} if list_item else {})}
    police = Desk.objects.get(kind=Desk.Kind.CITY_110)
    return offer_for(by=gate, matter_id=matter.pk, kind="clue", target=police.code, body=body)


def goes_by_itself(sure: float) -> bool:
    """Whether a lead so sure goes to 110 without a person in front; where no bar is set none does (ADR 0024)."""
    try:
        return sure >= rulebook().parameter("routing_lead_sends", clock.now())
    except ParameterMissing:
        return False


def signal_of(about: str, reasons: Sequence[Mapping[str, Any]], *kinds: str) -> str:
    """The line 110 reads: what it is about, and which rule held by which words."""
    rule: Mapping[str, Any] = next((one for one in reasons if one["kind"] in kinds), {})
    words = "、".join(word.strip("，。；！？、 ") for word in rule.get("words", ())[:MOST_WORDS])
    because = f"，依据“{words}”" if words else ""
    ruled = f"（{RULES[rule['kind']]}{rule['rule']}：{rule['text']}{because}）" if rule else ""
    return f"{about[:LONGEST_TITLE]}{ruled}"


def _item(found: Decided, kind: str) -> str:
    """The item of the kind the note is about, as the list in force has it."""
    known = {item.code for item in items_in_force(clock.now()) if item.kind == kind}
    return found.item if found.item in known else ""


def not_settled(incoming: Incoming) -> tuple[Incoming, Settled | None]:
    """A danger does not end within the call: the order without its ending, and the ending that was meant."""
    settled = incoming.settled
    if settled is None:
        return incoming, None
    try:
        engine = engine_in_force(clock.now())
    except NoListInForce:
        return incoming, None
    note = Note(told(incoming.title, incoming.content), division=county(incoming.division))
    if not decide(note, engine).danger:
        return incoming, None
    return replace(incoming, settled=None), settled


def keep_words(by: By, danger: Transfer, settled: Settled) -> None:
    """What the caller was told stands as a note on the danger, so that both desks read it."""
    danger.matter = lock_matter(danger.matter_id)
    write_note(by, danger, "supplement", {"text": f"{TOLD_THE_CALLER}{settled.text}"[:1000]})
