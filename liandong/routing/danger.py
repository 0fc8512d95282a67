"""The danger gate (S3.4): does a note tell of a danger that 110 must be sent to now? Pure.

Rules and a learned score decide together (`mixing`): the score can add a danger that no rule knows, and hold back a
rule where the note sounds like everything but one; the rule stays in the verdict, with what spoke against it.
"""

from __future__ import annotations

from collections.abc import Callable

from liandong.routing import (
    dangers_control,
    dangers_fire,
    dangers_lives,
    dangers_places,
    dangers_roads,
    dangers_signs,
    dangers_violence,
)
from liandong.routing.mixing import Gate, Hearing, Score, mixed
from liandong.routing.rulebook import LEXICON, read
from liandong.routing.situations import Rule, Situations, rules, weigh
from liandong.routing.verdicts import Note, Verdict

_TABLES = (
    dangers_fire.RULES,
    dangers_places.RULES,
    dangers_lives.RULES,
    dangers_violence.RULES,
    dangers_control.RULES,
    dangers_roads.RULES,
    dangers_signs.RULES,
)
RULES: tuple[Rule, ...] = tuple(rules("\n".join(_TABLES), LEXICON))
_SITUATIONS = Situations(RULES, LEXICON)

GATE = Gate(
    "danger", "D99", "S3.4", "说法与险情来电相近（学习评分 {score:.2f}），没有单独一条规则认定，先派警再核实", "险情"
)
Asked = Callable[..., Verdict]


def danger(note: Note, learned: Score | None = None, bars: Hearing = Hearing()) -> Verdict:  # noqa: B008 - frozen
    """Whether the note tells of a danger, how sure (0..1), and why: the rules and the learned score together."""
    ruled = weigh(_SITUATIONS.recognise(read(note.text)), GATE.kind, callers=note.callers)
    return mixed(note, ruled, learned, bars, GATE)


def barred(bars: Hearing) -> Asked:
    """`danger` with the bars of a city."""

    def ask(note: Note, learned: Score | None = None) -> Verdict:
        return danger(note, learned, bars)

    return ask


def gate(score: Score, bars: Hearing = Hearing()) -> Asked:  # noqa: B008 - frozen
    """`danger` with this city's learned score, whatever other score the caller hands in."""

    def ask(note: Note, learned: Score | None = None) -> Verdict:
        return danger(note, score, bars)

    return ask
