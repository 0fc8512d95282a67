"""THE table: fact → what follows. A fact nobody follows stands here with an empty row, so that it was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from liandong.intake import facts as intake
from liandong.kernel.live import Message
from liandong.kernel.outbox import Gathered, Reaction, Told
from liandong.peers.actions import post
from liandong.routing import facts as routing
from liandong.transfer import facts as transfer
from liandong.transfer.actions import gate, handling, passing

_FOLLOWS: dict[str, tuple[Reaction, ...]] = {
    intake.ORDER_ACCEPTED: (passing.raise_accepted_danger, gate.judge_accepted),
    intake.ORDER_ANSWERED: (handling.judge_answered,),
    intake.ORDER_CLOSED: (),
    intake.ORDER_OVERDUE: (),
    intake.ORDER_URGED: (),
    intake.DOCUMENT_ADDED: (),
    intake.DOCUMENT_TAKEN_DOWN: (),
    intake.ORDER_MOVED: (),
    intake.ORDER_MIRRORED: (),
    intake.MATTER_CLOSED: (),
    intake.MATTER_PROBLEM: (),
    routing.LIST_MOVED: (),
    routing.MODEL_MOVED: (),
    routing.CORRECTION_MOVED: (),
    "transfer.offer": (passing.release_heard_late,),
    "transfer.open": (),
    "transfer.accept": (),
    "transfer.refuse": (),
    "transfer.refuse_at_limit": (),
    "transfer.release": (),
    "transfer.take_back": (),
    "transfer.contest": (),
    "transfer.offer_again": (passing.release_heard_late,),
    "transfer.award": (),
    "transfer.award_jointly": (),
    "transfer.settle": (),
    "transfer.fall_back": (),
    "transfer.conclude": (passing.pass_conclusion_up, handling.judge_answered),
    "transfer.hand_back": (),
    "transfer.hand_back_at_limit": (),
    "transfer.confirm": (passing.pass_confirmation_down,),
    "transfer.not_solved": (passing.pass_rework_down,),
    transfer.NOTED: (passing.release_withdrawn, handling.judge_noted),
    transfer.UNANSWERED: (),
    transfer.OVERDUE: (),
    transfer.ACKNOWLEDGED: (),
    transfer.UNJUDGED: (handling.judge_again,),
}

# Whatever happens to a matter, the other nodes of its circle hear of it.
_SHARED = frozenset((*intake.FACTS, *transfer.FACTS)) - {transfer.UNJUDGED}
# Once for all facts of a batch: several of them may speak of one matter, and what is locked is locked in one order.
_TO_PEERS = Gathered(post)
REACTIONS: dict[str, tuple[Reaction, ...]] = {
    kind: (*reactions, _TO_PEERS) if kind in _SHARED else reactions for kind, reactions in _FOLLOWS.items()
}

# What open screens hear of a fact, beside what follows from it.
_FOR_SCREENS: dict[str, Callable[[str, Mapping[str, Any]], Message | None]] = {
    **dict.fromkeys(intake.FACTS, intake.for_screens),
    **dict.fromkeys(routing.FACTS, routing.for_screens),
    **dict.fromkeys(transfer.FACTS, transfer.for_screens),
}


def tell(told: Told) -> Message | None:
    """The message for open screens, None where there is nothing to hear. Raises KeyError for a fact nobody knows."""
    return _FOR_SCREENS[told.kind](told.kind, told.payload)
