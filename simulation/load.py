"""Which calls reach which desk when, over one day: `data/hours.csv`, the load of domain figures, storms. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from liandong.kernel.ids import CITY_ZONE
from simulation.habits import Habits


@dataclass(frozen=True, slots=True)
class Call:
    """A call that will reach `side` (12345, 110, or county) at `at`. `foreign`: what is told belongs elsewhere."""

    at: datetime
    side: str
    foreign: bool


@dataclass(frozen=True, slots=True)
class Storm:
    """For some hours `factor` times as many calls (a storm, the first heating day, an outage)."""

    first_hour: int
    hours: int
    factor: float

    def weight(self, hour: int) -> float:
        return self.factor if self.first_hour <= hour < self.first_hour + self.hours else 1.0


def draw_storm(rng: Random, habits: Habits, *, sure: bool = False) -> Storm | None:
    """Whether this day has a storm, by the seed; always one when `sure`."""
    if not habits.chance(rng, "storm") and not sure:
        return None
    hours = int(habits["storm_hours"])
    return Storm(rng.randrange(7, 21 - hours), hours, habits["storm_factor"])


def calls_of_day(
    day: date,
    rng: Random,
    habits: Habits,
    hours: Mapping[str, Sequence[float]],
    *,
    share: float = 1.0,
    storm: Storm | None = None,
) -> list[Call]:
    """The calls of `day` (the city's day) in order of time; `share` of one makes a short day of its first hours.

    A short day keeps the curve of the hours it has, so that a fifth of a day brings a fifth of the hours.
    """
    found: list[Call] = []
    for side, curve in (("12345", hours["12345"]), ("110", hours["110"]), ("county", hours["110"])):
        contacts, handed = _counts(side, rng, habits)
        usual = sum(curve)
        for hour, weight in enumerate(curve):
            part = weight / usual * (storm.weight(hour) if storm else 1.0)
            found += _hour(day, hour, side, part * contacts, handed / contacts, rng)
    end = datetime.combine(day, time(), tzinfo=CITY_ZONE) + timedelta(days=share)
    return sorted((call for call in found if call.at < end), key=lambda call: call.at)


def _counts(side: str, rng: Random, habits: Habits) -> tuple[float, float]:
    """Calls of the day, and how many of them are the other side's."""
    scatter = 1 + habits["contacts_spread"] * rng.uniform(-1, 1)
    contacts = habits[f"contacts_{side}"] * scatter
    return contacts, (contacts if side == "county" else habits[f"handed_{side}"])


def _hour(day: date, hour: int, side: str, expected: float, foreign_share: float, rng: Random) -> list[Call]:
    count = int(expected) + (rng.random() < expected % 1)
    start = datetime.combine(day, time(hour), tzinfo=CITY_ZONE)
    return [
        Call(start + timedelta(seconds=rng.uniform(0, 3600)), side, rng.random() < foreign_share) for _ in range(count)
    ]
