"""Who follows what on the line, and when a line may stay open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liandong.audit.by import By
from liandong.console.live import _after, _may_stay, topics_of
from liandong.kernel.hearing import Line

CLERK = By(name="甲", post="p", desk="hot", person=7, rights=frozenset({"order.read"}))


def test_people_follow_their_desk_and_the_alarm_who_can_see_to_it() -> None:
    assert topics_of(CLERK) == {"orders:hot", "transfers:hot", "reach:*"}
    handles = replace(CLERK, rights=CLERK.rights | {"order.handle"})
    assert topics_of(handles, ["7"]) == {"orders:hot", "transfers:hot", "danger:hot", "matter:7", "reach:*"}


def test_people_of_a_unit_follow_their_unit_and_have_no_alarm() -> None:
    unit = replace(CLERK, desk=None, unit="water", rights=CLERK.rights | {"order.handle"})
    assert topics_of(unit) == {"orders:water", "transfers:water", "reach:*"}


def test_who_may_see_every_desk_follows_every_desk_but_only_the_own_alarm() -> None:
    every = replace(CLERK, rights=CLERK.rights | {"desk.all", "order.handle"})
    assert topics_of(every) == {"orders:hot", "transfers:hot", "orders:*", "transfers:*", "danger:hot", "reach:*"}


def test_who_looks_after_the_other_nodes_hears_of_them_and_of_no_order() -> None:
    keeper = replace(CLERK, rights=frozenset({"peers.manage"}))
    assert topics_of(keeper) == {"reach:*", "peers:*"}
    line = Line(session="s", person=7, topics=topics_of(keeper), rights=keeper.rights)
    assert _may_stay(line, keeper) is True


@pytest.mark.parametrize(
    ("now", "stays"),
    [
        (CLERK, True),
        (None, False),
        (replace(CLERK, desk="pol"), False),
        (replace(CLERK, rights=frozenset()), False),
        (replace(CLERK, rights=CLERK.rights | {"clue.read"}), False),
        (replace(CLERK, person=8), False),
    ],
)
def test_a_line_stays_as_long_as_its_person_would_get_the_same_one(now: By | None, stays: bool) -> None:
    line = Line(session="s", person=7, topics=topics_of(CLERK, ["9"]), rights=CLERK.rights)
    assert _may_stay(line, now) is stays


@pytest.mark.parametrize(
    ("text", "after"),
    [("", None), ("0", 0), ("17", 17), ("-3", -1), ("1e3", -1), ("٣", -1), ("9" * 40, -1), ("1; DROP", -1)],
)
def test_what_was_heard_last_is_a_number_of_ours_or_unknown(text: str, after: int | None) -> None:
    assert _after(text) == after
