"""How urgent a note is and on which level of response, by what it tells itself."""

from __future__ import annotations

import pytest

from liandong.routing import commands
from liandong.routing.decision import decide
from liandong.routing.engine import from_pack, steps
from liandong.routing.levels import Hint, Steps, hint, number
from liandong.routing.verdicts import Note, Verdict

NO, YES = Verdict(False, 0.0), Verdict(True, 0.9)


def told(text: str = "", danger: Verdict = NO, kind: str = "", nature: str = "help", unit_level: str = "") -> Hint:
    return hint(text, danger, kind=kind, nature=nature, unit_level=unit_level, steps=Steps())


def test_a_danger_is_urgent_whatever_else_is_told() -> None:
    found = told(danger=YES, unit_level="utility")
    assert (found.urgency, found.reasons[0].clause) == ("danger", "S3.4")


def test_an_item_for_dangers_that_no_gate_saw_is_about_life_and_property() -> None:
    assert told(kind="danger").urgency == "life"
    assert told(kind="divert").urgency == "ordinary"


@pytest.mark.parametrize(
    ("nature", "unit_level", "urgency"),
    [("help", "utility", "utility"), ("consult", "utility", "ordinary"), ("help", "department", "ordinary")],
)
def test_a_repair_of_a_utility_is_urgent_and_a_question_to_it_is_not(
    nature: str, unit_level: str, urgency: str
) -> None:
    assert told(nature=nature, unit_level=unit_level).urgency == urgency


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("", ""),
        ("死了一只猫", ""),
        ("车祸死了两个人", ""),
        ("车祸死了三个人", "larger"),
        ("已致3人死亡，2人受伤", "larger"),
        ("爆炸，十几人遇难", "major"),
        ("死亡人数已达29人", "major"),
        ("一百二十名工人遇难", "extreme"),
        ("三个人打死了一条狗", ""),
        ("三十五人遇难", "extreme"),
        ("12人死亡，后又有31人遇难", "extreme"),
    ],
)
def test_the_level_follows_from_the_dead_a_note_tells_of(text: str, level: str) -> None:
    found = told(text)
    assert found.level == level
    assert [reason.clause for reason in found.reasons] == (["S4.1"] if level else [])


@pytest.mark.parametrize(
    ("said", "value"), [("3", 3), ("两", 2), ("十", 10), ("十几", 10), ("几十", 20), ("三十五", 35), ("一百二十", 120)]
)
def test_numbers_are_read_in_digits_and_ideographs(said: str, value: int) -> None:
    assert number(said) == value


def test_the_steps_are_dated_rows_of_the_city() -> None:
    rows = [
        {"name": "level_larger_dead", "value": "2", "effective_from": "2026-01-01", "effective_to": "2026-06-01"},
        {"name": "level_larger_dead", "value": "4", "effective_from": "2026-06-01", "effective_to": ""},
    ]
    assert [steps(rows, day).larger for day in ("2025-12-31", "2026-03-01", "2026-06-01")] == [3, 2, 4]


def test_a_decision_says_urgency_and_level_with_their_reasons() -> None:
    engine = from_pack(commands.pack("xinzhou"), "2026-11-26")
    found = decide(Note("国道上大货车撞了客车，死了三个人，还有人卡在车里"), engine)
    assert (found.urgency, found.level) == ("danger", "larger")
    assert [reason.rule for reason in found.reasons if reason.kind == "level"] == ["danger", "larger"]
    assert decide(Note("家里停水两天了，请派人来修"), engine).urgency == "utility"
