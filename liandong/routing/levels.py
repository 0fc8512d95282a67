"""How urgent a matter is, and on which level of response (S4.1): what the note itself tells, with its reason. Pure.

The urgency is a code of the table `urgency`, the level one of the table `level`. From how many dead on a level begins
is a dated row of the city (`level_larger_dead` …).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from liandong.routing.verdicts import Reason, Verdict

ORDINARY, UTILITY, LIFE, DANGER = "ordinary", "utility", "life", "danger"
# What an item of the list for dangers is called there, and the level of a utility in the unit directory.
DANGER_KIND, UTILITY_UNIT, ASKING_HELP = "danger", "utility", "help"

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "几": 2}
_NUMBER = r"(\d{1,3}|[一二两三四五六七八九十百几]{1,5})"
_DEAD = r"(?:死亡|身亡|遇难|丧生|丧命|死了|死)"
_WHO = "人|口|死者|遇难者|工人|民工|矿工|员工|乘客|游客|村民|群众|学生|孩子|儿童|老人|妇女|司机|消防员"
_PERSONS = rf"(?:余|多)?(?:个|名|位)?(?:{_WHO})?"
_DEATHS = (
    re.compile(rf"{_NUMBER}{_PERSONS}(?:当场|已经|不幸|已)?{_DEAD}"),
    re.compile(rf"{_DEAD}(?:人数)?(?:已达|达到|了)?{_NUMBER}(?:余|多)?(?:个|名|位|人|口)"),
)


@dataclass(frozen=True, slots=True)
class Steps:
    """From how many dead on a level begins."""

    larger: int = 3
    major: int = 10
    extreme: int = 30


@dataclass(frozen=True, slots=True)
class Hint:
    """`level` is empty where the note tells of nothing beyond the general one."""

    urgency: str = ORDINARY
    level: str = ""
    reasons: tuple[Reason, ...] = ()


def hint(text: str, danger: Verdict, *, kind: str, nature: str, unit_level: str, steps: Steps) -> Hint:
    """How urgent, and on which level.

    `kind` is that of the item the note is about as far as that is sure, `unit_level` that of the unit suggested.
    """
    urgency, why = _urgency(danger, kind, nature, unit_level)
    level, dead = _level(text, steps)
    return Hint(urgency, level, (*why, *dead))


def _urgency(danger: Verdict, kind: str, nature: str, unit_level: str) -> tuple[str, tuple[Reason, ...]]:
    if danger.holds:
        return DANGER, (Reason("level", DANGER, "险情，按紧急危险先行处置", clause="S3.4"),)
    if kind == DANGER_KIND:
        return LIFE, (Reason("level", LIFE, "属清单中的险情类事项，按涉生命财产办理", clause="S3.4"),)
    if unit_level == UTILITY_UNIT and nature == ASKING_HELP:
        return UTILITY, (Reason("level", UTILITY, "公用事业单位的急修事项，按民生急修办理", clause="S6"),)
    return ORDINARY, ()


def _level(text: str, steps: Steps) -> tuple[str, tuple[Reason, ...]]:
    most, words = 0, ""
    for pattern in _DEATHS:
        for hit in pattern.finditer(text):
            if (count := number(hit[1])) > most:
                most, words = count, hit[0]
    for level, least in (("extreme", steps.extreme), ("major", steps.major), ("larger", steps.larger)):
        if most >= least:
            return level, (Reason("level", level, f"提到“{words}”，达到死亡{least}人以上的级别", (words,), "S4.1"),)
    return "", ()


def number(said: str) -> int:
    """A number up to 999 in digits or in ideographs; vague ones (几, 十几) count as their least."""
    if said.isascii():
        return int(said)
    whole, digit = 0, 0
    for sign in said:
        if sign in "十百":
            whole += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[sign]
    # 十几 is ten and some.
    return whole if said.endswith("几") and whole else whole + digit
