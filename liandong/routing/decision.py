"""Whose matter a note is, how urgent, whose job, with reasons: the rules and the classifier put together. Pure.

Hard rules come first and say so: danger goes to 110 (S3.4), a stability lead goes to city 110 (S3.6), what a department
owns is its own. Only then the list, read by the classifier. Where it is not sure enough a person decides, and the best
guess is shown as such.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import add

import numpy as np

from liandong.routing.classifier import Classifier, Seen
from liandong.routing.coldstart import NEITHER, Topic
from liandong.routing.levels import ORDINARY, Steps, hint
from liandong.routing.matrix import Floats
from liandong.routing.nature import said
from liandong.routing.verdicts import HELD, Note, Reason, Verdict

SIDES = ("12345", "110", NEITHER)
DANGER, LEAD = "danger", "clue"
# Ninety-nine of a hundred notes share at least this much of their weight with what the list taught.
HEARD = 0.45
# Of two characters there are three n-grams; one word alone says what may be, not what is.
ENOUGH = 8
# Under this share a note is not Chinese, or has no words: then nothing is named at all.
UNHEARD = 0.1
BY_PERSON = "待人工判断"
MOST_UNITS, SHOWN = 3, 24
NO_TOPIC = Topic("", "", "", "", "")
Learned = Callable[[str], float]
Gate = Callable[[Note, Learned | None], Verdict]
# Makes what the gates ask ready for many notes at once; a gate answers the same without it, only later.
Foresee = Callable[[Sequence[str]], None]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that may be the one, and why; `level` as in the directory (department, county, utility …)."""

    code: str
    reason: Reason
    level: str = ""


@dataclass(frozen=True, slots=True)
class Located:
    """The county a note is about ("" when it names none), and by which words."""

    county: str = ""
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """From which confidence on no person is asked: dated rows of the city (`routing_side_sure`, `routing_item_sure`).

    `restrained` is what an item for danger or leads counts when the gate in front has said that it is none.
    """

    side: float = 0.7
    item: float = 0.25
    restrained: float = 0.3


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters of the first thousand."""
    return frozenset(map(add, text[:999], text[1:1000]))


def no_danger(note: Note, learned: Learned | None = None) -> Verdict:
    return Verdict(False, 0.0)


def no_lead(note: Note) -> Verdict:
    return Verdict(False, 0.0)


def no_escalation(text: str) -> Verdict:
    return Verdict(False, 0.0)


def nowhere(note: Note) -> Located:
    return Located(note.division)


def nobody(text: str, item: str, class_name: str, county: str) -> Sequence[Unit]:
    return ()


def nothing(texts: Sequence[str]) -> None:
    """Nothing is made ready."""


@dataclass(frozen=True)
class Engine:
    """All that a decision needs, loaded once. `model` and `list_version` name what decided, for whoever asks later."""

    list_version: str
    classifier: Classifier
    topics: Mapping[str, Topic]
    bars: Bars = field(default_factory=Bars)
    steps: Steps = field(default_factory=Steps)
    danger: Gate = no_danger
    lead: Callable[[Note], Verdict] = no_lead
    escalated: Callable[[str], Verdict] = no_escalation  # asked about the progress notes of units (S3.7)
    learned: Learned | None = None  # how much a note sounds like danger, 0..1; without one the list's items say it
    foresee: Foresee = nothing
    locate: Callable[[Note], Located] = nowhere
    units: Callable[[str, str, str, str], Sequence[Unit]] = nobody

    @property
    def model(self) -> str:
        return self.classifier.version

    @cached_property
    def items(self) -> tuple[Topic, ...]:
        """The items in the order of the classifier's answers; one the list no longer has is a topic of no side."""
        return tuple(self.topics.get(code, NO_TOPIC) for code in self.classifier.named["item"].labels)

    @cached_property
    def by_side(self) -> Floats:
        """(sides, items) of 0 and 1: which item belongs to which side."""
        return np.array([[item.side == side for item in self.items] for side in SIDES], dtype=np.float32)

    @cached_property
    def sides(self) -> Floats:
        """(sides, answers) of 0 and 1: where each side stands among the classifier's answers, if it was taught."""
        labels = self.classifier.named["side"].labels
        return np.array([[label == side for label in labels] for side in SIDES], dtype=np.float32)

    @cached_property
    def urgent(self) -> Mapping[str, Floats]:
        """For danger and leads, 1 for the items of that kind."""
        return {kind: np.array([item.kind == kind for item in self.items], dtype=np.float32) for kind in (DANGER, LEAD)}

    @cached_property
    def restraint(self) -> Floats:
        """What each item counts when no gate holds."""
        urgent = np.array([item.kind in (DANGER, LEAD) for item in self.items])
        return np.where(urgent, self.bars.restrained, 1).astype(np.float32)

    @cached_property
    def _pairs(self) -> dict[str, tuple[tuple[str, frozenset[str]], ...]]:
        return {}

    def example(self, code: str, text: str) -> str:
        """The beginning of the item's example that shares most pairs of characters with the note; "" for none."""
        if code not in self._pairs:
            self._pairs[code] = tuple((one, pairs(one)) for one in self.topics[code].examples)
        own = pairs(text)
        likest, most = "", 0.0
        for example, held in self._pairs[code]:
            alike = len(held & own) / (len(held) + 1)
            if alike > most:
                likest, most = example, alike
        return likest if len(likest) <= SHOWN else f"{likest[:SHOWN]}…"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is suggested. `confidence` is that of the side, 0..1; `unsure`: a person decides, this is the best guess.

    `item` is a code of the list or of a guide path, `item_sure` how sure that is; `units` at most three, best first.
    `urgency` and `level` (of response, S4.1; empty for the general one) are codes of the tables of those names.
    `lead_sure` is how sure the lead is, 0 where it is none.
    """

    side: str
    danger: bool
    lead: bool
    nature: str
    unit: str
    county: str
    item: str
    confidence: float
    item_sure: float
    unsure: bool
    reasons: tuple[Reason, ...]
    units: tuple[Unit, ...] = ()
    urgency: str = ORDINARY
    level: str = ""
    lead_sure: float = 0.0

    @property
    def reason(self) -> str:
        """All reasons as one Chinese sentence."""
        return "；".join(dict.fromkeys(one.text for one in self.reasons))


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a note is about and whose it is, after the gates: numbers of `SIDES` and of the engine's items, how sure."""

    side: int
    sure: float
    item: int
    item_sure: float


def decide(note: Note, engine: Engine) -> Decision:
    """Decide about one note; any text will do, an empty one is unsure."""
    seen = engine.classifier.read(note.text)
    items = engine.classifier.answers(seen, "item")
    danger, lead = gates(note, items, engine)
    items, sides = weighed(seen, items, engine, danger, lead)
    nature = told_nature(note) or ("" if seen.known < UNHEARD else guessed_nature(seen, engine))
    return concluded(note, engine, seen, danger, lead, picked(items, sides, engine), nature)


def gates(note: Note, items: Floats, engine: Engine) -> tuple[Verdict, Verdict]:
    """What the gates of danger and of leads say; `items` are the answers of the classifier."""
    danger = engine.danger(note, engine.learned or (lambda _: float(items @ engine.urgent[DANGER])))
    return danger, engine.lead(note)


def told_nature(note: Note) -> str:
    """What a person chose or the note itself says; "" when neither does."""
    return note.nature or said(note.text)[0]


def picked(items: Floats, sides: Floats, engine: Engine) -> Weighed:
    """The likeliest side, and of its items the likeliest."""
    best = int(sides.argmax())
    within = items * engine.by_side[best]
    number = int(within.argmax())
    return Weighed(best, float(sides[best]), number, float(within[number]))


def concluded(
    note: Note, engine: Engine, seen: Seen, danger: Verdict, lead: Verdict, found: Weighed, nature: str
) -> Decision:
    """The decision with its reasons: place, units, urgency, and what spoke for it."""
    mute, by_rule = seen.known < UNHEARD, danger.holds or lead.holds
    side, item, item_sure = SIDES[found.side], engine.items[found.item], found.item_sure
    if mute and not by_rule:
        item, item_sure = NO_TOPIC, 0.0
    place = engine.locate(note)
    units: tuple[Unit, ...] = ()
    if side != NEITHER and item.code:
        units = tuple(engine.units(note.text, item.code, item.class_name, place.county))
    unsure = not by_rule and found.sure < engine.bars.side
    # How urgent, as far as it is sure what the note is about.
    sure = not unsure and item_sure >= engine.bars.item
    pressing = hint(
        note.text,
        danger,
        kind=item.kind if sure else "",
        nature=nature,
        unit_level=units[0].level if units and sure else "",
        steps=engine.steps,
    )
    reasons = (
        *_said_by(danger),
        *_said_by(lead),
        *((_by_person(found.sure, mute),) if unsure else ()),
        *_why(seen, engine, item, item_sure),
        *place.reasons,
        *(unit.reason for unit in units[:1]),
        *pressing.reasons,
    )
    return Decision(
        side=side,
        danger=danger.holds,
        lead=lead.holds,
        nature=nature,
        unit=units[0].code if units else "",
        county=place.county,
        item=item.code,
        confidence=found.sure,
        item_sure=item_sure,
        unsure=unsure,
        reasons=reasons,
        units=units[:MOST_UNITS],
        urgency=pressing.urgency,
        level=pressing.level,
        lead_sure=lead.score if lead.holds else 0.0,
    )


def _said_by(gate: Verdict) -> tuple[Reason, ...]:
    """The reasons of a gate that holds, and of one that does not what held it back."""
    return tuple(one for one in gate.reasons if gate.holds or one.kind == HELD)


def weighed(seen: Seen, items: Floats, engine: Engine, danger: Verdict, lead: Verdict) -> tuple[Floats, Floats]:
    """The probabilities of items and of sides, after the gates have spoken.

    A gate that holds leaves only the items of its kind and 110. One that does not hold restrains them: what sounds like
    a fire and is none must not be sent as one. Without a gate there are two opinions of the side, its items' together
    and the note's own; their geometric mean is right as often as it says (measured: docs/routing-evaluation.md). Of a
    note whose words nobody taught nothing is known, so each side is as likely.
    """
    for kind, verdict in ((DANGER, danger), (LEAD, lead)):
        own = engine.urgent[kind]
        if verdict.holds and own.any():
            items = items * own
            return items / max(float(items.sum()), 1e-9), np.array([0.0, max(verdict.score, 0.5), 0.0])
        if verdict.holds:
            return items, np.array([0.0, max(verdict.score, 0.5), 0.0])
    items = items * engine.restraint
    items /= items.sum()
    opinions = (engine.by_side @ items) * (engine.sides @ engine.classifier.answers(seen, "side"))
    sides = np.sqrt(opinions)
    heard = min(1.0, seen.known / HEARD, len(seen.ids) / ENOUGH)
    return items, heard * sides / sides.sum() + (1 - heard) / len(SIDES)


def _by_person(sure: float, mute: bool) -> Reason:
    told = "文字太少，或者不是中文，无法判断" if mute else f"把握只有{sure:.0%}，以下仅供参考"
    return Reason("model", "", f"{BY_PERSON}：{told}")


def _why(seen: Seen, engine: Engine, item: Topic, sure: float) -> tuple[Reason, ...]:
    """The item with the words that spoke for it and the example that is most like the note."""
    if not item.code or not len(seen.ids):
        return ()
    words = engine.classifier.words(seen, "item", item.code)
    example = engine.example(item.code, seen.text)
    told = f"引导解释“{item.text}”" if item.side == NEITHER else f"清单{item.code}“{item.text}”"
    if sure < engine.bars.item:
        told = f"可能是{told}"
    because = [f"依据“{'、'.join(words)}”"] if words else []
    because += [f"最像例句“{example}”"] if example else []
    return (Reason("list", item.code, told + (f"（{'，'.join(because)}）" if because else ""), words, item.clause),)


def guessed_nature(seen: Seen, engine: Engine) -> str:
    """What the model takes the note for: a request, a complaint …; "" where it was not taught."""
    head = engine.classifier.named.get("nature")
    return head.labels[int(engine.classifier.answers(seen, "nature").argmax())] if head is not None else ""
