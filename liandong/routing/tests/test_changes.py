"""Differences between two versions: applied to the one they give the other, told in an order that does not wander."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from liandong.routing.changes import COMPARED, Differences, differences
from liandong.routing.items import FIELDS, KINDS, SIDES, ItemValues

WORDS = st.text("赌博噪声路灯停水打架", min_size=1, max_size=4)
ITEM = st.builds(
    ItemValues,
    code=st.sampled_from([f"A{n:02}" for n in range(1, 13)]),
    class_name=st.sampled_from(["治安", "噪声", "市政"]),
    text=WORDS,
    side=st.sampled_from(list(SIDES)),
    kind=st.sampled_from(list(KINDS)),
    exceptions=WORDS,
    signals=st.lists(WORDS, max_size=3).map(tuple),
    examples=st.lists(WORDS, max_size=3).map(tuple),
)
LIST = st.lists(ITEM, max_size=10, unique_by=lambda item: item.code)
GAMBLING = ItemValues("P01", "治安", "聚众赌博", "110", "divert", examples=("甲", "乙", "丙"))
NOISE = ItemValues("H01", "噪声", "社会生活噪声", "12345", "divert", examples=("甲", "乙", "丙"))


def applied(before: Iterable[ItemValues], found: Differences) -> set[ItemValues]:
    """The list after the differences were made to it, field by field."""
    items = {item.code: item for item in before}
    for item in found.removed:
        del items[item.code]
    for change in found.changed:
        for field in change.fields:
            assert getattr(items[change.code], field.name) == field.before
            after: dict[str, Any] = {field.name: field.after}
            items[change.code] = replace(items[change.code], **after)
    for item in found.added:
        assert item.code not in items
        items[item.code] = item
    return set(items.values())


@given(LIST, LIST)
def test_the_differences_made_to_one_version_give_the_other(before: list[ItemValues], after: list[ItemValues]) -> None:
    assert applied(before, differences(before, after)) == set(after)


@given(LIST)
def test_a_version_does_not_differ_from_itself(items: list[ItemValues]) -> None:
    assert not differences(items, items)


@given(LIST, LIST, st.randoms())
def test_they_are_told_alike_however_the_items_were_ordered(
    before: list[ItemValues], after: list[ItemValues], chance: Random
) -> None:
    told = differences(before, after)
    chance.shuffle(before)
    chance.shuffle(after)
    assert differences(before, after) == told


@given(LIST, LIST)
def test_the_classes_together_count_every_difference_once(before: list[ItemValues], after: list[ItemValues]) -> None:
    found = differences(before, after)
    counted = [(one.added, one.removed, one.changed, one.moved) for one in found.by_class]
    sums = tuple(map(sum, zip(*counted, strict=True))) or (0, 0, 0, 0)
    assert sums == (len(found.added), len(found.removed), len(found.changed), found.moved)


def test_what_changes_side_stands_first_then_what_changes_its_kind_then_the_rest_by_code() -> None:
    before = [replace(GAMBLING, code=code) for code in ("A01", "A02", "A03", "A04")]
    after = [
        replace(before[0], text="赌博"),
        replace(before[1], exceptions="网络赌博除外"),
        replace(before[2], kind="danger"),
        replace(before[3], side="12345"),
    ]
    found = differences(before, after)
    assert [change.code for change in found.changed] == ["A04", "A03", "A01", "A02"]
    assert [field.name for field in found.changed[0].fields] == ["side"]
    assert found.moved == 1


def test_an_item_that_goes_to_another_class_counts_under_the_new_one() -> None:
    found = differences([GAMBLING, NOISE], [replace(GAMBLING, class_name="黄赌毒")])
    assert [(one.class_name, one.added, one.removed, one.changed) for one in found.by_class] == [
        ("噪声", 0, 1, 0),
        ("黄赌毒", 0, 0, 1),
    ]


def test_every_field_but_the_code_is_compared() -> None:
    assert set(COMPARED) == set(FIELDS) - {"code"}
