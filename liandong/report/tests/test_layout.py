"""Where a title is parted, and where name and date stand."""

from __future__ import annotations

import pytest

from liandong.report.layout import signature, title_lines, width


def test_figures_take_half_a_character() -> None:
    assert (width("热线"), width("12345"), width("2026年11月24日"), width("")) == (2.0, 2.5, 7.0, 0.0)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("关于路灯的专报", ["关于路灯的专报"]),
        ("关于“小区门前车辆互相堵塞”分流有关事项的专报", ["关于“小区门前车辆互相堵塞”", "分流有关事项的专报"]),
        ("文" * 20, ["文" * 20]),
        ("文" * 21, ["文" * 10, "文" * 11]),
        ("文" * 9 + "20261124号" + "文" * 9, ["文" * 9, "20261124号" + "文" * 9]),
    ],
)
def test_a_long_title_is_parted_in_lines_of_about_one_length(title: str, lines: list[str]) -> None:
    assert title_lines(title) == lines


@pytest.mark.parametrize("title", ["“" * 60, "”" * 60, "1" * 120, "甲“乙”，丙（丁）" * 9, "长" * 100, ""])
def test_whatever_it_is_no_word_is_lost(title: str) -> None:
    assert "".join(title_lines(title)) == title


def test_no_line_begins_with_what_closes_or_ends_with_what_opens() -> None:
    for n in range(30):
        lines = title_lines(f"关于“{'长' * n}”（重复）分流有关事项的专报，以及其他事项的专报")
        assert not [one for one in lines if one[0] in "”）》，" or one[-1] in "“（《"], lines


@pytest.mark.parametrize(
    ("signer", "found"),
    [
        ("忻州市公安局", (4.5, 4.0)),  # 6 characters above a date of 7: the name stands in its middle
        ("忻州市12345政务服务便民热线", (0.75, 4.0)),
        ("文" * 17, (0.0, 5.0)),
        ("文" * 24, (0.0, 8.5)),
        ("文" * 25, (0.0, 4.0)),
        ("文" * 80, (0.0, 4.0)),
    ],
)
def test_the_date_stands_four_characters_from_the_edge_unless_the_name_would_reach_over_it(
    signer: str, found: tuple[float, float]
) -> None:
    assert signature(signer, "2026年11月24日") == found
