"""A version of the list from its draft to the day it is superseded, on a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from liandong.audit.by import By
from liandong.audit.models import Event
from liandong.identity.models import Person
from liandong.identity.rights import INSTALLER
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import Conflict, Invalid, NoSuchEdge, NotAllowed, NotFound
from liandong.routing import actions, sheet
from liandong.routing.errors import (
    DayUnfit,
    ItemChanged,
    ItemFaulty,
    ItemTaken,
    NotADraft,
    NothingChanged,
    OwnProposal,
    SheetFaulty,
    VersionTaken,
)
from liandong.routing.items import ItemValues, fingerprint
from liandong.routing.models import ListItem, ListVersion
from liandong.routing.queries import (
    access_item,
    access_version,
    check_item,
    items_in_force,
    values,
    values_of,
    version_in_force,
    visible_versions,
)
from tests.cast import HOTLINE, LIST_ITEMS, LIST_VERSIONS, POSTS, rows, run_clocks

DAY = date(2026, 3, 10)  # the clock stands at the second of March
MAKING = frozenset({"list.edit", "list.propose", "list.approve", "order.read"})
NEW = ItemValues("P09", "治安", "散布谣言", "110", "divert", signals=("谣言",), examples=("甲说", "乙说", "丙说"))


@pytest.fixture
def making(city: VirtualClock) -> VirtualClock:
    for number, name in ((21, "编制甲"), (22, "召集人"), (23, "编制乙")):
        Person.objects.create(
            id=number, username=f"p{number}", name=name, post_id="call_taker", desk_id="12345", since=city.now()
        )
    return city


OFFICE = By(name="编制甲", post="conference_officer", desk="12345", person=21, rights=POSTS["conference_officer"])
CONVENER = By(name="召集人", post="conference_convener", desk="12345", person=22, rights=POSTS["conference_convener"])
SECOND_OFFICE = replace(OFFICE, name="编制乙", person=23)
ALMIGHTY = replace(OFFICE, rights=MAKING)


def begun(code: str = "T-2", day: date = DAY, by: By = OFFICE, **given: Any) -> ListVersion:
    said = {"name": "第二版", "source": "会议纪要", "base": "T-1", **given}
    return actions.begin(by=by, code=code, effective_from=day, **said)


def changed(code: str = "T-2", by: By = OFFICE, **given: Any) -> None:
    """Gambling goes to the hotline, unless something else is asked for."""
    old = values(access_item(by, code, "P01"))
    new = replace(old, **(given or {"side": "12345"}))
    actions.put_item(by=by, version=code, item=new, seen=fingerprint(old))


def seen(code: str = "T-2") -> int:
    return ListVersion.objects.get(code=code).version


def proposed(code: str = "T-2", **given: Any) -> None:
    begun(code, **given)
    changed(code)
    actions.propose(by=OFFICE, code=code, seen=seen(code))


def approved(code: str = "T-2", **given: Any) -> None:
    proposed(code, **given)
    actions.approve(by=CONVENER, code=code, seen=seen(code))


def state(code: str = "T-2") -> str:
    return ListVersion.objects.get(code=code).state


def test_a_draft_begins_with_every_item_of_its_base_and_changes_nothing_in_force(making: VirtualClock) -> None:
    version = begun()
    assert values_of(version) == values_of(ListVersion.objects.get(code="T-1"))
    changed()
    assert {item.side for item in items_in_force(making.now()) if item.code == "P01"} == {"110"}


def test_an_approved_version_holds_from_midnight_of_its_day_and_the_old_one_until_then(making: VirtualClock) -> None:
    approved()
    before, after = "2026-03-09T23:59:59+08:00", "2026-03-10T00:00:00+08:00"
    moment = type(making.now()).fromisoformat
    assert (version_in_force(moment(before)), version_in_force(moment(after))) == ("T-1", "T-2")
    run_clocks(making, days=9)
    assert (state("T-1"), state("T-2")) == ("superseded", "in_force")
    old, new = ListVersion.objects.get(code="T-1"), ListVersion.objects.get(code="T-2")
    assert (old.effective_to, new.effective_to, new.effective_by) == (DAY, None, None)
    # What held at a past moment is told as it was.
    assert (version_in_force(moment(before)), version_in_force(moment(after))) == ("T-1", "T-2")
    assert [item.side for item in items_in_force(making.now()) if item.code == "P01"] == ["12345"]


def test_a_worker_that_is_away_changes_nobodys_answer(making: VirtualClock) -> None:
    approved()
    making.advance(days=30)
    assert state() == "approved"
    assert version_in_force(making.now()) == check_item("P01", making.now()) == "T-2"


def test_two_versions_whose_days_passed_while_no_worker_ran_end_in_the_order_of_their_days(
    making: VirtualClock,
) -> None:
    approved("T-2")
    approved("T-3", day=DAY + timedelta(days=2))
    making.advance(days=30)
    for code in ("T-3", "T-2"):  # the later one first, as after a failure that was set aside
        actions.reach_effect(ListVersion.objects.get(code=code), making.now())
    kept = ListVersion.objects.order_by("effective_from").values_list("code", "state", "effective_to")
    assert list(kept) == [
        ("T-1", "superseded", DAY),
        ("T-2", "superseded", DAY + timedelta(days=2)),
        ("T-3", "in_force", None),
    ]


def test_the_clock_acts_once_however_often_it_is_called(making: VirtualClock) -> None:
    approved()
    row = ListVersion.objects.get(code="T-2")
    actions.reach_effect(row, making.now())
    assert state() == "approved"
    making.advance(days=20)
    actions.reach_effect(row, making.now())
    actions.reach_effect(row, making.now())
    assert Event.objects.filter(kind="list.moved", body__contains='"take_effect"').count() == 1


def test_who_proposed_does_not_approve_whatever_the_rights(making: VirtualClock) -> None:
    begun()
    changed()
    actions.propose(by=ALMIGHTY, code="T-2", seen=seen())
    with pytest.raises(OwnProposal):
        actions.approve(by=ALMIGHTY, code="T-2", seen=seen())
    assert state() == "proposed"
    actions.approve(by=replace(ALMIGHTY, person=22), code="T-2", seen=seen())
    assert state() == "approved"


def test_each_step_needs_its_right(making: VirtualClock) -> None:
    with pytest.raises(NotAllowed):
        begun(by=CONVENER)
    begun()
    for by in (CONVENER, HOTLINE):
        with pytest.raises(NotAllowed):
            actions.put_item(by=by, version="T-2", item=NEW, seen="")
        with pytest.raises(NotAllowed):
            actions.propose(by=by, code="T-2", seen=seen())
    changed()
    actions.propose(by=OFFICE, code="T-2", seen=seen())
    for by in (OFFICE, SECOND_OFFICE, HOTLINE):
        with pytest.raises(NotAllowed):
            actions.approve(by=by, code="T-2", seen=seen())


def test_what_is_not_settled_is_seen_by_who_makes_the_list_only(making: VirtualClock) -> None:
    begun()
    assert [one.code for one in visible_versions(OFFICE)] == ["T-2", "T-1"]
    assert [one.code for one in visible_versions(HOTLINE)] == ["T-1"]
    with pytest.raises(NotFound):
        access_version(HOTLINE, "T-2")


def test_sent_back_with_a_reason_it_is_a_draft_again_and_may_be_changed(making: VirtualClock) -> None:
    proposed()
    with pytest.raises(Invalid):
        actions.send_back(by=CONVENER, code="T-2", seen=seen(), reason="  ")
    actions.send_back(by=CONVENER, code="T-2", seen=seen(), reason="例外情形不全")
    assert (state(), ListVersion.objects.get(code="T-2").reason) == ("draft", "例外情形不全")
    changed(exceptions="网络赌博除外")
    actions.propose(by=OFFICE, code="T-2", seen=seen())
    assert ListVersion.objects.get(code="T-2").reason == ""


@pytest.mark.parametrize("make", [proposed, approved])
def test_items_change_in_a_draft_only(making: VirtualClock, make: Any) -> None:
    make()
    kept = values_of(ListVersion.objects.get(code="T-2"))
    with pytest.raises(NotADraft):
        changed(text="别的")
    with pytest.raises(NotADraft):
        actions.put_item(by=OFFICE, version="T-2", item=NEW, seen="")
    with pytest.raises(NotADraft):
        actions.remove_item(by=OFFICE, version="T-2", code="P01", seen=fingerprint(kept[0]))
    with pytest.raises(NotADraft):
        actions.import_items(by=OFFICE, version="T-2", name="甲.csv", content=sheet.write("T-2", [NEW]))
    with pytest.raises(NotADraft):
        actions.describe(by=OFFICE, code="T-2", name="别的", effective_from=DAY, source="别的")
    assert values_of(ListVersion.objects.get(code="T-2")) == kept


def test_who_decides_on_what_has_moved_since_is_told(making: VirtualClock) -> None:
    proposed()
    looked_at = seen()
    actions.send_back(by=CONVENER, code="T-2", seen=looked_at, reason="再改")
    changed(text="另一种写法")
    actions.propose(by=OFFICE, code="T-2", seen=seen())
    with pytest.raises(Conflict):
        actions.approve(by=CONVENER, code="T-2", seen=looked_at)
    assert state() == "proposed"


def test_a_step_the_table_does_not_have_is_refused(making: VirtualClock) -> None:
    begun()
    with pytest.raises(NoSuchEdge):
        actions.approve(by=CONVENER, code="T-2", seen=seen())
    actions.drop(by=OFFICE, code="T-2", seen=seen(), reason="不再需要")
    with pytest.raises(NoSuchEdge):
        actions.drop(by=OFFICE, code="T-2", seen=seen(), reason="再作废一次")


def test_no_list_takes_effect_on_a_day_that_has_begun_or_that_another_has(making: VirtualClock) -> None:
    for day in (date(2026, 3, 2), date(2025, 1, 1)):
        with pytest.raises(DayUnfit):
            begun(day=day)
    approved("T-2")
    begun("T-3")
    changed("T-3")
    with pytest.raises(DayUnfit) as why:
        actions.propose(by=OFFICE, code="T-3", seen=seen("T-3"))
    assert "T-2" in why.value.message


def test_a_day_that_passed_between_proposal_and_approval_is_no_day_any_more(making: VirtualClock) -> None:
    proposed()
    making.advance(days=8)
    with pytest.raises(DayUnfit):
        actions.approve(by=CONVENER, code="T-2", seen=seen())


def test_what_differs_in_nothing_is_not_proposed(making: VirtualClock) -> None:
    begun()
    with pytest.raises(NothingChanged):
        actions.propose(by=OFFICE, code="T-2", seen=seen())


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        ({"code": "T-1"}, VersionTaken),
        ({"code": "第二版"}, Invalid),
        ({"code": "T/2"}, Invalid),
        ({"name": " "}, Invalid),
        ({"source": "字" * 201}, Invalid),
        ({"base": "没有"}, NotFound),
    ],
)
def test_a_draft_that_cannot_be_begun_says_why(making: VirtualClock, said: Any, failure: type[Exception]) -> None:
    with pytest.raises(failure):
        begun(**said)
    assert ListVersion.objects.count() == 1


def test_a_draft_is_no_base_for_another(making: VirtualClock) -> None:
    begun()
    with pytest.raises(Invalid):
        begun("T-3", base="T-2")


def test_an_item_is_written_whole_or_not_at_all(making: VirtualClock) -> None:
    begun()
    with pytest.raises(ItemFaulty) as why:
        actions.put_item(by=OFFICE, version="T-2", item=replace(NEW, examples=("一",), kind="x"), seen="")
    assert set(why.value.faults) == {"examples", "kind"}
    with pytest.raises(ItemTaken):
        actions.put_item(by=OFFICE, version="T-2", item=replace(NEW, code="P01"), seen="")
    actions.put_item(by=OFFICE, version="T-2", item=NEW, seen="")
    assert values(access_item(OFFICE, "T-2", "P09")) == NEW


def test_of_two_people_at_one_item_the_second_is_told(making: VirtualClock) -> None:
    begun()
    old = values(access_item(OFFICE, "T-2", "P01"))
    actions.put_item(by=OFFICE, version="T-2", item=replace(old, text="先到的"), seen=fingerprint(old))
    with pytest.raises(ItemChanged):
        actions.put_item(by=SECOND_OFFICE, version="T-2", item=replace(old, text="后到的"), seen=fingerprint(old))
    with pytest.raises(ItemChanged):
        actions.remove_item(by=SECOND_OFFICE, version="T-2", code="P01", seen=fingerprint(old))
    assert access_item(OFFICE, "T-2", "P01").text == "先到的"


def test_an_item_taken_out_of_a_draft_stays_in_the_list_in_force(making: VirtualClock) -> None:
    begun()
    now = values(access_item(OFFICE, "T-2", "H01"))
    actions.remove_item(by=OFFICE, version="T-2", code="H01", seen=fingerprint(now))
    assert [item.code for item in values_of(ListVersion.objects.get(code="T-2"))] == ["P01", "P02"]
    assert check_item("H01", making.now()) == "T-1"


def test_a_file_replaces_all_items_or_none(making: VirtualClock) -> None:
    begun()
    old = values_of(ListVersion.objects.get(code="T-2"))
    content = sheet.write("T-1", [replace(old[0], text="改过的"), NEW])
    with pytest.raises(SheetFaulty) as why:
        actions.import_items(by=OFFICE, version="T-2", name="甲.csv", content=content + b"T-1,x\n")
    assert "第4行" in why.value.problems[0]
    assert values_of(ListVersion.objects.get(code="T-2")) == old
    found = actions.import_items(by=OFFICE, version="T-2", name="甲.csv", content=content)
    assert (len(found.added), len(found.changed), len(found.removed)) == (1, 1, 2)
    assert values_of(ListVersion.objects.get(code="T-2")) == (replace(old[0], text="改过的"), NEW)


def test_every_change_stands_in_the_trail_of_its_version(making: VirtualClock) -> None:
    approved()
    run_clocks(making, days=9)
    told = Event.objects.filter(subject="list:T-2").order_by("id").values_list("kind", flat=True)
    assert list(told) == ["list.moved", "list.item_changed", *["list.moved"] * 3]
    assert Event.objects.get(subject="list:T-1").kind == "list.moved"


def test_a_pack_loaded_again_leaves_what_was_begun_or_moved_here(making: VirtualClock) -> None:
    approved()
    run_clocks(making, days=9)
    actions.load_versions(by=INSTALLER, rows=rows("list_versions.csv", LIST_VERSIONS))
    assert (state("T-1"), ListVersion.objects.get(code="T-1").effective_to) == ("superseded", DAY)
    with pytest.raises(Invalid.__mro__[1]) as why:
        actions.load_items(by=INSTALLER, rows=rows("list_items.csv", LIST_ITEMS.replace("T-1,P02", "T-2,P02")))
    assert "在系统中起草" in why.value.message  # type: ignore[attr-defined] # a LiandongError
    assert ListItem.objects.filter(version__code="T-2", side="12345").count() == 2


def test_an_approved_version_of_the_pack_takes_effect_on_its_day(city: VirtualClock) -> None:
    second = LIST_VERSIONS.replace("T-1,测试清单,in_force,2023-06-01,", "T-2,第二版,approved,2026-03-04,")
    actions.load_versions(by=INSTALLER, rows=rows("list_versions.csv", second))
    assert version_in_force(city.now()) == "T-1"
    run_clocks(city, days=3)
    assert (version_in_force(city.now()), state("T-2"), state("T-1")) == ("T-2", "in_force", "superseded")
