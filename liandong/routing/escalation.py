"""Escalation in handling (S3.7): a unit's progress note tells that it has got out of hand, or of a crime. Pure.

What is a danger or a lead in any note is one in a progress note as well, and is said with the same reason.
"""

from __future__ import annotations

from collections.abc import Callable

from liandong.routing import escalations
from liandong.routing.danger import danger
from liandong.routing.mixing import Gate, Hearing, Score, mixed
from liandong.routing.rulebook import LEXICON, read
from liandong.routing.situations import Situations, rules, weigh
from liandong.routing.stability import lead
from liandong.routing.verdicts import Note, Verdict

RULES = tuple(rules(escalations.RULES, LEXICON))
_SITUATIONS = Situations(RULES, LEXICON)
Asked = Callable[[str], Verdict]
GATE = Gate(
    "escalation",
    "E99",
    "S3.7",
    "说法与处理中升级的记录相近（学习评分 {score:.2f}），没有单独一条规则认定，请核实",
    "升级",
)


def escalated(text: str, learned: Score | None = None, bars: Hearing = Hearing()) -> Verdict:  # noqa: B008 - frozen
    """Whether the unit should get 110 to the scene, how sure (0..1), and why.

    The rules of danger and of leads count as well. The learned score of escalation speaks for all of them.
    """
    asked = Note(text)
    own = weigh(_SITUATIONS.recognise(read(text)), GATE.kind)
    others = [verdict for verdict in (danger(asked), lead(asked)) if verdict.holds]
    ruled = Verdict(
        own.holds or bool(others),
        max(own.score, *(verdict.score for verdict in others), 0.0) if others else own.score,
        # A trace that does not hold by itself is no reason beside one that does.
        (own.reasons if own.holds or not others else ())
        + tuple(reason for verdict in others for reason in verdict.reasons),
    )
    return mixed(asked, ruled, learned, bars, GATE)


def listener(learned: Score | None, bars: Hearing) -> Asked:
    """`escalated` with a city's learned score and bars."""
    return lambda text: escalated(text, learned, bars)
