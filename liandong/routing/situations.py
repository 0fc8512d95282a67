"""Situations: who or what × what happens × how it is meant, as a table of rules over the slots of a reading. Pure.

A rule table is text. A line `D01 sentence S3.4 over over` opens a rule: its number, what a clerk reads, the clause of
the plan, and the kinds of ending (`context.OVER`) that end it. Each indented line is one way to recognise it: a weight
from 1 to 9 and the slots that must stand together. `slot/2` may stand up to two clauses away (1 if nothing is said),
`-slot` must not stand there, `+此刻` asks for a word of now or of haste nearby. At the end of the head line `~至今`
says that a past time does not weaken the rule when the note says that it lasts, and `~假设`, `~常态`, `~传闻` that a
condition, a habit, hearsay does not: a threat is conditional, a rumour is hearsay.
A line `D01` alone opens more ways of a rule with a head elsewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from liandong.routing.context import OVER, Mark, Reading
from liandong.routing.phrases import Lexicon
from liandong.routing.verdicts import Reason, Verdict

# A verdict holds from this weight on; a second situation adds part of its weight, each further caller a tenth of what
# is missing.
ENOUGH, SECOND, CALLER = 0.5, 0.4, 0.1

# What is left of a weight under a mark. A state is seen now, so a past time in another clause says nothing about it.
LEFT: dict[Mark, float] = {
    Mark.NEGATED: 0.0, Mark.UNREAL: 0.0, Mark.PAST: 0.2, Mark.AFTER_PAST: 0.6, Mark.HABIT: 0.5, Mark.HEARSAY: 0.3,
    Mark.QUESTION: 0.2, Mark.ASKED: 0.9, Mark.CONDITION: 0.2, Mark.WORRY: 0.3, Mark.WISH: 0.3,
}  # fmt: skip
_SHARES = [(int(mark), share) for mark, share in LEFT.items()]
_SPARED = {"~假设": Mark.CONDITION | Mark.WORRY | Mark.WISH, "~常态": Mark.HABIT, "~传闻": Mark.HEARSAY}
_STATE_FREE = int(Mark.AFTER_PAST)
_LASTING_FREE = int(Mark.PAST | Mark.AFTER_PAST | Mark.HABIT)
_OVER_LEFT = 0.15
_NEAR_NOW = 1.1
_FAR = {0: 30, 1: 48, 2: 75}
_HEAD = re.compile(r"([A-Z]\d+) (\S+) (S[\d.]+)((?: \S+)*)")
_MORE = re.compile(r"[A-Z]\d+")
_MOST_HITS = 12
# A phrase with gaps is no longer than this; a word of now counts within this many characters.
_LONGEST_PHRASE, _SOON = 40, 60


@dataclass(frozen=True, slots=True)
class Way:
    """One way to recognise a situation: slots by number, each with how many clauses it may be away from the first."""

    weight: float
    slots: tuple[int, ...]
    reach: tuple[int, ...]
    without: tuple[int, ...]
    now: bool


@dataclass(frozen=True, slots=True)
class Rule:
    number: str
    sentence: str
    clause: str
    over: tuple[str, ...]
    lasting: bool
    spared: int  # marks that do not weaken it
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that was recognised, how sure it is (0..1), and the words it rests on."""

    rule: Rule
    score: float
    words: tuple[str, ...]

    def reason(self, kind: str) -> Reason:
        return Reason(kind, self.rule.number, self.rule.sentence, self.words, self.rule.clause)


def _way(line: str, lexicon: Lexicon) -> Way:
    weight, *tokens = line.split()
    slots, reach, without, now = [], [], [], False
    for asked in tokens:
        name, _, far = asked.partition("/")
        if asked == "+此刻":
            now = True
        elif asked.startswith("-"):
            without.append(lexicon.number[name[1:]])
        else:
            slots.append(lexicon.number[name])
            reach.append(int(far or 1))
    return Way(int(weight) / 10, tuple(slots), tuple(reach), tuple(without), now)


def rules(table: str, lexicon: Lexicon) -> list[Rule]:
    """The rules of a table. Raises ValueError for a line that is none, KeyError for a slot nobody defined."""
    heads: dict[str, re.Match[str]] = {}
    opened: dict[str, list[Way]] = {}
    ways: list[Way] = []
    for line in table.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" ") and opened:
            ways.append(_way(line, lexicon))
        elif head := _HEAD.fullmatch(line):
            heads[head[1]] = head
            ways = opened.setdefault(head[1], [])
        elif _MORE.fullmatch(line):
            ways = opened.setdefault(line, [])
        else:
            raise ValueError(f"not a line of a rule table: {line}")
    found = []
    if nameless := set(opened) - set(heads):
        raise ValueError(f"rules without a head line: {sorted(nameless)}")
    for number, ways in sorted(opened.items()):
        head = heads[number]
        ends = head[4].split()
        if strange := set(ends) - {*OVER, "~至今", *_SPARED}:
            raise ValueError(f"{head[1]}: no such ending {strange}")
        over = tuple(end for end in ends if end in OVER)
        spared = sum(int(_SPARED[end]) for end in ends if end in _SPARED)
        found.append(Rule(head[1], head[2], head[3], over, "~至今" in ends, spared, tuple(ways)))
    return found


def weigh(found: Sequence[Found], kind: str, *, callers: int = 1) -> Verdict:
    """What was recognised, surest first, put together."""
    missing = 1.0
    for n, one in enumerate(found):
        missing *= 1 - one.score * (SECOND if n else 1)
    score = 1 - missing * (1 - CALLER) ** (max(callers, 1) - 1) if found else 0.0
    reasons = tuple(one.reason(kind) for one in found[:4] if one.score >= 0.2)
    return Verdict(score >= ENOUGH, round(score, 3), reasons)


class Situations:
    """Rules ready to be asked: each way is tried only when its rarest slot, the first, occurs."""

    def __init__(self, given: Sequence[Rule], lexicon: Lexicon) -> None:
        self.rules = tuple(given)
        self._by_slot: dict[int, list[tuple[int, Rule, Way]]] = {}
        for rule in given:
            for way in rule.ways:
                mask = sum(1 << slot for slot in set(way.slots))
                self._by_slot.setdefault(way.slots[0], []).append((mask, rule, way))
        for ways in self._by_slot.values():
            ways.sort(key=lambda entry: -entry[2].weight)
        self._background = {n for n, slot in enumerate(lexicon.slots) if slot.kind == "背景"}
        self._state = {n for n, slot in enumerate(lexicon.slots) if slot.kind == "现状"}

    def recognise(self, reading: Reading) -> list[Found]:
        """Every rule with a trace in the text, surest first."""
        best: dict[str, Found] = {}
        hits = reading.hits
        asked: _Asked | None = None
        present = reading.present
        for slot in hits:
            for mask, rule, way in self._by_slot.get(slot, ()):
                if present & mask != mask:
                    continue
                kept = best.get(rule.number)
                if kept and kept.score >= way.weight * _NEAR_NOW * reading.calm:
                    continue
                asked = asked or _Asked(self, reading)
                found = asked.try_way(rule, way)
                if found and (kept is None or found.score > kept.score):
                    best[rule.number] = found
        return sorted(best.values(), key=lambda f: -f.score)


class _Asked:
    """One text being asked: what was found out about a hit is kept."""

    def __init__(self, situations: Situations, reading: Reading) -> None:
        self._background = situations._background
        self._state = situations._state
        self._reading = reading
        self._left: dict[tuple[int, int, int, bool, int], float] = {}
        lexicon = reading.lexicon
        self._lasts = bool(reading.of("至今"))
        self._now = sorted(
            at for name in ("此刻", "忽然", "紧急", "至今") for at, _ in reading.hits.get(lexicon.number[name], ())
        )

    def try_way(self, rule: Rule, way: Way) -> Found | None:
        reading, best = self._reading, 0.0
        words: tuple[str, ...] = ()
        for anchor in reading.hits[way.slots[0]][:_MOST_HITS]:
            chain = self._chain(anchor, way)
            if chain is None:
                continue
            score = way.weight
            for slot, hit in zip(way.slots, chain, strict=True):
                if slot not in self._background:
                    score = min(score, way.weight * self._trust(rule, slot, hit))
            near = self._near_now(anchor)
            if way.now and not near:
                score *= 0.5
            elif near:
                score *= _NEAR_NOW
            score *= reading.calm
            if score > best:
                best, words = score, tuple(dict.fromkeys(reading.text[a:b] for a, b in chain))
        return Found(rule, best, words) if best > 0.1 else None

    def _chain(self, anchor: tuple[int, int], way: Way) -> list[tuple[int, int]] | None:
        """For each further slot the nearest hit within reach that does not lie on one already taken."""
        chain, home = [anchor], self._reading.clause_of(anchor[0])
        for slot, reach in zip(way.slots[1:], way.reach[1:], strict=True):
            near = self._nearest(slot, reach, anchor, home, chain)
            if near is None:
                return None
            chain.append(near)
        if any(self._nearest(slot, 0, anchor, home, []) for slot in way.without):
            return None
        return chain

    def _nearest(
        self, slot: int, reach: int, anchor: tuple[int, int], home: int, taken: list[tuple[int, int]]
    ) -> tuple[int, int] | None:
        hits, far = self._reading.hits.get(slot, []), _FAR.get(reach, 120)
        middle = bisect_left(hits, anchor)
        found, least = None, far + 1
        for step in (range(middle, len(hits)), range(middle - 1, -1, -1)):
            for i in step:
                hit = hits[i]
                away = max(hit[0] - anchor[1], anchor[0] - hit[1], 0)
                if abs(hit[0] - anchor[0]) > far + _LONGEST_PHRASE:
                    break
                if away >= least or abs(self._reading.clause_of(hit[0]) - home) > reach:
                    continue
                if slot not in self._background and any(hit[0] < end and begin < hit[1] for begin, end in taken):
                    continue
                found, least = hit, away
        return found

    def _near_now(self, anchor: tuple[int, int]) -> bool:
        after = bisect_left(self._now, anchor[0] - _SOON)
        return after < len(self._now) and self._now[after] < anchor[0] + _SOON

    def _trust(self, rule: Rule, slot: int, hit: tuple[int, int]) -> float:
        key = (slot, *hit, rule.lasting, rule.spared)
        left = self._left.get(key)
        if left is None:
            marks = self._reading.marks_of(*hit)
            if slot in self._state:
                marks &= ~_STATE_FREE
            if rule.lasting and self._lasts:
                marks &= ~_LASTING_FREE
            marks &= ~rule.spared
            left = 1.0
            for mark, share in _SHARES:
                if marks & mark:
                    left *= share
            self._left[key] = left
        if self._reading.settled >= hit[1] or any(self._reading.over[name] >= hit[1] for name in rule.over):
            left *= _OVER_LEFT
        return left
