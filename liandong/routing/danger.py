"""The danger gate (S3.4): does a note tell of a danger that 110 must be sent to now? Pure.

Rules decide alone on yes. The learned score can only add a danger, never take one away; it has to be surer where the
note also says that it is over, long ago, asked about or not real.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from liandong.routing import (
    dangers_control,
    dangers_fire,
    dangers_lives,
    dangers_places,
    dangers_roads,
    dangers_signs,
    dangers_violence,
)
from liandong.routing.context import OVER, Reading
from liandong.routing.rulebook import LEXICON, read
from liandong.routing.situations import ENOUGH, Rule, Situations, rules, weigh
from liandong.routing.verdicts import Note, Reason, Verdict

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

# What the learned score must reach to add a danger: in a plain note, with half a rule beside it, in a note that also
# says something that makes it doubtful, and in a long account.
LEARNED, LEARNED_WITH_RULE, LEARNED_DOUBTFUL, LEARNED_ACCOUNT = 0.62, 0.5, 0.9, 0.97
_HALF_A_RULE = 0.3
# Longer texts are petitions; the learned score knows notes.
HEARD_UP_TO = 600
# A score that adds nothing stays under what holds.
_UNHEARD = ENOUGH - 0.01
_DOUBTS = ("询政", "建议", "请教", "过去", "传闻", "演练", "影视", "假设", "担忧", "常态")


@runtime_checkable
class Spoken(Protocol):
    """A learned score that can say which words weighed most."""

    def __call__(self, text: str) -> float: ...

    def words(self, text: str) -> tuple[str, ...]: ...


def danger(note: Note, learned: Callable[[str], float] | None = None) -> Verdict:
    """Whether the note tells of a danger, how sure (0..1), and why: rules first, then the learned score."""
    reading = read(note.text)
    ruled = weigh(_SITUATIONS.recognise(reading), "danger", callers=note.callers)
    if learned is None or ruled.holds or len(reading.text) > HEARD_UP_TO:
        return ruled
    heard = learned(note.text)
    if heard < _asked_for(reading, ruled.score):
        return Verdict(False, round(max(ruled.score, heard * _UNHEARD), 3), ruled.reasons)
    words = learned.words(note.text) if isinstance(learned, Spoken) else ()
    said = f"说法与险情来电相近（学习评分 {heard:.2f}），没有单独一条规则认定，先派警再核实"
    reason = Reason("danger", "D99", said, words, "S3.4")
    return Verdict(True, round(max(ruled.score, heard), 3), (reason, *ruled.reasons))


def _asked_for(reading: Reading, score: float) -> float:
    """How sure the learned score has to be about this note."""
    if reading.account:
        return LEARNED_ACCOUNT
    if reading.settled >= 0 or any(reading.of(name) for name in (*_DOUBTS, *OVER)):
        return LEARNED_DOUBTFUL
    return LEARNED_WITH_RULE if score >= _HALF_A_RULE else LEARNED


def gate(score: Callable[[str], float]) -> Callable[..., Verdict]:
    """`danger` with this city's learned score, whatever other score the caller hands in."""

    def ask(note: Note, learned: Callable[[str], float] | None = None) -> Verdict:
        return danger(note, score)

    return ask
