"""Escalation in handling (S3.7): a unit's progress note tells that it has got out of hand, or of a crime. Pure.

What is a danger or a lead in any note is one in a progress note as well, and is said with the same reason.
"""

from __future__ import annotations

from liandong.routing import escalations
from liandong.routing.danger import danger
from liandong.routing.rulebook import LEXICON, read
from liandong.routing.situations import Situations, rules, weigh
from liandong.routing.stability import lead
from liandong.routing.verdicts import Note, Verdict

RULES = tuple(rules(escalations.RULES, LEXICON))
_SITUATIONS = Situations(RULES, LEXICON)


def escalated(text: str) -> Verdict:
    """Whether the unit should get 110 to the scene, how sure (0..1), and by which rules."""
    own = weigh(_SITUATIONS.recognise(read(text)), "escalation")
    others = [verdict for verdict in (danger(Note(text)), lead(Note(text))) if verdict.holds]
    return Verdict(
        own.holds or bool(others),
        max(own.score, *(verdict.score for verdict in others), 0.0) if others else own.score,
        own.reasons + tuple(reason for verdict in others for reason in verdict.reasons),
    )
