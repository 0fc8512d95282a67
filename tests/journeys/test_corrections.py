"""Suggestions through HTTP: shown while typing, kept with the order, corrected by one person, confirmed by another."""

from __future__ import annotations

import pytest

from liandong.intake.models import Order
from liandong.routing.models import Correction, Decided
from tests.journeys import city
from tests.journeys.sheet import Sheet, go
from tests.journeys.test_calls import NOTE, page, take

pytestmark = pytest.mark.django_db
LIGHT = "来电人反映，和平小区的路灯坏了好几天，晚上一片黑。"
SURE = "路灯坏了，路灯不亮，街上很黑，请修路灯。"
HERE = "/diversion/corrections/"


@pytest.fixture(autouse=True)
def _city(db: None) -> None:
    city.build()


def ask(**said: str) -> Sheet:
    return page().post("/calls/suggest/", **{"division": "140900", **said})


def test_side_item_and_reasons_come_with_the_related_orders_in_one_answer() -> None:
    take(page(), content=SURE, address="和平小区")
    found = ask(content=SURE, address="和平小区")
    for told in ("本台受理", "H01 市政：路灯不亮", "把握", "依据“", "最像例句", "同一地址"):
        assert told in found.text
    assert "data-fills" in found.html


@pytest.mark.parametrize("note", ["🏮𠮷🚒", "abc 123", "嗯。"])
def test_what_says_nothing_is_for_a_person_and_fills_nothing(note: str) -> None:
    found = ask(content=note)
    assert "待人工判断" in found.text
    assert "data-fills" not in found.html


def test_an_empty_note_and_one_longer_than_any_are_answered() -> None:
    assert "待人工判断" not in ask(content="", address="").text
    assert "路灯" in ask(content=LIGHT * 1000).text
    assert "路灯" in ask(content=f"𠮷野家门口{LIGHT}🏮").text


def test_a_danger_is_told_before_it_is_sent_and_sent_with_the_acceptance() -> None:
    found = ask(content="河里有人落水，正在呼救")
    assert "疑似险情：受理即自动派警" in found.text
    assert "险情规则" in found.text
    done = take(page(), content="河里有人落水，正在呼救")
    assert "系统已自动联动派警" in done.text
    assert "有人落水" in go(city.signed_in("zhao-jingtai"), "/desk/").text


def test_what_the_call_taker_leaves_is_kept_and_makes_no_correction() -> None:
    take(page(), content=LIGHT, accepted="1")
    kept = Decided.objects.get()
    assert (kept.side, kept.item, kept.output["accepted"]) == ("12345", "H01", True)
    assert not Correction.objects.exists()


def test_what_is_handed_to_the_other_side_against_the_suggestion_is_a_correction() -> None:
    take(page(), content=LIGHT, way="分流 → 市110", list_item="P01")
    made = Correction.objects.get()
    assert (made.side, made.item, made.state) == ("110", "P01", "noted")


def test_only_a_nature_that_was_touched_is_a_choice() -> None:
    take(page(), content=NOTE, nature="投诉")
    assert Decided.objects.get().output["chosen"] == {}
    take(page(), content=NOTE, nature="投诉", said="nature")
    assert Decided.objects.latest("pk").output["chosen"] == {"nature": "complaint"}


def test_another_person_confirms_what_one_corrected_on_the_order_page() -> None:
    done = take(page(), content=LIGHT)
    assert "分流建议" in done.text
    assert "为什么这样建议" in done.text
    done = done.press("改正建议", side="110", item="P01", why="里面有人打牌赌钱")
    assert "改正建议已记录" in done.text
    assert "待确认" in done.text
    for username, buttons in (("he-zhiban", True), ("lu-duban", True)):
        found = go(city.signed_in(username), HERE)
        assert "里面有人打牌赌钱" in found.text
        assert ("确认 C" in found.text) is buttons
    confirmed = go(city.signed_in("he-zhiban"), HERE).press("确认")
    assert "已确认" in confirmed.text
    assert Correction.objects.get().state == "confirmed"
    assert "没有待确认的纠正" in confirmed.text
    settled = go(city.signed_in("he-zhiban"), f"{HERE}?show=settled")
    assert "何值班" in settled.text
    assert "不再采纳" in settled.text


def test_one_that_somebody_else_decided_on_meanwhile_is_told_and_not_changed() -> None:
    take(page(), content=LIGHT).press("改正建议", side="110")
    here = go(city.signed_in("he-zhiban"), HERE)
    go(city.signed_in("lu-duban"), HERE).press("不采纳")
    done = here.press("确认")
    assert "已确认" not in done.text
    assert Correction.objects.get().state == "dismissed"


def test_nobody_confirms_their_own() -> None:
    done = take(page("he-zhiban"), content=LIGHT)
    done.press("改正建议", side="110")
    found = go(city.signed_in("he-zhiban"), HERE)
    assert "本人所作，须由他人确认" in found.text
    made = Correction.objects.get()
    refused = found.post(f"{HERE}{made.pk}/confirm/", seen="0")
    assert "不能确认自己作的纠正" in refused.text
    assert Correction.objects.get().state == "noted"


def test_the_page_is_for_who_may_confirm_and_a_correction_changes_something() -> None:
    done = take(page(), content=LIGHT)
    assert go(city.signed_in("li-rexian"), HERE).status == 403
    again = done.press("改正建议", side="12345")
    assert "请至少改一项" in again.text
    assert Order.objects.count() == 1
