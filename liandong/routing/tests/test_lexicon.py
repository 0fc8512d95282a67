"""Text in words, and the concepts words stand for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from liandong.routing import lexicon
from liandong.routing.evidence import WHO_AND_WHERE
from liandong.routing.lexicon import CONCEPTS, RARITIES, cut, lines


def concepts(text: str) -> set[str]:
    return {name for _, names in cut(text) if names for name in names}


@given(st.text(max_size=200))
def test_the_words_of_a_text_are_the_text(text: str) -> None:
    assert "".join(word for word, _ in cut(text)) == text


def test_the_longest_word_counts_and_what_no_table_knows_stays_single() -> None:
    assert [word for word, _ in cut("御龙湾自来水")] == ["御", "龙", "湾", "自来水"]
    assert cut("御")[0][1] is None
    assert cut("来电人")[0][1] == frozenset()


def test_words_without_a_common_character_meet_in_a_concept() -> None:
    assert "医护" in concepts("大夫") & concepts("护士")
    assert "孩子" in concepts("娃") & concepts("小朋友")


def test_every_concept_stands_once_and_has_words() -> None:
    names = [name for table in lexicon.TABLES for name, _, words in lines(table) if words]
    assert len(names) == len(set(names)) == len(RARITIES)
    assert {name for names in CONCEPTS.values() for name in names} == set(names)
    assert set(names) >= WHO_AND_WHERE
