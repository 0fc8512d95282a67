"""What may still be taken back of a version, and what may not any more: an approval before its day, items never."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from liandong.audit.models import Event
from liandong.identity.rights import INSTALLER
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import Conflict, Invalid, NoSuchEdge, NotAllowed, NotFound
from liandong.routing import actions
from liandong.routing.errors import AlreadyHolds
from liandong.routing.models import ListItem, ListVersion
from liandong.routing.queries import access_version, items_in_force, version_in_force
from liandong.routing.tests.test_life import (
    ALMIGHTY,
    CONVENER,
    DAY,
    OFFICE,
    approved,
    changed,
    making,
    proposed,
    seen,
    state,
)
from tests.cast import HOTLINE, LIST_ITEMS, LIST_VERSIONS, rows, run_clocks

__all__ = ["making"]


def recall(**given: Any) -> ListVersion:
    return actions.recall(**{"by": CONVENER, "code": "T-2", "seen": seen(), "reason": "条目须再议", **given})


def test_an_approval_taken_back_before_its_day_leaves_a_draft_that_never_holds(making: VirtualClock) -> None:
    approved()
    recall()
    found = ListVersion.objects.get(code="T-2")
    assert (found.state, found.effective_by, found.approved_person_id, found.approved_by) == ("draft", None, None, "")
    assert found.reason == "条目须再议"
    run_clocks(making, days=9)
    assert version_in_force(making.now()) == "T-1"
    assert {item.version for item in items_in_force(making.now())} == {"T-1"}
    with pytest.raises(NotFound):
        access_version(HOTLINE, "T-2")


def test_a_recalled_version_is_changed_proposed_and_approved_again(making: VirtualClock) -> None:
    approved()
    recall()
    changed(text="再议后的")
    actions.propose(by=OFFICE, code="T-2", seen=seen())
    actions.approve(by=CONVENER, code="T-2", seen=seen())
    run_clocks(making, days=9)
    assert (state(), version_in_force(making.now())) == ("in_force", "T-2")


def test_from_midnight_of_its_day_it_stays_also_while_no_worker_wrote_it_down(making: VirtualClock) -> None:
    approved()
    making.advance(days=8)
    assert state() == "approved"
    with pytest.raises(AlreadyHolds):
        recall()
    assert version_in_force(making.now()) == "T-2"


def test_the_last_moment_before_its_day_is_early_enough(making: VirtualClock) -> None:
    approved()
    making.move_to(type(making.now()).fromisoformat("2026-03-09T23:59:59+08:00"))
    recall()
    making.advance(seconds=2)
    assert version_in_force(making.now()) == "T-1"


def test_only_who_approves_recalls_with_a_reason_and_what_they_have_seen(making: VirtualClock) -> None:
    approved()
    with pytest.raises(NotAllowed):
        recall(by=OFFICE)
    for reason in ("", " ", "字" * 501):
        with pytest.raises(Invalid):
            recall(reason=reason)
    with pytest.raises(Conflict):
        recall(seen=seen() - 1)
    assert state() == "approved"
    recall(by=ALMIGHTY)
    body = Event.objects.filter(subject="list:T-2").latest("id").body
    assert '"recall"' in body
    assert "条目须再议" in body


@pytest.mark.parametrize("before", ["draft", "proposed", "in_force", "dropped"])
def test_nothing_but_an_approval_is_recalled(making: VirtualClock, before: str) -> None:
    proposed()
    if before in ("draft", "dropped"):
        actions.send_back(by=CONVENER, code="T-2", seen=seen(), reason="再议")
    if before == "dropped":
        actions.drop(by=OFFICE, code="T-2", seen=seen(), reason="不要了")
    if before == "in_force":
        actions.approve(by=CONVENER, code="T-2", seen=seen())
        run_clocks(making, days=9)
    assert state() == before
    with pytest.raises(NoSuchEdge):
        recall()


def test_its_day_is_free_again_for_another_version(making: VirtualClock) -> None:
    approved()
    recall()
    approved("T-3", day=DAY)
    assert state("T-3") == "approved"


CHANGED = LIST_ITEMS.replace("聚众赌博,110", "聚众赌博,12345")
NEW_ITEM = LIST_ITEMS + "\nT-1,P03,治安,散布谣言,110,divert,,,,S3.1,谣言,甲说|乙说|丙说"


@pytest.mark.parametrize("pack", [CHANGED, NEW_ITEM], ids=["changed", "new"])
def test_a_pack_loaded_again_leaves_the_items_of_a_version_that_holds_as_they_are(
    city: VirtualClock, pack: str
) -> None:
    loaded = actions.load_items(by=INSTALLER, rows=rows("list_items.csv", pack))
    assert (loaded.created, loaded.updated) == (0, 0)
    assert ListItem.objects.get(code="P01").side == "110"
    assert ListItem.objects.count() == 3


def test_the_items_of_a_version_that_does_not_hold_yet_are_the_packs_to_change(city: VirtualClock) -> None:
    day: date = city.now().date() + timedelta(days=3)
    second = LIST_VERSIONS.replace("T-1,测试清单,in_force,2023-06-01,", f"T-2,第二版,approved,{day},")
    actions.load_versions(by=INSTALLER, rows=rows("list_versions.csv", second))
    actions.load_items(by=INSTALLER, rows=rows("list_items.csv", LIST_ITEMS.replace("T-1", "T-2")))
    again = rows("list_items.csv", CHANGED.replace("T-1", "T-2"))
    assert actions.load_items(by=INSTALLER, rows=again).updated == 1
    city.advance(days=3)
    back = rows("list_items.csv", LIST_ITEMS.replace("T-1", "T-2"))
    assert actions.load_items(by=INSTALLER, rows=back).updated == 0
