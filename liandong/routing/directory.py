"""Whose job a matter is, by the unit directory (派单目录): the likeliest units with the duty and its legal basis. Pure.

国办函〔2025〕66号: what a department owns is never assigned to a township or street. That is a rule, not a weight: a
unit it forbids is not among the suggestions, and `assignable` says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from liandong.routing.verdicts import Reason, Verdict

# The levels below the county, to which nothing a department owns goes.
BELOW = frozenset({"township", "street"})
MOST = 3
BY_ITEM, BY_CLASS, BY_WORD, MOST_BY_WORDS, NEAR = 4.0, 2.0, 0.75, 2.25, 0.5


@dataclass(frozen=True, slots=True)
class Duty:
    """A row of the directory. `division`: "" the whole city; `items`: codes of list items or names of classes."""

    unit: str
    name: str
    level: str  # department, county, township, street, utility, …
    text: str
    legal_basis: str
    words: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    division: str = ""
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of the matter: the list item and its class as far as known, the note, the county's code or ""."""

    text: str
    item: str = ""
    class_name: str = ""
    county: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A unit and why; `weight` orders, it is no probability."""

    unit: str
    name: str
    weight: float
    reason: Reason
    level: str = ""


def suggest(asked: Asked, duties: Iterable[Duty], most: int = MOST) -> list[Suggestion]:
    """The likeliest units, best first, each once, at most `most`; none when nothing in the directory speaks for any."""
    known = tuple(duties)
    owned = owners(asked, known)
    best: dict[str, tuple[float, Duty, tuple[str, ...]]] = {}
    for duty in known:
        if duty.division and asked.county and duty.division != asked.county:
            continue
        if owned and duty.level in BELOW:
            continue
        weight, words = _weight(asked, duty)
        if weight and (duty.unit not in best or best[duty.unit][0] < weight):
            best[duty.unit] = weight, duty, words
    likeliest = sorted(best.values(), key=lambda one: (-one[0], one[1].unit))[:most]
    return [Suggestion(one.unit, one.name, weight, _reason(one, words), one.level) for weight, one, words in likeliest]


def owners(asked: Asked, duties: Iterable[Duty]) -> list[Duty]:
    """The duties by which a department alone owns the matter's item."""
    return [
        duty
        for duty in duties
        if duty.exclusive and duty.level not in BELOW and asked.item and asked.item in duty.items
    ]


def assignable(unit_level: str, asked: Asked, duties: Sequence[Duty]) -> Verdict:
    """Whether a unit of this level may be given the matter (国办函〔2025〕66号)."""
    owned = owners(asked, duties)
    if unit_level not in BELOW or not owned:
        return Verdict(True, 1.0)
    duty = owned[0]
    why = f"该事项由{duty.name}负责（{duty.text}，{duty.legal_basis}），不得派给乡镇（街道）"
    return Verdict(False, 0.0, (Reason("unit", duty.unit, why, clause="国办函〔2025〕66号"),))


def _weight(asked: Asked, duty: Duty) -> tuple[float, tuple[str, ...]]:
    text = asked.text
    words = tuple([word for word in duty.words if word in text])
    weight = min(BY_WORD * len(words), MOST_BY_WORDS)
    if asked.item and asked.item in duty.items:
        weight += BY_ITEM
    elif asked.class_name and asked.class_name in duty.items:
        weight += BY_CLASS
    if weight and duty.division and duty.division == asked.county:
        weight += NEAR
    return weight, words


def _reason(duty: Duty, words: tuple[str, ...]) -> Reason:
    basis = f"（{duty.legal_basis}）" if duty.legal_basis else ""
    return Reason("unit", duty.unit, f"{duty.name}：{duty.text}{basis}", words)
