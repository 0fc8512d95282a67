"""Earlier orders a call may be about, each with the reason people read. Pure; numbers come in as a `Yardstick`.

What is found is offered and nothing more: only a person links two orders, and nothing is ever merged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt

from liandong.intake.words import words

EARTH = 6_371_000.0  # metres, mean radius
# Fewer common pairs than these happen by chance: 小区, 有人.
PLACE_PAIRS, TEXT_PAIRS = 2, 3


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of the call so far; `division` is empty while nobody has said where in the city."""

    note: str = ""
    address: str = ""
    division: str = ""
    longitude: float | None = None
    latitude: float | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """An order that may be about the same; `key` is whatever the caller of the rule finds it by again."""

    key: str
    title: str
    address: str
    division: str
    received_at: datetime
    longitude: float | None = None
    latitude: float | None = None


@dataclass(frozen=True, slots=True)
class Yardstick:
    """From when two calls are near in time, place and words; all of it dated rows of the city."""

    within: timedelta
    place_share: float
    text_share: float
    metres: float
    most: int


@dataclass(frozen=True, slots=True)
class Related:
    earlier: Earlier
    reason: str
    weight: int


def related(call: Call, earlier: Iterable[Earlier], yardstick: Yardstick, now: datetime) -> list[Related]:
    """The orders near in time that share place or words with the call, the nearest first, at most `most`."""
    place, text = _pairs(call.address), _pairs(f"{call.note}\n{call.address}")
    found = []
    for one in earlier:
        reasons, weight = _alike(call, place, text, one, yardstick)
        if weight and timedelta(0) <= now - one.received_at <= yardstick.within:
            found.append(Related(one, f"{'、'.join(reasons)}，{ago(now - one.received_at)}", weight))
    found.sort(key=lambda hit: (-hit.weight, now - hit.earlier.received_at))
    return found[: yardstick.most]


def _alike(call: Call, place: set[str], text: set[str], one: Earlier, yardstick: Yardstick) -> tuple[list[str], int]:
    reasons, weight = [], 0
    elsewhere = bool(call.division) and one.division != call.division
    if not elsewhere and _share(place, _pairs(one.address), PLACE_PAIRS) >= yardstick.place_share:
        reasons.append("同一地址")
        weight += 4
    away = _metres(call, one)
    if away is not None and away <= yardstick.metres:
        reasons.append(f"相距{round(away)}米")
        weight += 3
    if not elsewhere and _share(_pairs(one.title), text, TEXT_PAIRS) >= yardstick.text_share:
        reasons.append("描述相近")
        weight += 2
    return reasons, weight


def _pairs(text: str) -> set[str]:
    return {word for word in words(text).split() if len(word) > 1}


def _share(one: set[str], other: set[str], least: int) -> float:
    """How much of the shorter of the two is in the longer; nothing when they share fewer than `least`."""
    common = len(one & other)
    return common / min(len(one), len(other)) if common >= least else 0.0


def _metres(call: Call, one: Earlier) -> float | None:
    """The way between the two as the crow flies (haversine); None where one of them has no point."""
    if call.longitude is None or call.latitude is None or one.longitude is None or one.latitude is None:
        return None
    up, down = radians(call.latitude), radians(one.latitude)
    aside = radians(one.longitude - call.longitude)
    half = sin((down - up) / 2) ** 2 + cos(up) * cos(down) * sin(aside / 2) ** 2
    return 2 * EARTH * asin(sqrt(half))


def ago(span: timedelta) -> str:
    """How long ago, in the words of a clerk."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "刚刚"
    if minutes < 60:
        return f"{minutes}分钟前"
    if minutes < 48 * 60:
        return f"{minutes // 60}小时前"
    return f"{minutes // (24 * 60)}天前"
