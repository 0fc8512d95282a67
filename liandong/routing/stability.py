"""Leads that concern stability (S3.6): gatherings in the making, threats, rumours, cults, pressure over wages. Pure.

A lead is not a danger: it goes to the city's 110 by its own channel, beside whatever is decided about the matter.
"""

from __future__ import annotations

from liandong.routing import leads
from liandong.routing.rulebook import LEXICON, read
from liandong.routing.situations import Situations, rules, weigh
from liandong.routing.verdicts import Note, Verdict

RULES = tuple(rules(leads.RULES, LEXICON))
_SITUATIONS = Situations(RULES, LEXICON)


def lead(note: Note) -> Verdict:
    """Whether the note is a lead for the police, how sure (0..1), and by which rules."""
    return weigh(_SITUATIONS.recognise(read(note.text)), "stability", callers=note.callers)
