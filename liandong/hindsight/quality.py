"""How good the decisions were: rates with intervals out of groups of suggestions and what came of them. Pure.

What an order was is said by a confirmed correction, else by where it ended: taken over by the other desk, guided, or
settled at its own. What has not ended says nothing yet, and every rate stands with how many it is of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import log

from liandong.routing.calibration import Rate

RIGHT, WRONG, OPEN = "right", "wrong", ""


@dataclass(frozen=True, slots=True)
class Group:
    """Suggestions that agree in all of this; `truth` is the side it was, "" while that is open.

    `item_was`: whether the item was right, as far as somebody said. `flagged`: the gate called it a danger; `alarm`:
    it was sent to 110 as a danger, by whomever; `false`: it turned out to be none.
    """

    week: date
    side: str
    item: str
    unsure: bool
    truth: str
    item_was: str
    flagged: bool
    alarm: bool
    false: bool
    count: int
    confidence: float = 0.0  # the sum

    @property
    def known(self) -> bool:
        return bool(self.truth)

    @property
    def right(self) -> bool:
        return self.truth == self.side


@dataclass(frozen=True, slots=True)
class Week:
    """One week: how many, their sides' shares, how often right, how sure on average, and how far the shares drifted
    from the weeks before (None for the first, or where either has too few)."""

    begins: date
    count: int
    shares: Mapping[str, float]
    accuracy: Rate
    confidence: float
    drift_of_sides: float | None
    drift_of_items: float | None


@dataclass(frozen=True, slots=True)
class Quality:
    count: int
    known: int
    accuracy: Rate
    surely: Rate
    unsure: Rate
    by_side: Mapping[str, Rate]
    by_item: Mapping[str, Rate]
    danger_caught: Rate
    danger_false: Rate
    missed_by_class: Mapping[str, Rate]
    false_by_class: Mapping[str, Rate]
    weeks: tuple[Week, ...]


def quality(groups: Sequence[Group], class_of: Callable[[str], str], least: int) -> Quality:
    """The measures; `least`: from how many suggestions a week's drift is told."""
    known = [one for one in groups if one.known]
    sure = [one for one in known if not one.unsure]
    told = [one for one in groups if one.item and one.item_was and not one.unsure]
    alarms = [one for one in groups if one.alarm and not one.false]
    flagged = [one for one in groups if one.flagged and (one.alarm or one.known)]
    return Quality(
        count=_sum(groups),
        known=_sum(known),
        accuracy=_rate(known, lambda one: one.right),
        surely=_rate(sure, lambda one: one.right),
        unsure=_rate(groups, lambda one: one.unsure),
        by_side=_by(known, lambda one: one.side, lambda one: not one.right),
        by_item=_by(told, lambda one: one.item, lambda one: one.item_was == WRONG),
        danger_caught=_rate(alarms, lambda one: one.flagged),
        danger_false=_rate(flagged, _false),
        missed_by_class=_by(alarms, lambda one: class_of(one.item), lambda one: not one.flagged),
        false_by_class=_by(flagged, lambda one: class_of(one.item), _false),
        weeks=_weeks(groups, least),
    )


def _false(one: Group) -> bool:
    """A danger that was none: 110 found none, or a person said that it is not 110's."""
    return one.false or (one.known and not one.right)


def _sum(groups: Iterable[Group]) -> int:
    return sum(one.count for one in groups)


def _rate(groups: Sequence[Group], holds: Callable[[Group], bool]) -> Rate:
    return Rate(_sum(one for one in groups if holds(one)), _sum(groups))


def _by(groups: Iterable[Group], key: Callable[[Group], str], holds: Callable[[Group], bool]) -> dict[str, Rate]:
    parts: dict[str, list[Group]] = {}
    for one in groups:
        parts.setdefault(key(one), []).append(one)
    rates = {name: _rate(part, holds) for name, part in parts.items()}
    return dict(sorted(rates.items(), key=lambda pair: (-pair[1].interval[0], -pair[1].count, pair[0])))


def _weeks(groups: Iterable[Group], least: int) -> tuple[Week, ...]:
    parts: dict[date, list[Group]] = {}
    for one in groups:
        parts.setdefault(one.week, []).append(one)
    made, before = list[Week](), list[Group]()
    for begins, part in sorted(parts.items()):
        count = _sum(part)
        sides, earlier = _counts(part, lambda one: one.side), _counts(before, lambda one: one.side)
        enough = count >= least and _sum(before) >= least
        items = _counts(part, lambda one: one.item), _counts(before, lambda one: one.item)
        made.append(
            Week(
                begins=begins,
                count=count,
                shares={side: number / count for side, number in sorted(sides.items())},
                accuracy=_rate([one for one in part if one.known], lambda one: one.right),
                confidence=sum(one.confidence for one in part) / count,
                drift_of_sides=drift(earlier, sides) if enough else None,
                drift_of_items=drift(items[1], items[0]) if enough else None,
            )
        )
        before += part
    return tuple(made)


def _counts(groups: Iterable[Group], key: Callable[[Group], str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in groups:
        found[key(one)] = found.get(key(one), 0) + one.count
    return found


# What is rare on either side would count without bound; so much is added to each count. Below so many it is rare.
_SMOOTH, _FEW = 0.5, 10


def drift(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    """How far two distributions lie apart: the population stability index, 0 for equal ones.

    Σ (q - p) · ln(q / p) over all names. Names with few on both sides are taken together, as each alone is noise.
    """
    names = before.keys() | after.keys()
    common = {name for name in names if before.get(name, 0) >= _FEW or after.get(name, 0) >= _FEW}
    rest = names - common
    pairs = [(before.get(name, 0), after.get(name, 0)) for name in common]
    if rest:
        pairs.append((sum(before.get(name, 0) for name in rest), sum(after.get(name, 0) for name in rest)))
    all_before = sum(one for one, _ in pairs) + _SMOOTH * len(pairs)
    all_after = sum(other for _, other in pairs) + _SMOOTH * len(pairs)
    found = 0.0
    for one, other in pairs:
        p, q = (one + _SMOOTH) / all_before, (other + _SMOOTH) / all_after
        found += (q - p) * log(q / p)
    return found
