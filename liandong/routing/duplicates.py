"""Whether two notes tell of the same event: offered with its reasons, never merged without a person. Pure.

国办函〔2025〕66号 asks that repeated appeals be merged. Two notes are the same event when trouble and place agree; a
place that differs (another house, another estate) speaks against it more loudly than like words speak for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from math import asin, cos, exp, radians, sin, sqrt

from liandong.routing.gazetteer import Place, Spot, find
from liandong.routing.troubles import troubles
from liandong.routing.verdicts import Reason, Verdict

EARTH = 6_371_000.0  # metres, mean radius
# Weights of the evidence, in log-odds; `START` makes two notes with nothing in common no pair.
START = -3.2
SAME_PLACE, OTHER_PLACE = 2.0, -3.6
SAME_HOUSE, OTHER_HOUSE = 1.0, -4.5
SAME_TROUBLE, OTHER_TROUBLE = 2.2, -3.0
SAME_WORDS = 7.0  # times the share of common pairs of characters
OTHER_DAY = -3.0
# What every note says; it makes no two alike.
_EVERYWHERE = frozenset(
    re.split(
        " ",
        "来电 电人 人反 反映 市民 群众 居民 请求 希望 要求 尽快 处理 部门 有关 相关 现在 一直 没有 这个 我们 他们 已经 "
        "今天 帮忙 解决 问题 情况 小区 楼下 有人 能不 不能 怎么 什么 一下 附近 门口 电话 打电 人说 说是 你们 我家",
    )
)
_RUN = re.compile("[\u3400-\u9fff]+|[a-z0-9]+")
_AGO = re.compile("上周|上个?月|上星期|去年|前年|前几天|前天|上次|一周前|半个?月前|[几两三]个?月前|[昨前]天")


@lru_cache(maxsize=8192)
def pairs(text: str) -> frozenset[str]:
    """Overlapping pairs of characters, and numbers whole, without what every note says."""
    found: set[str] = set()
    for run in _RUN.findall(text.lower()):
        found.update([run] if run.isascii() else map("".join, pairwise(run)))
    return frozenset(found - _EVERYWHERE)


def alike(one: str, other: str) -> Verdict:
    """Whether both tell of one event. `score` 0..1; the same whichever comes first."""
    if not one.strip() or not other.strip():
        return Verdict(False, 0.0, (Reason("duplicate", "空", "有一条没有内容，无法比较"),))
    here, there = find(one, ()), find(other, ())
    weight, reasons = START, []
    for more, reason in (
        *_words(one, other),
        *_place(here, there, one, other),
        *_trouble(one, other),
        *_when(one, other),
    ):
        weight += more
        reasons.append(reason)
    score = 1 / (1 + exp(-weight))
    return Verdict(score >= 0.5, round(score, 4), tuple(reasons))


Found = Iterable[tuple[float, Reason]]


def _words(one: str, other: str) -> Found:
    a, b = pairs(_without_places(one)), pairs(_without_places(other))
    common = a & b
    if common:
        # The shorter note counts: one line may tell of the same event as a long complaint. With few pairs less.
        share = len(common) / (min(len(a), len(b)) + 3)
        shown = tuple(sorted(common)[:5])
        yield SAME_WORDS * share, Reason("duplicate", "用词", f"用词相同占{share:.0%}", shown)


def _without_places(text: str) -> str:
    """Names of places are compared as places; here they would make two troubles at one place alike."""
    for spot in find(text, ()).spots:
        text = text.replace(spot.name, "，")
    return text


def _place(here: Place, there: Place, one: str, other: str) -> Found:
    same = next((spot for spot in here.spots for peer in there.spots if spot.same(peer)), None)
    same = same or _named_in(here.spots, other) or _named_in(there.spots, one)
    if same is not None:
        yield SAME_PLACE, Reason("duplicate", "地点", f"同在{same.name}", (same.name,))
    elif here.spots and there.spots and _of_one_kind(here.spots, there.spots):
        names = f"{here.spots[0].name}、{there.spots[0].name}"
        yield OTHER_PLACE, Reason("duplicate", "地点", f"地点不同：{names}")
    for what, a, b in (("楼号", here.house, there.house), ("单元", here.entrance, there.entrance)):
        if a and b:
            weight = SAME_HOUSE if a == b else OTHER_HOUSE
            yield weight, Reason("duplicate", what, f"{what}{'相同' if a == b else '不同'}：{a}、{b}")


def _named_in(spots: Sequence[Spot], text: str) -> Spot | None:
    """A place whose name the other text says without its ending (云中花园 – 云中)."""
    return next((spot for spot in spots if len(spot.core) >= 2 and spot.core in text), None)


def _of_one_kind(some: Sequence[Spot], others: Sequence[Spot]) -> bool:
    """Two estates that differ are two places; an estate and the road it stands at may be one."""
    return bool({spot.ending for spot in some} & {spot.ending for spot in others})


def _trouble(one: str, other: str) -> Found:
    a, b = troubles(one), troubles(other)
    if a & b:
        named = "、".join(sorted(a & b))
        yield SAME_TROUBLE, Reason("duplicate", "事由", f"同为{named}")
    elif a and b:
        yield OTHER_TROUBLE, Reason("duplicate", "事由", f"事由不同：{sorted(a)[0]}、{sorted(b)[0]}")


def _when(one: str, other: str) -> Found:
    a, b = _AGO.search(one), _AGO.search(other)
    if bool(a) != bool(b):
        word = (a or b)[0]  # type: ignore[index]
        yield OTHER_DAY / 2, Reason("duplicate", "时间", f"只有一条说是“{word}”", (word,))


@dataclass(frozen=True, slots=True)
class Report:
    """One report with what the desk knows of it; `caller` is a blind index or "", `at` when it was told."""

    key: str
    at: datetime
    caller: str = ""
    longitude: float | None = None
    latitude: float | None = None


def repeats(new: Report, earlier: Iterable[Report], *, least: timedelta, most: timedelta) -> list[Report]:
    """Reports by the same caller between `least` and `most` before: a repeat. What is sooner is the same call again."""
    return [one for one in earlier if one.caller and one.caller == new.caller and least <= new.at - one.at <= most]


def gathered(new: Report, earlier: Iterable[Report], *, metres: float, within: timedelta) -> list[Report]:
    """Reports of other callers within `metres` and `within` of the new one: with it, several tell of one place."""
    return [
        one
        for one in earlier
        if (not new.caller or one.caller != new.caller)
        and timedelta(0) <= new.at - one.at <= within
        and (away := distance(new, one)) is not None
        and away <= metres
    ]


def distance(one: Report, other: Report) -> float | None:
    """Metres between the two as the crow flies (haversine); None where one of them has no point."""
    if one.longitude is None or one.latitude is None or other.longitude is None or other.latitude is None:
        return None
    up, down = radians(one.latitude), radians(other.latitude)
    half = sin((down - up) / 2) ** 2
    half += cos(up) * cos(down) * sin(radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * EARTH * asin(sqrt(half))
