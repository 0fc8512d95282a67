"""Rules and a learned score put together to one verdict, the same way for danger, leads and escalation. Pure.

From which score on what holds are dated rows of the city (`routing_danger_alone` …): one for a score that stands alone,
a lower one for a score beside a rule, a higher one for a long account. Whoever tells much names much: each part of a
text is another chance to sound like something, so the bar rises from part to part.

Nothing is taken back silently: a rule that the score holds back stays in the verdict as a reason of kind `held`, with
what spoke against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from liandong.routing.rulebook import read
from liandong.routing.situations import ENOUGH
from liandong.routing.traits import parts
from liandong.routing.verdicts import HELD, Note, Reason, Verdict

Score = Callable[[str], float]
# A verdict that does not hold stays under what holds.
_BELOW = ENOUGH - 0.01


@runtime_checkable
class Spoken(Protocol):
    """A learned score that can say which words weighed most. Only such a one may hold back a rule."""

    def __call__(self, text: str) -> float: ...

    def words(self, text: str, most: int = 4, *, against: bool = False) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Hearing:
    """From which score on it holds: alone, beside a rule, alone in an account of `long` parts (a rule: `alone`)."""

    alone: float = 0.5
    ruled: float = 0.25
    account: float = 0.95
    long: float = 3

    @classmethod
    def of(cls, held: Mapping[str, float], what: str) -> Hearing:
        """The rows `routing_<what>_alone`, `_ruled` and `_account` that hold, and `routing_long_parts`."""
        usual = cls()
        return cls(
            held.get(f"routing_{what}_alone", usual.alone),
            held.get(f"routing_{what}_ruled", usual.ruled),
            held.get(f"routing_{what}_account", usual.account),
            held.get("routing_long_parts", usual.long),
        )

    def asked(self, parts: int, *, ruled: bool) -> float:
        """What a text of so many parts must reach."""
        least, most = (self.ruled, self.alone) if ruled else (self.alone, self.account)
        return least + (most - least) * min(1.0, (parts - 1) / max(self.long - 1, 1))


@dataclass(frozen=True, slots=True)
class Gate:
    """What a gate calls itself: the kind of its reasons, the number of the learned score, the clause, the words."""

    kind: str
    number: str
    clause: str
    sounds: str  # for the score alone; {score} is what it said
    name: str  # 险情


def mixed(note: Note, ruled: Verdict, learned: Score | None, bars: Hearing, gate: Gate) -> Verdict:
    """The verdict of the rules, changed by what the learned score says about the note."""
    if learned is None or not note.text.strip():
        return ruled
    heard, reading = learned(note.text), read(note.text)
    asked = bars.asked(len(parts(reading)), ruled=ruled.holds)
    if ruled.holds:
        # Several callers of one thing are no figure of speech.
        if heard >= asked or note.callers > 1 or not isinstance(learned, Spoken):
            return ruled
        return _held(ruled, learned.words(note.text, against=True), heard, asked, gate)
    if heard < asked or (heard < bars.account and not _chinese(reading.text)):
        return Verdict(False, round(max(ruled.score, heard * _BELOW), 3), ruled.reasons)
    words = learned.words(note.text) if isinstance(learned, Spoken) else ()
    reason = Reason(gate.kind, gate.number, gate.sounds.format(score=heard), words, gate.clause)
    return Verdict(True, round(max(ruled.score, heard, ENOUGH), 3), (reason, *ruled.reasons))


def _chinese(text: str) -> bool:
    """Whether at least half of what is not space or sign is Chinese: of other languages the score was taught little."""
    told = [sign for sign in text if sign.isalnum()]
    return 2 * sum("\u4e00" <= sign <= "\u9fff" for sign in told) >= len(told)


def _held(ruled: Verdict, against: tuple[str, ...], heard: float, asked: float, gate: Gate) -> Verdict:
    because = f"，因文中“{'、'.join(against)}”更像其他来电" if against else ""
    told = f"未按{gate.name}处理{because}（学习评分{heard:.2f}，低于{asked:.2f}）"
    reasons = tuple(Reason(HELD, one.rule, f"{one.text}：{told}", one.words, one.clause) for one in ruled.reasons)
    return Verdict(False, _BELOW, reasons)
