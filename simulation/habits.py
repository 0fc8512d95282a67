"""How often people do what and how long they take: one table, `data/habits.csv`; and the hours of a day."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Habits:
    """Named numbers; the unit stands beside each row of the table."""

    values: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def chance(self, rng: Random, name: str) -> bool:
        return rng.random() < self.values[name]

    def takes(self, rng: Random, name: str) -> timedelta:
        """How long it takes this time: scattered around the table's minutes, never nothing, never endless."""
        mean = self.values[f"minutes_{name}"]
        return timedelta(minutes=min(max(rng.expovariate(1 / mean), mean * 0.1), mean * 4))


def read_habits(**changed: float) -> Habits:
    """The table, with some numbers changed for one run. Raises KeyError for a name the table does not have."""
    with (DATA / "habits.csv").open(encoding="utf-8") as rows:
        values = {row["name"]: float(row["value"]) for row in csv.DictReader(rows)}
    for name in changed:
        values[name]  # a mistyped name must not be taken for a new one
    return Habits({**values, **changed})


def read_hours() -> dict[str, tuple[float, ...]]:
    """The weight of each hour of the day, by side."""
    with (DATA / "hours.csv").open(encoding="utf-8") as rows:
        read = list(csv.DictReader(rows))
    return {side: tuple(float(row[f"weight_{side}"]) for row in read) for side in ("12345", "110")}
