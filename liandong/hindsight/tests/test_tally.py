"""Counts that can be put aside and taken up again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from liandong.hindsight import tally
from liandong.hindsight.moves import HandOver, Happened, Move
from liandong.hindsight.tally import Moved

MONDAY = datetime(2026, 11, 1, 16, 30, tzinfo=UTC)  # half past midnight of a Monday in the city


def danger(item: str = "P02", seconds: int = 40) -> Happened:
    handed = HandOver("danger", item, "T-1", "110", "accepted", MONDAY, MONDAY + timedelta(seconds=seconds))
    return Happened("N", MONDAY, "12345", "12345", "140902", "T-1", (handed,))


def move(**given: str) -> Move:
    whole = {
        "what": "kind",
        "side_from": "110",
        "side_to": "110",
        "item_from": "P02",
        "item_to": "P02",
        "kind_from": "danger",
        "kind_to": "divert",
        "why": "因为",
    }
    return Move(**{**whole, **given})  # type: ignore[arg-type]


def test_hours_are_those_of_the_city_from_monday_midnight() -> None:
    assert tally.hour_of(MONDAY) == 0
    assert tally.hour_of(MONDAY + timedelta(days=6, hours=23)) == 167


def test_what_was_put_aside_as_json_adds_up_as_if_nothing_had_happened() -> None:
    moved = Moved(danger(), move(side_to="12345", what="side"), "U1", "U2")
    once, twice = tally.empty(), tally.empty()
    tally.add(once, [danger(), danger()], [moved, moved])
    tally.add(twice, [danger()], [moved])
    twice = json.loads(json.dumps(twice))
    tally.add(twice, [danger()], [moved])
    assert once == twice
    assert once["units"]["U1"] == {"lost": 2, "gained": 0, "hours": {"0": -2}}
    assert once["desks"]["12345"]["hours"] == {"0": 2}


def test_a_danger_that_would_go_another_way_comes_later_by_what_that_way_usually_takes() -> None:
    counts = tally.empty()
    tally.add(counts, [danger()], [Moved(danger(), move())])
    result = tally.result(counts, {"divert": [600.0] * 5}, {"divert": 7200, "danger": 60})
    assert result["later"]["count"] == 1
    assert result["later"]["median"] == 560
    few = tally.result(counts, {"divert": [600.0] * 4}, {"divert": 7200, "danger": 60})
    assert few["later"]["median"] == 7160, "four say less than the limit"


def test_the_gate_still_sends_what_it_knows_and_a_signal_without_an_item_needs_no_list() -> None:
    counts = tally.empty()
    tally.add(counts, [danger()], [Moved(danger(), move(), gate=True), Moved(danger(item=""), move())])
    assert counts["later"] == []
    assert counts["gated"] == 1


def test_what_would_go_out_as_a_danger_comes_earlier() -> None:
    handed = HandOver("divert", "P01", "T-1", "110", "accepted", MONDAY, MONDAY + timedelta(hours=1))
    order = Happened("N", MONDAY, "12345", "12345", "140902", "T-1", (handed,))
    counts = tally.empty()
    tally.add(counts, [order], [Moved(order, move(item_from="P01", kind_from="divert", kind_to="danger"))])
    assert tally.result(counts, {}, {"danger": 60})["earlier"]["median"] == 3540


def test_each_way_is_shown_by_a_few_examples_and_counted_whole() -> None:
    counts = tally.empty()
    tally.add(counts, [danger()], [Moved(danger(), move())] * 50)
    assert len(counts["samples"]) == tally.SAMPLES_EACH
    assert counts["items"] == {"P02>P02": {"kind": 50}}
