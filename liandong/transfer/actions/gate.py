"""The danger gate at work (S3.4): whatever way an order came in, one that tells of a danger goes to 110 by itself.

What the gate sends runs beside the order, whose desk goes on being responsible: nobody at the desk has said that this
is the other's matter, and a danger cannot be refused. So a false alarm takes the matter from nobody (ADR 0019).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction

from liandong.audit.by import By, gate_of
from liandong.identity.queries import desk as desk_row
from liandong.identity.queries import is_here
from liandong.intake.accepting import Incoming, Settled
from liandong.intake.actions import lock_matter, mark_problem
from liandong.intake.models import Order
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
from liandong.transfer.actions.offers import raise_danger
from liandong.transfer.models import Transfer

log = logging.getLogger(__name__)

# Whose orders the gate sends on: the linked hotlines for emergencies are themselves who comes.
GUARDED = frozenset({"city_12345"})
LONGEST_TITLE, MOST_WORDS = 100, 3
TOLD_THE_CALLER = "受理时已告知来电人："
ENDED_IN_THE_CALL = "来电内容命中险情规则，但已在来电中办结，请核实"


def judge_accepted(fact: Told) -> None:
    """The reaction: keep what is suggested for a new order, and send a danger on its way. Safe to repeat."""
    order = unjudged(fact.payload["order"])
    if order is not None and (found := routing.judged(order)) is not None:
        send_danger(order, found)


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
            return send_danger(order, found) if found is not None else None
    except Exception:  # whatever it is, the order stands and the reaction tries again
        log.exception("%s could not be judged while it was accepted", number)
        return None


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
        by=gate, matter_id=matter.pk, signal=signal_of(order, found), list_item=_item(found), beside=True
    )


def signal_of(order: Order, found: Decided) -> str:
    """The line 110 reads: what the order is about, and which rule held by which words."""
    rule: Mapping[str, Any] = next((one for one in found.reasons if one["kind"] == "danger"), {})
    words = "、".join(word.strip("，。；！？、 ") for word in rule.get("words", ())[:MOST_WORDS])
    because = f"，依据“{words}”" if words else ""
    ruled = f"（险情规则{rule['rule']}：{rule['text']}{because}）" if rule else ""
    return f"{order.title[:LONGEST_TITLE]}{ruled}"


def _item(found: Decided) -> str:
    """The item for dangers the note is about, as the list in force has it."""
    known = {item.code for item in items_in_force(clock.now()) if item.kind == "danger"}
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
