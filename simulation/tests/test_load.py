"""The calls of a day: as many as the table says, at the hours it says, more in a storm."""

from __future__ import annotations

from datetime import date
from random import Random
from statistics import mean

from liandong.kernel.ids import CITY_ZONE
from simulation.deciding import MOVES, ROUTES
from simulation.habits import read_habits, read_hours
from simulation.load import Call, Storm, calls_of_day
from simulation.texts import one_line

DAY = date(2026, 3, 2)


def day(seed: int, storm: Storm | None = None, share: float = 1.0) -> list[Call]:
    return calls_of_day(DAY, Random(seed), read_habits(), read_hours(), storm=storm, share=share)


def count(calls: list[Call], side: str) -> int:
    return sum(call.side == side for call in calls)


def test_days_have_on_average_the_calls_of_the_table() -> None:
    days = [day(seed) for seed in range(40)]
    assert 780 < mean(count(calls, "12345") for calls in days) < 820
    assert 1360 < mean(count(calls, "110") for calls in days) < 1440
    assert all(8 <= sum(call.foreign for call in calls) <= 80 for calls in days)


def test_a_storm_multiplies_the_calls_of_its_hours_only() -> None:
    storm = Storm(first_hour=14, hours=3, factor=10)
    calm, wild = day(1), day(1, storm)

    def within(calls: list[Call]) -> int:
        return sum(14 <= call.at.astimezone(CITY_ZONE).hour < 17 for call in calls)

    assert within(wild) > 8 * within(calm)
    assert len(wild) - within(wild) < 1.1 * (len(calm) - within(calm))


def test_a_short_day_is_the_beginning_of_the_whole_one() -> None:
    assert day(5, share=0.5) == [call for call in day(5) if call.at.astimezone(CITY_ZONE).hour < 12]


def test_every_route_is_made_of_known_moves() -> None:
    assert {move for route in ROUTES.values() for move in route.moves} <= MOVES.keys()


def test_a_title_of_several_lines_becomes_one() -> None:
    assert one_line(" 一\n 二\t三 ") == "一 二 三"
