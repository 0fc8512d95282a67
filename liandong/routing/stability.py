"""Leads that concern stability (S3.6): gatherings in the making, threats, rumours, cults, pressure over wages. Pure.

A lead is not a danger: it goes to the city's 110 by its own channel, beside whatever is decided about the matter.
"""

from __future__ import annotations

from collections.abc import Callable

from liandong.routing import leads
from liandong.routing.mixing import Gate, Hearing, Score, mixed
from liandong.routing.rulebook import LEXICON, read
from liandong.routing.situations import Situations, rules, weigh
from liandong.routing.verdicts import Note, Verdict

RULES = tuple(rules(leads.RULES, LEXICON))
_SITUATIONS = Situations(RULES, LEXICON)
GATE = Gate(
    "stability", "L99", "S3.6", "说法与涉稳线索相近（学习评分 {score:.2f}），没有单独一条规则认定，请核实", "涉稳线索"
)


def lead(note: Note, learned: Score | None = None, bars: Hearing = Hearing()) -> Verdict:  # noqa: B008 - frozen
    """Whether the note is a lead for the police, how sure (0..1), and why: the rules and the learned score together."""
    ruled = weigh(_SITUATIONS.recognise(read(note.text)), GATE.kind, callers=note.callers)
    return mixed(note, ruled, learned, bars, GATE)


def listener(learned: Score | None, bars: Hearing) -> Callable[[Note], Verdict]:
    """`lead` with a city's learned score and bars."""
    return lambda note: lead(note, learned, bars)
