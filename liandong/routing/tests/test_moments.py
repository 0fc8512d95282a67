"""When something was, and whether it is over, told again, anew or another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.routing.moments import moment


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("今早", {0}),
        ("昨晚和前天", {1, 2}),
        ("上礼拜报的", {7}),
        ("九月十一号", {30}),
        ("去年冬天", {90, 365}),
        ("三天", set()),
    ],
)
def test_words_of_time_have_an_age_in_days(text: str, ages: set[int]) -> None:
    assert moment(text).ages == ages


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("已经修好了", "over"),
        ("派出所处理完了", "over"),
        ("还是刚才那个地址", "again"),
        ("我又来了，催一催", "again"),
        ("不是老汉那起", "apart"),
        ("今晚又灭了", "anew"),
    ],
)
def test_marks_are_the_words_that_make_them(text: str, mark: str) -> None:
    assert getattr(moment(text), mark) in text
    assert getattr(moment(text), mark)
    assert getattr(moment("路灯不亮"), mark) == ""


@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    moment(text)
