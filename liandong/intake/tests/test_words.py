"""What is stored of a text for search, and what is asked of it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.intake.words import LONGEST, MOST, fold, tsquery, words


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("", ""),
        ("，。 \n!", ""),
        ("水", "水"),
        ("停水", "停水 水"),
        ("停水了，3号楼", "停水 水了 了 号楼 楼 3"),
        ("Ａ座 Wi-Fi", "座 a wi fi"),
        ("𠮷野家吉", "𠮷野 野家 家吉 吉"),
        ("停水😀没人管", "停水 水 没人 人管 管"),
        ("a" * 100, "a" * LONGEST),
    ],
)
def test_ideographs_are_stored_as_pairs_and_letters_whole(text: str, stored: str) -> None:
    assert words(text) == stored


def test_two_texts_have_no_pair_across_their_border() -> None:
    assert words("停水", "云中路") == "停水 水 云中 中路 路"


def test_beyond_the_first_four_thousand_characters_nothing_is_stored() -> None:
    stored = words("停" * (MOST - 2) + "水管" + "爆裂").split()
    assert "水管" in stored
    assert "管爆" not in stored
    assert "爆裂" not in stored


ANY = st.text(
    st.one_of(st.sampled_from("停水了云中路〇𠮷，。\n aB3号_'\\:Ａ楼"), st.characters(codec="utf-8")), max_size=60
)


@given(ANY)
def test_the_words_are_the_pairs_of_each_run_by_its_definition(text: str) -> None:
    runs = re.findall("[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+", fold(text))
    pairs = [pair for run in runs for pair in [*map("".join, pairwise(run)), run[-1]]]
    stored = words(text).split(" ") if words(text) else []
    assert stored[: len(pairs)] == pairs
    assert all(re.fullmatch(r"\w+", rest) for rest in stored[len(pairs) :])


@given(ANY)
def test_a_text_is_found_by_itself(text: str) -> None:
    stored = words(text).split()
    for term in filter(None, tsquery(text).split(" & ")):
        word, prefix, _ = term.removeprefix("'").removesuffix("'").partition("':*")
        assert any(one.startswith(word) if prefix else one == word for one in stored)
