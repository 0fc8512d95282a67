"""A model that was just trained beside the one in use, on what neither of them learnt from. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from liandong.routing.calibration import Rate
from liandong.routing.classifier import Classifier
from liandong.routing.coldstart import Lesson, Topic
from liandong.routing.engine import classifier_of
from liandong.routing.trials import folds

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Learnt:
    """A confirmed correction as a lesson, when it was confirmed, and what had been suggested instead."""

    lesson: Lesson
    settled_at: datetime
    suggested_side: str
    suggested_item: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Right on corrections kept out of the learning: (count, total) of the new model and of what was in use.

    What was in use is judged by what it suggested at the time, on corrections later than its training; the new one by a
    model of the other corrections. `examples` is the new one on examples of the list it had not learnt.
    """

    side: tuple[int, int] = (0, 0)
    side_before: tuple[int, int] = (0, 0)
    item: tuple[int, int] = (0, 0)
    item_before: tuple[int, int] = (0, 0)
    examples: tuple[int, int] = (0, 0)

    @property
    def worse(self) -> bool:
        """Whether it got fewer of the same corrections right than what was in use."""
        return self.side[0] + self.item[0] < self.side_before[0] + self.item_before[0]

    def plain(self) -> dict[str, Any]:
        return {name: list(value) for name, value in asdict(self).items()}

    @classmethod
    def from_plain(cls, told: Mapping[str, Any]) -> Compared:
        return cls(**{name: tuple(value) for name, value in told.items()})

    def chinese(self) -> list[str]:
        """The comparison as lines for whoever decides on it."""
        pairs = (("归口", self.side, self.side_before), ("事项", self.item, self.item_before))
        lines = [f"{name}：新模型对{_rate(new)}，原判断对{_rate(old)}" for name, new, old in pairs]
        return [*lines, f"清单例句（未学过的）：新模型认出事项{_rate(self.examples)}"]


def _rate(told: tuple[int, int]) -> str:
    rate = Rate(*told)
    if not rate.total:
        return "无可比较"
    low, high = rate.interval
    return f"{rate.count}/{rate.total}（{rate.share:.0%}，区间{low:.0%}至{high:.0%}）"


def compared(
    topics: Sequence[Topic], taught: Sequence[Lesson], learnt: Sequence[Learnt], since: datetime | None
) -> Compared:
    """Train without each fifth of the corrections and of the list's examples in turn, and ask about it."""
    kept = [one for one in learnt if since is None or one.settled_at > since]
    fold = folds([one.lesson.text for one in kept], FOLDS).tolist()
    spoken = {example: topic.code for topic in topics for example in topic.examples}
    asked = [lesson for lesson in taught if spoken.get(lesson.text) == lesson.item]
    told = dict.fromkeys(("side", "item", "examples"), 0)
    for number in range(FOLDS):
        out = {id(one) for one, own in zip(kept, fold, strict=True) if own == number}
        away = {id(lesson) for lesson in asked[number::FOLDS]}
        rest = [*(lesson for lesson in taught if id(lesson) not in away)]
        rest += [one.lesson for one in learnt if id(one) not in out]
        model = classifier_of(rest, "")
        told["examples"] += sum(_best(model, one, "item") == one.item for one in asked[number::FOLDS])
        for one in kept:
            if id(one) in out:
                told["side"] += bool(one.lesson.side) and _best(model, one.lesson, "side") == one.lesson.side
                told["item"] += bool(one.lesson.item) and _best(model, one.lesson, "item") == one.lesson.item
    sides = [one for one in kept if one.lesson.side]
    items = [one for one in kept if one.lesson.item]
    return Compared(
        side=(told["side"], len(sides)),
        side_before=(sum(one.suggested_side == one.lesson.side for one in sides), len(sides)),
        item=(told["item"], len(items)),
        item_before=(sum(one.suggested_item == one.lesson.item for one in items), len(items)),
        examples=(told["examples"], len(asked)),
    )


def _best(model: Classifier, lesson: Lesson, head: str) -> str:
    return model.named[head].labels[int(model.answers(model.read(lesson.text), head).argmax())]
