"""Whether two notes tell of the same event: offered with its reasons, never merged without a person. Pure.

国办函〔2025〕66号 asks that repeated appeals be merged. The evidence is added up in log-odds; a detail that differs
(another house, a name that only resembles) speaks against it more loudly than like words speak for it.
"""

from __future__ import annotations

from math import exp

from liandong.routing.evidence import Found, evidence, told
from liandong.routing.verdicts import Reason, Verdict

# Log-odds of two notes with nothing in common, and of each unit of evidence. Fitted by logistic regression on the
# development pairs; tests/routing/fit_pairs.py says how and on what, and prints them.
START = -8.57
WEIGHTS: dict[str, float] = {
    "characters": 1.47,  # log of the surprise of the characters both have
    "copy": 3.65,  # one note repeats the other: how far above the share that repeating begins with
    "rest": -0.08,  # as characters, without those of a common place
    "matter": 1.38,  # log of the surprise of the concepts both have beside the place
    "detail": 0.79,  # as rest, without the words of common concepts
    "other_matter": -2.01,  # what happened has no concept in common
    "same_place": 1.54,  # a pair of characters of a common name, two pairs at most
    "other_place": -10.09,  # names of one level (estates, villages, roads), none the same
    "like_name": -1.87,  # names that are taken for each other
    "other_county": -5.04,  # both name counties, none the same
    "other_number": -10.28,
    "other_floor": -5.35,  # one event may be seen on several floors: less than another house
    "other_side": -5.48,  # 东门 – 西门, 前院 – 后院
    "other_part": -0.53,  # 门诊 – 住院
    "other_colour": -3.97,
    "other_kin": -0.75,
    "same_amount": 0.56,
    "same_moment": 2.47,
    "other_moment": -2.14,  # a week or more apart
    "over": -1.32,  # in one of them it is settled
    "again": 0.77,  # one says that it was told before
    "apart": -2.45,  # one says that it is another
    "anew": -2.23,  # settled, and come anew
}
EMPTY = Verdict(False, 0.0, (Reason("duplicate", "empty", "有一条没有内容，无法比较"),))
LITTLE_COMMON = Reason("duplicate", "characters", "共同之处太少，不像同一件事")
MUCH_COMMON = Reason("duplicate", "characters", "用词有较多相同，像同一件事")


def alike(one: str, other: str, counties: tuple[str, ...] = ()) -> Verdict:
    """Whether both tell of one event; the same whichever comes first. `counties`: short names of counties."""
    if not one.strip() or not other.strip():
        return EMPTY
    found = list(evidence(told(one, counties), told(other, counties)))
    weight = START + sum([WEIGHTS[piece.name] * piece.value for piece in found])
    score = 1 / (1 + exp(-weight)) if weight > -700 else 0.0
    holds = score >= 0.5
    return Verdict(holds, round(score, 4), _reasons(found, holds=holds))


def _reasons(found: list[Found], *, holds: bool) -> tuple[Reason, ...]:
    """What decided stands first: the evidence of the verdict's side, the weightier before the lighter."""
    told_by = sorted(
        (piece for piece in found if piece.text),
        key=lambda piece: -WEIGHTS[piece.name] * piece.value if holds else WEIGHTS[piece.name] * piece.value,
    )
    reasons = [Reason("duplicate", piece.name, piece.text, piece.words) for piece in told_by]
    decided = reasons and (WEIGHTS[reasons[0].rule] > 0) == holds
    return tuple(reasons if decided else [MUCH_COMMON if holds else LITTLE_COMMON, *reasons])
