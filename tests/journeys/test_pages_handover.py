"""The hand-over between the two desks, by posting the forms people have in front of them."""

from __future__ import annotations

import pytest

from tests.journeys import city
from tests.journeys.sheet import Sheet, go

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city(db: None) -> None:
    city.build()


def take_call(username: str = "li-rexian", **typed: str) -> Sheet:
    """The desk takes a call; the order's page comes back."""
    form = go(city.signed_in(username), "/orders/new/")
    page = form.press("受理", **{"title": "楼下有人赌博", "content": city.CONTENT, **typed})
    assert page.status == 200, page.text
    assert "已受理" in page.text
    return page


def opens(username: str, title: str) -> Sheet:
    """The person goes to the desk's home and opens the row with `title`."""
    home = go(city.signed_in(username), "/")
    assert title in home.text
    before = home.html[: home.html.index(f"<bdi>{title}</bdi>")]
    address = before.rpartition('<a href="')[2].partition('"')[0]
    return go(home.client, address.partition("#")[0])


def test_a_call_goes_to_110_and_comes_back_answered() -> None:
    ours = take_call()
    ours = ours.press("移交", way="分流 → 市110", list_item="P01")
    assert "待签收" in ours.text
    theirs = opens("zhao-jingtai", "楼下有人赌博")
    assert "聚众赌博" in theirs.text
    assert "2023-1" in theirs.text
    theirs = theirs.press("签收")
    assert "警单" in theirs.text
    theirs = theirs.press("反馈办结", result="已解决", text="民警到场，已劝散。")
    assert "已反馈" in theirs.text
    ours = opens("li-rexian", "楼下有人赌博")
    assert "民警到场，已劝散。" in ours.text
    ours = ours.press("确认办结")
    assert "事项已办结" in ours.text
    assert ours.buttons.count("联动派警") == 0
    for word in ("offer", "accept", "conclude", "confirm", "divert", "solved"):
        assert word not in ours.text


def test_110_refuses_with_a_basis_and_the_hotline_takes_it_back() -> None:
    take_call().press("移交", way="分流 → 市110", list_item="P01")
    theirs = opens("zhao-jingtai", "楼下有人赌博")
    without = theirs.press("退回", code="不属本台职责")
    assert without.status == 422
    assert "请填写清单条目或退回依据。" in without.text
    assert without.form("退回").values["code"] == "not_ours"
    refused = without.press("退回", basis="属物业管理，未涉赌资。")
    assert "已退回" in refused.text
    ours = opens("li-rexian", "楼下有人赌博")
    assert "属物业管理，未涉赌资。" in ours.text
    assert {"收回办理", "提请协商", "更正后重新移交"} <= set(ours.buttons)
    ours = ours.press("收回办理")
    assert "已收回" in ours.text
    assert "当场答复" in ours.buttons


def test_an_unclear_matter_is_negotiated_and_awarded_to_who_agreed() -> None:
    ours = take_call().press("移交", way="待定 → 市110", reason="是否涉赌不明")
    assert "协商中" in ours.text
    assert "议定由本台办理" in ours.buttons
    assert "议定由对方办理" not in ours.buttons
    theirs = opens("zhao-jingtai", "楼下有人赌博")
    assert "签收" not in theirs.buttons
    theirs.press("协商意见", position="同意由本台办理", text="由我们查处。")
    ours = opens("li-rexian", "楼下有人赌博").press("议定由对方办理")
    assert "已议定" in ours.text
    theirs = opens("zhao-jingtai", "楼下有人赌博")
    assert "退回" not in theirs.buttons
    theirs = theirs.press("签收")
    assert "申请退回" not in theirs.buttons


def test_the_conference_rules_and_only_the_ruling_is_left() -> None:
    take_call().press("移交", way="待定 → 市110", reason="是否涉赌不明")
    conference = opens("zhou-lianxi", "楼下有人赌博")
    conference.press("联席裁定", ruling="裁定由首接台办理", text="未见警情。")
    ours = opens("li-rexian", "楼下有人赌博")
    assert "议定由对方办理" not in ours.buttons
    ours = ours.press("议定由本台办理")
    assert "已收回" in ours.text


def test_a_danger_is_handed_over_beside_what_is_running() -> None:
    ours = take_call().press("移交", way="待定 → 市110", reason="是否涉赌不明")
    ours = ours.press("联动派警", signal="有人持刀")
    assert "联动派警" in ours.text
    home = go(city.signed_in("zhao-jingtai"), "/")
    assert home.text.index("险情") < home.text.index("协商中")
    theirs = opens("zhao-jingtai", "楼下有人赌博")
    assert "有人持刀" in theirs.text
    assert "退回" not in theirs.buttons
    theirs = theirs.press("签收")
    assert "到场" in theirs.buttons


def test_a_danger_stands_above_what_waits_longer() -> None:
    take_call(title="较早的分流").press("移交", way="分流 → 市110", list_item="P01")
    take_call(title="后到的险情", signal="有人落水")
    home = go(city.signed_in("zhao-jingtai"), "/")
    assert home.text.index("后到的险情") < home.text.index("较早的分流")


def test_a_call_marked_dangerous_alarms_the_police_without_another_word() -> None:
    page = take_call(urgency="紧急危险")
    assert "联动派警" in page.text
    assert "待签收" in page.text


def test_a_county_desk_reaches_the_hotline_only_through_the_city() -> None:
    county = take_call("qian-xiantai", title="县里的路灯坏了", content="路灯三天不亮")
    offered = county.form("移交").options["way"]
    assert [label for value, label in offered.items() if value] == ["逐级转派 → 市110报警服务台"]
    county.press("移交", way="逐级转派", reason="属路灯维护")
    middle = opens("zhao-jingtai", "县里的路灯坏了")
    middle = middle.press("签收并转出", way="分流 → 市12345", list_item="H01")
    assert "市12345热线" in middle.text
    hotline = opens("li-rexian", "县里的路灯坏了").press("签收")
    assert "反馈办结" in hotline.buttons


def test_not_solved_goes_back_to_the_desk_that_said_it_was() -> None:
    take_call().press("移交", way="分流 → 市110", list_item="P01")
    opens("zhao-jingtai", "楼下有人赌博").press("签收").press("反馈办结", result="已解决", text="已劝散。")
    ours = opens("li-rexian", "楼下有人赌博").press("未解决，重新办理", code="未处理到位", text="今晚又来了")
    assert "已签收" in ours.text
    theirs = opens("zhao-jingtai", "楼下有人赌博")
    assert "未处理到位" in theirs.text
    assert "not_done" not in theirs.html
    assert "反馈办结" in theirs.buttons


def test_a_withdraw_is_asked_by_note_and_released_by_the_other() -> None:
    ours = take_call().press("移交", way="分流 → 市110", list_item="P01")
    assert "同意撤回" not in opens("zhao-jingtai", "楼下有人赌博").buttons
    ours.press("申请撤回", text="诉求人已自行解决")
    theirs = opens("zhao-jingtai", "楼下有人赌博").press("同意撤回")
    assert "已撤回" in theirs.text


def test_both_sides_write_notes_that_the_other_reads() -> None:
    ours = take_call().press("移交", way="分流 → 市110", list_item="P01")
    ours.press("补充说明", text="在三号楼东侧")
    theirs = opens("zhao-jingtai", "楼下有人赌博")
    assert "在三号楼东侧" in theirs.text
    theirs.press("办理进展", text="警力已派出")
    assert "警力已派出" in opens("li-rexian", "楼下有人赌博").text
