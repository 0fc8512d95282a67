"""Writes of the hand-over: offer, take a step, write a note. Each file is one thought."""

from liandong.transfer.actions.alarms import acknowledge
from liandong.transfer.actions.arrivals import HandOver, accept_and_hand, hand_new
from liandong.transfer.actions.calls import accept_call, urge_by_call
from liandong.transfer.actions.drafts import discard_draft, draft_ran_out, keep_draft
from liandong.transfer.actions.foreign import keep_foreign_note, take_foreign_step
from liandong.transfer.actions.notes import add_note
from liandong.transfer.actions.offers import offer, offer_for, raise_danger, relay_onward
from liandong.transfer.actions.onbehalf import Scan, note_on_behalf, note_paper_answer, offer_on_behalf, step_on_behalf
from liandong.transfer.actions.steps import take_step

__all__ = [
    "HandOver",
    "Scan",
    "accept_and_hand",
    "accept_call",
    "acknowledge",
    "add_note",
    "discard_draft",
    "draft_ran_out",
    "hand_new",
    "keep_draft",
    "keep_foreign_note",
    "note_on_behalf",
    "note_paper_answer",
    "offer",
    "offer_for",
    "offer_on_behalf",
    "raise_danger",
    "relay_onward",
    "step_on_behalf",
    "take_foreign_step",
    "take_step",
    "urge_by_call",
]
