"""Several reports of one place, and the same caller again: found by number, point and moment, not by words. Pure.

What is found is offered to the call-taker and nothing more; only a person links two orders (国办函〔2025〕66号).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt

EARTH = 6_371_000.0  # metres, mean radius


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
        if not (one.caller and one.caller == new.caller)
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
