"""A long note is compared by its index, a short one word by word: both must find the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liandong.routing import evidence as rule
from liandong.routing.evidence import Found, evidence, told
from liandong.routing.wording import rows_of, wording

# What people say, in pieces that meet, repeat, touch and hold places, concepts, digits and marks.
PIECES = (
    "和平小区3号楼",
    "和平小区",
    "路灯坏了",
    "路灯",
    "和平",
    "公园路的公园",
    "有人打架",
    "老人摔了一跤",
    "忻府区",
    "，",
    "3",
    "aB",
    "😀",
    "水管爆裂，楼道里全是水",
    "已经三天了",
)
notes = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def found(one: str, other: str, long: int, monkeypatch: pytest.MonkeyPatch) -> list[Found]:
    """Sums over sets differ in their last digit with the order in which the set is gone through."""
    monkeypatch.setattr(rule, "LONG", long)
    return [replace(one, value=round(one.value, 9)) for one in evidence(told(one, ("忻府",)), told(other, ("忻府",)))]


@settings(max_examples=300)
@given(one=notes, other=notes)
def test_the_index_finds_what_reading_word_by_word_finds(one: str, other: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        word_by_word = found(one, other, 10**9, patch)
        assert found(one, other, 0, patch) == word_by_word
        assert found(one, other, max(len(one), len(other), 1), patch) == word_by_word


def test_what_both_name_is_left_out_and_what_happened_is_not() -> None:
    note = told("和平小区路灯坏了，和平小区有人打架")
    index = wording(note.text, note.words, note.spots, rule.HAPPENS)
    alone = index.hidden(frozenset(), "")
    beside = index.hidden(rows_of("和平小区路灯坏了"), "和平小区路灯坏了")
    assert alone == frozenset()
    assert index.concepts(alone) == {"坏了", "打架", "路灯"}
    assert index.concepts(beside) == {"打架", "路灯"}
    assert not index.left(frozenset("和平小区"), beside)
    assert index.left(frozenset("路灯打架"), beside) == frozenset("路灯打架")
