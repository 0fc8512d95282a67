"""Escalation in handling at work (S3.7): what a desk notes or answers while it handles a matter is read, and where it
has got out of hand 110 is told, without a step of anybody in front.

It is a danger like the gate's, beside everything that runs, cited in the same way; what tells of nothing but a lead
goes as a clue (S3.6). Nobody at 110 is told by it of what 110 itself wrote, and no matter is told of twice (ADR 0024).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.db import transaction

from liandong.audit.by import gate_of
from liandong.identity.models import Desk
from liandong.identity.queries import desk as desk_row
from liandong.identity.queries import is_here
from liandong.intake.actions import lock_matter, mark_problem
from liandong.intake.models import Order
from liandong.intake.queries import own_order
from liandong.kernel import clock
from liandong.kernel.errors import NotFound
from liandong.kernel.outbox import Told, announce
from liandong.routing.decision import Engine, decide
from liandong.routing.errors import NoListInForce
from liandong.routing.escalation import GATE
from liandong.routing.queries import engine_in_force, note_of
from liandong.routing.verdicts import Verdict
from liandong.transfer.actions.gate import GUARDED, clue_beside, goes_by_itself, signal_of
from liandong.transfer.actions.offers import raise_danger
from liandong.transfer.facts import UNJUDGED
from liandong.transfer.models import NoteRow, Transfer
from liandong.transfer.states import KINDS

log = logging.getLogger(__name__)

# The notes that tell how a matter is handled. An urge, a position, a ruling are words between the desks.
TELLING = frozenset({"progress", "arrival", "supplement", "call_record"})
POLICE = frozenset({Desk.Kind.CITY_110.value, Desk.Kind.COUNTY_110.value})
# Whose handling is read: a linked hotline's too, except the dangers it has been called to.
READ = GUARDED | {Desk.Kind.HOTLINE.value}
LONGEST_NOTE, NOTED = 80, "办理记录："
ENDED = "办理记录命中险情规则，但事项已办结，请核实"
LEAD_ENDED = "办理记录命中涉稳线索规则，但事项已办结，请核实"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote about a matter while it was handled. `parties`: who else of the hand-over may tell 110.

    `closed`: it was said among those who need to know, and is not told to others in its own words.
    """

    matter: int
    author: str
    text: str
    parties: tuple[str, ...] = ()
    closed: bool = False


def judge_noted(fact: Told) -> None:
    """The reaction to a note. Safe to repeat."""
    if fact.payload["kind"] in TELLING:
        _attempt(fact)


def judge_answered(fact: Told) -> None:
    """The reaction to an answer or to a feedback of a hand-over. Safe to repeat."""
    _attempt(fact)


def judge_again(fact: Told) -> None:
    """What failed, tried again until it is judged or set aside in front of a person."""
    said = _SAID[fact.payload["of"]](fact)
    if said is not None:
        judge(said)


def _attempt(fact: Told) -> None:
    """Judge, so that nothing else that follows the same fact ever waits for what goes wrong here.

    A failure becomes a fact of its own, which is tried again and shows its trouble.
    """
    try:
        with transaction.atomic():
            said = _SAID[fact.kind](fact)
            if said is not None:
                judge(said)
    except Exception:
        log.exception("what fact %s tells of handling could not be judged", fact.id)
        with transaction.atomic():
            announce(UNJUDGED, of=fact.kind, **fact.payload)


def _of_note(fact: Told) -> Said | None:
    note = NoteRow.objects.select_related("transfer").get(pk=fact.payload["note"])
    row = note.transfer
    return Said(
        row.matter_id,
        note.author,
        str(note.body.get("text") or ""),
        (row.target, row.origin),
        bool(KINDS[row.kind].needs),
    )


def _of_conclusion(fact: Told) -> Said | None:
    row = Transfer.objects.get(number=fact.payload["transfer"])
    step = row.steps.filter(verb="conclude").order_by("-seq")[0]
    if step.body.get("passed_from"):
        return None  # it was read where it was written
    text = str(step.body.get("text") or "")
    return Said(row.matter_id, step.author, text, (row.origin,), bool(KINDS[row.kind].needs))


def _of_answer(fact: Told) -> Said | None:
    order = Order.objects.get(number=fact.payload["order"])
    return Said(order.matter_id, order.desk, order.answer)


_SAID: dict[str, Callable[[Told], Said | None]] = {
    "transfer.noted": _of_note,
    "transfer.conclude": _of_conclusion,
    "order.answered": _of_answer,
}


def judge(said: Said) -> None:
    """Tell 110 what the words tell, danger first, unless somebody has, or it is 110's own word."""
    if not said.text.strip() or _kind(said.author) in POLICE:
        return
    try:
        engine = engine_in_force(clock.now())
    except NoListInForce:
        return
    found = engine.escalated(said.text)
    if not found.holds:
        return
    # A linked hotline's everyday work sounds like a danger to a score that was taught by the notes of offices: repair
    # crews, gas, houses. Of its notes only what a rule names is believed.
    heard = [one for one in found.reasons if one.rule != GATE.number or _kind(said.author) != Desk.Kind.HOTLINE]
    kinds = {reason.kind for reason in heard}
    if "escalation" in kinds or ("danger" in kinds and not _called_to_it(said, engine)):
        _danger(said, found)
    elif "stability" in kinds and goes_by_itself(found.score):
        _clue(said, found)


def _called_to_it(said: Said, engine: Engine) -> bool:
    """Whether the order of a linked hotline told of a danger from the beginning: then it is itself who comes."""
    order = own_order(said.matter, said.author) if _kind(said.author) == Desk.Kind.HOTLINE else None
    return order is not None and decide(note_of(order), engine).danger


def _danger(said: Said, found: Verdict) -> Transfer | None:
    """The danger that went out; None where there is or was one, and where nobody here has an order open."""
    matter = lock_matter(said.matter)
    if Transfer.objects.filter(matter=matter, kind="danger").exists():
        return None
    if matter.state == "closed":
        if is_here(matter.first_desk):
            mark_problem(by=gate_of(matter.first_desk), matter=matter, why=ENDED)
        return None
    order = _teller(said, READ)
    if order is None or not is_here(order.desk):
        return None
    signal = _signal(said, order, found, "escalation", "danger")
    return raise_danger(by=gate_of(order.desk), matter_id=matter.pk, signal=signal, beside=True)


def _clue(said: Said, found: Verdict) -> Transfer | None:
    """The clue that went out, in the name of 12345, which alone has that channel."""
    matter = lock_matter(said.matter)
    order = _teller(said, GUARDED)
    desk = order.desk if order is not None else matter.first_desk
    if not is_here(desk) or _kind(desk) not in GUARDED:
        return None
    about = order.title if order is not None else ""
    reasons = [asdict(one) for one in found.reasons]
    return clue_beside(matter, desk, f"{signal_of(about, reasons, 'stability')}{_words(said)}", LEAD_ENDED)


def _teller(said: Said, kinds: frozenset[str]) -> Order | None:
    """The order in whose name 110 is told: the writer's own, else the hand-over's other desk's; one that is open.

    The same at every node, so that of two that hear of a note one acts.
    """
    for desk in dict.fromkeys((said.author, *said.parties)):
        order = own_order(said.matter, desk) if _kind(desk) in kinds else None
        if order is not None and order.closed_at is None:
            return order
    return None


def _signal(said: Said, order: Order, found: Verdict, *kinds: str) -> str:
    reasons = [asdict(one) for one in found.reasons]
    if said.closed:
        reasons = [{**one, "words": ()} for one in reasons]
    return f"{signal_of(order.title, reasons, *kinds)}{'' if said.closed else _words(said)}"


def _words(said: Said) -> str:
    text = said.text.strip()
    return f"。{NOTED}{text if len(text) <= LONGEST_NOTE else f'{text[:LONGEST_NOTE]}…'}"


def _kind(party: str) -> str:
    """The kind of the desk; empty for a unit."""
    try:
        return desk_row(party).kind
    except NotFound:
        return ""
