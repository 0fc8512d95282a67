"""Trials: what the classifier and the rules make of texts of which the answer is known. Pure; measuring only.

Rows come in as they stand in the files: the labelled appeals, and our own synthetic sets (tests/routing/sets).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from liandong.routing.batches import decide_all
from liandong.routing.calibration import Rate, Score, at_coverage, expected_error, reliability, score
from liandong.routing.classifier import Classifier
from liandong.routing.coldstart import Fields, Topic, lessons
from liandong.routing.decision import Decision, Engine
from liandong.routing.engine import classifier_of
from liandong.routing.learning import Recipe, learn
from liandong.routing.matrix import Floats
from liandong.routing.verdicts import Note

# An answer has hundreds of texts: what is uneven between answers counts more.
LABELLED = Recipe(penalty=0.4, balanced=True, telling="label")
# What one would write first: thirty-five words, and danger wherever one of them occurs.
PLAIN_WORDS = (
    *(
        "着火",
        "火灾",
        "起火",
        "爆炸",
        "煤气泄漏",
        "燃气泄漏",
        "漏气",
        "中毒",
        "触电",
        "漏电",
        "坍塌",
        "塌方",
        "被困",
        "溺水",
    ),
    *(
        "落水",
        "跳楼",
        "跳河",
        "自杀",
        "轻生",
        "割腕",
        "喝农药",
        "持刀",
        "拿刀",
        "砍人",
        "杀人",
        "打架",
        "抢劫",
        "绑架",
        "劫持",
    ),
    *("救命", "昏迷", "流血", "车祸", "走失", "炸弹"),
)


@dataclass(frozen=True, eq=False)
class Guesses:
    """Texts with a known answer, what was guessed and how sure (arrays of one length)."""

    truth: tuple[str, ...]
    guessed: tuple[str, ...]
    confidence: Floats

    @property
    def right(self) -> NDArray[np.bool_]:
        return np.fromiter(map(str.__eq__, self.truth, self.guessed), dtype=bool, count=len(self.truth))

    @property
    def score(self) -> Score:
        return score(self.truth, self.guessed)

    @property
    def expected_error(self) -> float:
        return expected_error(reliability(self.confidence, self.right))

    def at(self, share: float) -> float:
        """How many of the surest `share` are right."""
        return at_coverage(self.confidence, self.right, share)


def folds(groups: Sequence[str], count: int) -> NDArray[np.int64]:
    """A fold for every row; rows of one group stay together, and folds are about equally large."""
    sizes: dict[str, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    filled, where = [0] * count, {}
    for group in sorted(sizes, key=lambda one: (-sizes[one], one)):
        where[group] = filled.index(min(filled))
        filled[where[group]] += sizes[group]
    return np.asarray([where[group] for group in groups])


def crossed(
    rows: Sequence[Fields],
    asked: Sequence[str],
    label: str,
    group: str,
    taught: Callable[[Fields], Sequence[str]],
    count: int = 5,
) -> Guesses:
    """Learn from the texts `taught` of all folds but one, ask about `asked` (one a row, may be empty) of that one."""
    fold = folds([row[group] or f"row {at}" for at, row in enumerate(rows)], count)
    parts = []
    for number in range(count):
        inside = [row for row, own in zip(rows, fold, strict=True) if own != number]
        texts = [(text, row[label]) for row in inside for text in taught(row) if text]
        outside = [
            (text, row[label]) for text, row, own in zip(asked, rows, fold, strict=True) if text and own == number
        ]
        parts.append(asked_of(labelled(texts), outside))
    return Guesses(
        tuple(one for part in parts for one in part.truth),
        tuple(one for part in parts for one in part.guessed),
        np.concatenate([part.confidence for part in parts]),
    )


def labelled(texts: Sequence[tuple[str, str]]) -> Classifier:
    """A classifier with one head, `label`, from (text, answer). Raises ValueError."""
    return learn([text for text, _ in texts], {"label": [answer for _, answer in texts]}, LABELLED)


def asked_of(classifier: Classifier, texts: Sequence[tuple[str, str]]) -> Guesses:
    """What the classifier makes of (text, answer)."""
    labels = classifier.named["label"].labels
    answers = [classifier.answers(classifier.read(text), "label") for text, _ in texts]
    return Guesses(
        tuple(answer for _, answer in texts),
        tuple(labels[int(one.argmax())] for one in answers),
        np.asarray([one.max() for one in answers], dtype=np.float32),
    )


def by_example(topics: Sequence[Topic], notes: Sequence[Fields], duties: Sequence[Fields], count: int = 5) -> Guesses:
    """Each example of the list asked of a model that knew the others, and no signal words (they were read off them)."""
    truth: list[str] = []
    guessed: list[str] = []
    sure: list[float] = []
    for number in range(count):
        known = [
            replace(topic, signals=(), examples=tuple(e for at, e in enumerate(topic.examples) if at % count != number))
            for topic in topics
        ]
        model = classifier_of(lessons(known, notes, duties), "")
        for topic in topics:
            for example in topic.examples[number::count]:
                answers = model.answers(model.read(example), "item")
                truth.append(topic.code)
                guessed.append(model.named["item"].labels[int(answers.argmax())])
                sure.append(float(answers.max()))
    return Guesses(tuple(truth), tuple(guessed), np.asarray(sure, dtype=np.float32))


def decided(rows: Sequence[Fields], engine: Engine, text: str = "text") -> list[Decision]:
    return list(decide_all((Note(row[text]) for row in rows), engine))


@dataclass(frozen=True, slots=True)
class Alarms:
    """Danger found among notes: of those that are one, and falsely among the others."""

    found: Rate
    false: Rate


def alarms(rows: Sequence[Fields], says: Callable[[str], bool]) -> dict[str, Alarms]:
    """Of danger.csv: overall under "", then by its columns as "class fire", "trap figure"; "trap none" without one."""
    told = [(row, says(row["text"])) for row in rows]
    groups: dict[str, list[tuple[Fields, bool]]] = {"": told}
    for row, said in told:
        for name in (f"class {row['class']}" if row["class"] else "", f"trap {row['trap'] or 'none'}"):
            if name:
                groups.setdefault(name, []).append((row, said))
    return {name: _alarms(group) for name, group in groups.items()}


def _alarms(told: Sequence[tuple[Fields, bool]]) -> Alarms:
    real = [said for row, said in told if row["danger"] == "1"]
    none = [said for row, said in told if row["danger"] != "1"]
    return Alarms(Rate(sum(real), len(real)), Rate(sum(none), len(none)))


def plain(text: str) -> bool:
    """The plain word list's opinion."""
    return any(word in text for word in PLAIN_WORDS)


@dataclass(frozen=True, slots=True)
class Sides:
    """What the decisions on side.csv came to: the sides, and of what else is known how often it was right."""

    side: Guesses
    sure: Rate
    right_when_sure: Rate
    right_when_unsure: Rate
    nature: Guesses
    item: Rate
    county: Rate
    unit: Rate
    unit_in_three: Rate
    lead: Alarms


def sides(rows: Sequence[Fields], made: Sequence[Decision]) -> Sides:
    pairs = list(zip(rows, made, strict=True))
    side = Guesses(
        tuple(row["side"] for row in rows),
        tuple(one.side for one in made),
        np.asarray([one.confidence for one in made], dtype=np.float32),
    )
    told = [(row["nature"], one.nature) for row, one in pairs if row["nature"]]
    surely = [row["side"] == one.side for row, one in pairs if not one.unsure]
    unsurely = [row["side"] == one.side for row, one in pairs if one.unsure]
    leads = [({"danger": row["lead"]}, one.lead) for row, one in pairs]
    hinted = [(row["item_hint"], one.item) for row, one in pairs if row["item_hint"]]
    units = [(row["unit_kind"].split("|"), one) for row, one in pairs if row["unit_kind"]]
    return Sides(
        side=side,
        sure=Rate(len(surely), len(rows)),
        right_when_sure=Rate(sum(surely), len(surely)),
        right_when_unsure=Rate(sum(unsurely), len(unsurely)),
        nature=Guesses(tuple(a for a, _ in told), tuple(b for _, b in told), np.ones(len(told), dtype=np.float32)),
        item=_same(hinted),
        county=_same([(row["county"], one.county) for row, one in pairs if row["county"]]),
        unit=Rate(sum(one.unit in kinds for kinds, one in units), len(units)),
        unit_in_three=Rate(sum(any(u.code in kinds for u in one.units) for kinds, one in units), len(units)),
        lead=_alarms(leads),
    )


def _same(told: Sequence[tuple[str, str]]) -> Rate:
    return Rate(sum(a == b for a, b in told), len(told))


def twins(rows: Sequence[Fields], alike: Callable[[Note, Note], bool]) -> dict[str, Alarms]:
    """Of pairs.csv: overall under "" and by `kind`, whether two notes are about the same event."""
    told: dict[str, list[tuple[Mapping[str, str], bool]]] = {"": []}
    for row in rows:
        said = alike(Note(row["a"]), Note(row["b"]))
        for name in ("", row.get("kind", "")):
            told.setdefault(name, []).append(({"danger": row["same"]}, said))
    return {name: _alarms(group) for name, group in told.items()}


def escalations(rows: Sequence[Fields], says: Callable[[str], bool]) -> dict[str, Alarms]:
    """Of escalation.csv: overall under "" and by `trap`."""
    told: dict[str, list[tuple[Mapping[str, str], bool]]] = {"": []}
    for row in rows:
        said = says(row["text"])
        for name in ("", row["trap"] or "none"):
            told.setdefault(name, []).append(({"danger": row["escalated"]}, said))
    return {name: _alarms(group) for name, group in told.items()}
