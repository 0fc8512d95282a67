"""What another list would have decided, order by order: only an item that differs moves anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.hindsight.moves import HandOver, Happened, Lists, replayed
from liandong.routing.items import ItemValues
from liandong.routing.many import Short as Said

AT = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
GAMBLING = ItemValues("P01", "治安", "聚众赌博", "110", "divert", signals=("赌博",), examples=("甲", "乙", "丙"))
FIGHT = ItemValues("P02", "治安", "打架斗殴", "110", "danger", signals=("打架",), examples=("甲", "乙", "丙"))
NOISE = ItemValues("H01", "噪声", "社会生活噪声", "12345", "divert", signals=("噪声",), examples=("甲", "乙", "丙"))
DOGS = ItemValues("H02", "犬只", "犬只扰民", "12345", "divert", signals=("狗叫",), examples=("甲", "乙", "丙"))
BASE = {item.code: item for item in (GAMBLING, FIGHT, NOISE)}
POLICE, HOTLINE = Said("110", "P01"), Said("12345", "H01")


def lists(*after: ItemValues) -> Lists:
    return Lists(BASE, {item.code: item for item in after})


def order(item: str = "", *, kind: str = "divert", side: str = "12345", handed: bool = False) -> Happened:
    steps = (HandOver(kind, item, "T-1", "110", "accepted", AT),) if item or handed else ()
    return Happened("N", AT, side, side, "140902", "T-1", steps)


def test_an_item_that_goes_to_the_other_side_takes_its_orders_along() -> None:
    moved = replayed(order("P01"), lists(replace(GAMBLING, side="12345"), FIGHT, NOISE), None)
    assert moved is not None
    assert (moved.what, moved.side_from, moved.side_to, moved.item_to) == ("side", "110", "12345", "P01")
    assert "由110改归12345" in moved.why


def test_an_item_that_is_dropped_leaves_its_orders_to_nobody() -> None:
    moved = replayed(order("P01"), lists(FIGHT, NOISE), None)
    assert moved is not None
    assert (moved.what, moved.side_to, moved.item_to) == ("nobody", "", "")


def test_an_item_that_takes_the_place_of_a_dropped_one_has_to_be_found_by_its_words() -> None:
    moved = replayed(order("P01"), lists(FIGHT, NOISE, DOGS), (POLICE, Said("12345", "H02")))
    assert moved is not None
    assert (moved.what, moved.item_to, moved.side_to) == ("side", "H02", "12345")


@pytest.mark.parametrize(
    "said",
    [
        (Said("12345", "H01"), Said("12345", "H02")),  # the old engine took it for something else than was cited
        (POLICE, Said("12345", "H02", unsure=True)),
    ],
)
def test_a_classifier_that_is_wrong_or_unsure_replaces_nothing(said: tuple[Said, Said]) -> None:
    moved = replayed(order("P01"), lists(FIGHT, NOISE, DOGS), said)
    assert moved is not None
    assert moved.what == "nobody"


def test_a_new_item_draws_from_an_unchanged_one_what_the_old_engine_knew_as_that() -> None:
    tried = lists(GAMBLING, FIGHT, NOISE, replace(DOGS, side="110"))
    drawn = replayed(order("H01", side="110"), tried, (HOTLINE, Said("110", "H02")))
    assert drawn is not None
    assert (drawn.what, drawn.item_from, drawn.item_to) == ("side", "H01", "H02")
    assert replayed(order("H01", side="110"), tried, (POLICE, Said("110", "H02"))) is None


def test_engines_that_differ_about_untouched_items_move_nothing() -> None:
    tried = lists(GAMBLING, FIGHT, NOISE, DOGS)
    assert replayed(order("H01"), tried, (HOTLINE, POLICE)) is None
    assert replayed(order(), tried, (HOTLINE, POLICE)) is None


def test_an_order_without_a_citation_moves_only_where_the_engines_differ() -> None:
    tried = lists(GAMBLING, FIGHT, replace(NOISE, side="110"))
    moved = replayed(order(), tried, (HOTLINE, Said("110", "H01")))
    assert moved is not None
    assert (moved.what, moved.side_from, moved.side_to) == ("side", "12345", "110")
    assert replayed(order(), tried, None) is None
    assert replayed(order(side="110"), tried, (HOTLINE, Said("110", "H01"))) is None, "it is there already"


def test_a_guide_path_stands_in_no_reason_by_its_code() -> None:
    tried = lists(GAMBLING, FIGHT, NOISE, DOGS)
    guided = Said("neither", "litigation")
    taken = replayed(order(side="110"), tried, (guided, Said("12345", "H02")))
    left = replayed(order(), Lists({**BASE, "H02": DOGS}, BASE), (Said("12345", "H02"), guided))
    asked = replayed(order(), tried, (guided, Said("12345", "H02", unsure=True)))
    for moved in (taken, left, asked):
        assert moved is not None
        assert "引导解释" in moved.why
        assert "litigation" not in moved.why


def test_an_order_the_new_list_is_not_sure_of_goes_to_a_person_or_to_nobody() -> None:
    unsure = Said("110", "P01", unsure=True)
    asked = replayed(order(), lists(GAMBLING, FIGHT, replace(NOISE, text="别的")), (HOTLINE, unsure))
    left = replayed(order(), lists(GAMBLING, FIGHT), (HOTLINE, unsure))
    assert asked is not None
    assert left is not None
    assert (asked.what, left.what) == ("person", "nobody")


def test_another_kind_of_hand_over_is_told_as_that() -> None:
    moved = replayed(order("P02", kind="danger"), lists(GAMBLING, replace(FIGHT, kind="divert"), NOISE), None)
    assert moved is not None
    assert (moved.what, moved.kind_from, moved.kind_to) == ("kind", "danger", "divert")


def test_words_only_people_read_ask_no_classifier_and_move_nothing() -> None:
    tried = lists(replace(GAMBLING, exceptions="涉枪的", legal_basis="某法", unit_type="派出所"), FIGHT, NOISE)
    assert tried.found
    assert not tried.asks
    assert replayed(order("P01"), tried, None) is None


def test_an_item_of_somebody_elses_list_is_touched_by_nothing() -> None:
    assert replayed(order("Z99"), lists(FIGHT), (POLICE, HOTLINE)) is None


SAID = st.builds(
    Said, st.sampled_from(["12345", "110", "neither"]), st.sampled_from(["P01", "P02", "H01", "litigation", ""])
)


@given(
    item=st.sampled_from(["", "P01", "P02", "H01", "Z99"]),
    side=st.sampled_from(["12345", "110"]),
    said=st.none() | st.tuples(SAID, SAID),
)
def test_on_an_unchanged_list_nothing_differs_from_what_happened(
    item: str, side: str, said: tuple[Said, Said] | None
) -> None:
    assert replayed(order(item, side=side), lists(*BASE.values()), said) is None
