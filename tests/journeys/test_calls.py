"""The call-taker's page through HTTP: what is offered while typing, how a call ends, what is kept."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pytest
from django.test import Client

from liandong.audit.models import Event
from liandong.intake.models import Order, OrderLink
from liandong.transfer.models import Draft, Transfer
from tests.journeys import city
from tests.journeys.sheet import Sheet, go

pytestmark = pytest.mark.django_db

NOTE = "来电人反映，楼下棋牌室有人聚众赌博。每晚都吵。"
DANGER = {"act": "danger"}


class MaxQueries(Protocol):
    def __call__(self, most: int) -> AbstractContextManager[object]: ...


@pytest.fixture(autouse=True)
def _city(db: None) -> None:
    city.build()


def page(username: str = "li-rexian", address: str = "/orders/new/") -> Sheet:
    return go(city.signed_in(username), address)


def take(sheet: Sheet, **typed: str) -> Sheet:
    return sheet.press("受理", **{"content": NOTE, **typed})


def key_of(sheet: Sheet) -> str:
    return sheet.form("受理").values["key"]


def keep(sheet: Sheet, key: str = "", **typed: str) -> tuple[int, dict[str, Any]]:
    """Keep the form as the page's script does."""
    form = sheet.form("受理")
    answer = sheet.client.post(f"/drafts/{key or key_of(sheet)}/", form.fill(**typed))
    return answer.status_code, json.loads(answer.content)


def danger(sheet: Sheet, **typed: str) -> Sheet:
    form = sheet.form("受理")
    return sheet.post("/orders/new/", **{**form.fill(**typed), **DANGER})


def test_a_note_is_enough_and_its_first_sentence_is_the_title() -> None:
    done = take(page())
    order = Order.objects.get()
    assert order.title == "楼下棋牌室有人聚众赌博"
    assert order.content == NOTE
    assert f'<a href="/orders/{order.number}/">{order.number}</a>' in done.html
    assert done.url == f"/orders/{order.number}/"


def test_who_takes_the_next_call_at_once_gets_a_fresh_form_and_the_choice_is_remembered() -> None:
    done = take(page(), after="new")
    assert done.url == "/orders/new/"
    assert "已受理" in done.text
    assert done.form("受理").values["content"] == ""
    assert done.form("受理").values["after"] == "new"
    assert take(done, content="第二件").url == "/orders/new/"
    assert Order.objects.count() == 2


def test_the_desks_call_it_by_their_own_name() -> None:
    assert "受理台" in page("li-rexian").text
    for username in ("zhao-jingtai", "qian-xiantai"):
        assert "接警台" in page(username).text


def test_the_page_and_its_parts_need_at_most_twelve_statements(django_assert_max_num_queries: MaxQueries) -> None:
    sheet = page()
    take(sheet, caller_phone="13800138000", address="和平小区")
    asked = {"content": NOTE, "address": "忻府区和平小区", "caller_phone": "13800138000", "division": "140900"}
    keep(sheet := page(), content="草稿")
    for address in ("/orders/new/", f"/orders/new/?draft={key_of(sheet)}", "/drafts/"):
        with django_assert_max_num_queries(12):
            assert go(sheet.client, address).status == 200
    token = sheet.form("受理").values["csrfmiddlewaretoken"]
    for address in ("/calls/suggest/", "/calls/caller/"):
        with django_assert_max_num_queries(12):
            answer = sheet.client.post(address, {**asked, "csrfmiddlewaretoken": token})
            assert answer.status_code == 200


def test_the_caller_is_known_by_the_number_and_the_look_up_is_in_the_trail_without_it() -> None:
    take(page(), caller_phone="13800138000", caller_name="王小明")
    found = page().post("/calls/caller/", caller_phone="138 0013 8000")
    assert "楼下棋牌室有人聚众赌博" in found.text
    assert "待处置" in found.text
    for personal in ("王小明", "13800138000", "138****8000"):
        assert personal not in found.html
    event = Event.objects.get(kind="phone.searched")
    assert "受理来电" in event.body
    assert "8000" not in event.body


def test_another_desks_orders_of_the_caller_are_not_shown() -> None:
    take(page("zhao-jingtai"), caller_phone="13800138000")
    assert "没有可见的历史单" in page().post("/calls/caller/", caller_phone="13800138000").text


def test_without_a_number_nothing_is_looked_up_and_nothing_recorded() -> None:
    assert "填完整电话后自动查找" in page().post("/calls/caller/", caller_phone=" - ").text
    assert not Event.objects.filter(kind="phone.searched").exists()


def test_a_second_call_about_an_open_order_urges_it_and_makes_none() -> None:
    take(page(), caller_phone="13800138000")
    order = Order.objects.get()
    second = page()
    keep(second, content="还没人来看")
    urged = second.post("/calls/urge/", **second.form("受理").fill(content="还没人来看"), number=order.number)
    assert "已催办" in urged.text
    assert "还没人来看" in urged.text
    order.refresh_from_db()
    assert order.urges == 1
    assert Order.objects.count() == 1
    assert not Draft.objects.exists()


def test_an_urge_that_cannot_be_made_leads_back_to_the_draft() -> None:
    take(page())
    order = Order.objects.get()
    go(city.signed_in("li-rexian"), f"/orders/{order.number}/").press("诉求人撤回")
    second = page()
    keep(second, content="还没人来看")
    refused = second.post("/calls/urge/", **second.form("受理").fill(content="还没人来看"), number=order.number)
    assert "没有登记催办" in refused.text
    assert "新建并关联原单" in refused.text
    assert refused.form("受理").values["content"] == "还没人来看"


def test_a_repeat_is_linked_when_the_order_is_accepted() -> None:
    take(page())
    first = Order.objects.get()
    take(page(), content="又在赌博", repeats=first.number)
    link = OrderLink.objects.get()
    assert link.other == first
    assert link.order.title == "又在赌博"


def test_related_orders_are_offered_with_their_reason() -> None:
    take(page(), address="和平小区二号楼", division="忻府区")
    asked = {"content": "打牌", "address": "和平小区", "division": "140902"}
    found = page().post("/calls/suggest/", **asked)
    assert "同一地址，刚刚" in found.text
    assert "楼下棋牌室有人聚众赌博" in found.text
    assert "没有找到相近的单" in page().post("/calls/suggest/", content="毫不相干的另一件事").text
    assert not OrderLink.objects.exists()


def test_one_event_in_other_words_is_offered_with_what_both_say() -> None:
    take(page(), content="来电人反映云中花园门口路灯全灭了，晚上黑咕隆咚。")
    found = page().post("/calls/suggest/", content="云中花园正门那一排路灯不亮，老人摔了一跤", division="140900")
    assert "可能是同一件事" in found.text
    assert "路灯" in found.text
    assert not OrderLink.objects.exists()


def test_reports_that_gather_at_a_point_are_said_and_nothing_is_linked() -> None:
    here = {"longitude": "112.746", "latitude": "38.404"}
    take(page(), content="着火了", **here)
    first = page().post("/calls/suggest/", content="有烟", **here)
    assert "同一地点" not in first.text
    take(page(), content="冒烟", **here)
    second = page().post("/calls/suggest/", content="有烟", **here)
    assert "同一地点1小时内已有2件" in second.text
    assert "共3件" in second.text
    assert not OrderLink.objects.exists()


def test_an_address_suggests_its_division_and_a_note_its_item() -> None:
    found = page().post("/calls/suggest/", content=NOTE, address="忻府区和平小区", division="140900")
    assert "属地改为忻府区" in found.text
    assert "P01" in found.text
    assert "赌博" in found.text
    assert 'data-way="divert:110"' in found.html
    own = page().post("/calls/suggest/", content="路灯坏了", address="忻府区", division="140902")
    assert "本台受理" in own.text
    assert "属地改为" not in own.text


def test_a_county_desk_is_advised_to_relay_by_the_city_desk() -> None:
    found = page("qian-xiantai").post("/calls/suggest/", content="路灯坏了", address="")
    assert 'data-way="relay:110"' in found.html


def test_place_and_point_are_taken_and_half_a_point_is_none() -> None:
    take(page(), longitude="112.746", latitude="38.404", address="七一北路", division="忻府区")
    order = Order.objects.get()
    assert (order.longitude, order.latitude, order.division) == (112.746, 38.404, "140902")
    take(page(), content="第二件", longitude="112.746")
    assert Order.objects.get(title="第二件").longitude is None


def test_a_call_is_settled_with_an_answer() -> None:
    done = take(page(), answer_result="已解决", answer_text="已告知缴费地点。")
    assert "事项已办结" in done.text
    order = Order.objects.get()
    assert (order.outcome, order.result, order.answer) == ("answered", "solved", "已告知缴费地点。")


def test_a_call_of_neither_side_ends_with_guidance_and_its_script() -> None:
    sheet = page()
    assert "请向有管辖权的法院立案" in sheet.html
    done = take(sheet, guide="诉讼途径")
    assert "事项已办结" in done.text
    order = Order.objects.get()
    assert (order.state, order.outcome, order.details) == ("closed", "guided", {"guide": "litigation"})
    assert order.answer == "请向有管辖权的法院立案，可拨打12368咨询。"


def test_half_an_end_two_ends_and_an_end_with_a_hand_over_are_refused_beside_the_field() -> None:
    half = take(page(), answer_result="已解决")
    assert half.status == 422
    assert "请填写当场答复的内容。" in half.text
    assert "请选择办理结果。" in take(page(), answer_text="已告知").text
    two = take(half, answer_text="已告知", guide_text="去法院")
    assert "只能填写一项" in two.text
    both = take(two, answer_text="", answer_result="", guide_text="去法院", way="分流 → 市110", reason="x")
    assert "当场办结的单不能同时移交" in both.text
    assert not Order.objects.exists()


def test_who_may_not_end_calls_is_not_offered_it_and_cannot_force_it() -> None:
    sheet = page("wang-shouli")
    assert "引导解释" not in sheet.text
    sheet.post("/orders/new/", **sheet.form("受理").fill(content="x"), guide_text="去法院")
    assert Order.objects.get().state == "received"


@pytest.mark.parametrize(
    ("typed", "signal"),
    [
        ({"content": "河边有人落水。正在呼救"}, "河边有人落水"),
        ({"content": "河边", "title": "有人落水"}, "有人落水"),
        ({"content": "河边", "signal": "孩子落水"}, "孩子落水"),
        ({}, "来电人报险，情况待核实"),
    ],
)
def test_one_key_signals_the_danger_with_what_is_known(typed: dict[str, str], signal: str) -> None:
    done = danger(page(), **typed)
    assert done.status == 200, done.text
    transfer = Transfer.objects.get()
    assert (transfer.kind, transfer.target, transfer.reason) == ("danger", "110", signal)
    order = Order.objects.get()
    assert order.urgency == "danger"
    assert order.title
    assert order.content


def test_nothing_that_is_wrong_stands_in_front_of_a_danger() -> None:
    done = danger(
        page(),
        content="楼里着火" + "长" * 11_000,
        caller_phone="一三八",
        caller_identity="不知道",
        occurred_at="刚才",
        title="长" * 150,
        way="分流 → 市110",
        guide_text="去法院",
        longitude="999",
    )
    order = Order.objects.get()
    assert Transfer.objects.get().kind == "danger"
    assert len(order.content) == 10_000
    assert order.state == "received"
    assert "联系电话" in done.text
    assert "没有当场办结" in done.text
    assert "移交" in done.text
    assert done.url == f"/orders/{order.number}/"


def test_a_danger_goes_out_though_the_order_it_repeats_is_unknown() -> None:
    done = danger(page(), content="有人落水", repeats="不是单号")
    assert Transfer.objects.get().kind == "danger"
    assert "其余没有完成" in done.text


def test_a_danger_taken_by_the_police_is_an_order_of_theirs() -> None:
    done = danger(page("zhao-jingtai"), content="有人打架")
    assert done.status == 200
    assert Order.objects.get().urgency == "danger"
    assert not Transfer.objects.exists()


def test_a_countys_danger_goes_to_the_citys_110() -> None:
    danger(page("qian-xiantai"), content="有人打架")
    assert (Transfer.objects.get().kind, Transfer.objects.get().target) == ("danger", "110")


def test_a_danger_sent_twice_is_one_order_and_one_transfer() -> None:
    sheet = page()
    assert danger(sheet, content="有人落水").url == danger(sheet, content="有人落水").url
    assert Order.objects.count() == Transfer.objects.count() == 1


def test_a_draft_comes_back_with_every_word_and_is_gone_when_accepted() -> None:
    sheet = page()
    typed = {
        "content": "𠮷祥里🏮\n第二行",
        "title": "",
        "caller_phone": "1380013",
        "address": "和平小区",
        "way": "divert:110",
    }
    typed |= {"reason": "属公安", "nature": "complaint", "secret": "on", "guide_text": "话", "longitude": "112.7"}
    status, kept = keep(sheet, **typed)
    assert (status, kept["version"]) == (200, 1)
    again = go(sheet.client, f"/orders/new/?draft={key_of(sheet)}")
    values = again.form("受理").values
    assert {name: values[name] for name in typed} == typed
    assert values["version"] == "1"
    assert key_of(again) == key_of(sheet)
    assert "𠮷祥里🏮" in go(sheet.client, "/drafts/").text
    take(again, caller_phone="", guide_text="")
    assert not Draft.objects.exists()
    assert "没有草稿" in go(sheet.client, "/drafts/").text
    back = go(sheet.client, f"/orders/new/?draft={key_of(sheet)}")
    assert back.url == f"/orders/{Order.objects.get().number}/"
    assert "已受理为" in back.text


def test_a_draft_kept_after_acceptance_or_in_another_window_is_told_so() -> None:
    sheet = page()
    assert keep(sheet, content="一")[0] == 200
    status, said = keep(sheet, content="二")
    assert (status, said["code"], said["version"], said["said"]["content"]) == (409, "draft_moved", 1, "一")
    take(sheet)
    status, said = keep(sheet, content="三", version="1")
    assert (status, said["code"], said["order_number"]) == (409, "draft_accepted", Order.objects.get().number)


def test_somebody_elses_draft_is_not_opened() -> None:
    sheet = page()
    keep(sheet, content="只有我知道")
    other = go(city.signed_in("wang-shouli"), f"/orders/new/?draft={key_of(sheet)}")
    assert other.status == 200
    assert "只有我知道" not in other.html


def test_a_draft_is_thrown_away_by_its_writer() -> None:
    sheet = page()
    keep(sheet, content="不要了")
    gone = go(sheet.client, "/drafts/").press("删除不要了")
    assert "草稿已删除" in gone.text
    assert not Draft.objects.exists()


def test_an_ended_session_leads_back_to_the_draft_after_signing_in() -> None:
    answer = Client().get("/orders/new/?draft=" + "a" * 32)
    assert answer.status_code == 302
    assert "draft%3D" in answer["Location"]


def test_pasted_rich_text_is_stored_as_plain_words() -> None:
    take(page(), content="第一行\r\n\u00a0<b>粗体</b>\x0b第二行\u2028", title="<i>斜体</i>")
    order = Order.objects.get()
    assert order.title == "<i>斜体</i>"
    assert "\r" not in order.content
    assert "\x0b" not in order.content


def test_a_page_that_was_accepted_says_so_and_takes_a_changed_text_as_another_order() -> None:
    sheet = page()
    take(sheet)
    first = Order.objects.get()
    again = take(sheet, content="另一件事")
    assert again.status == 422
    assert f"本页已受理为 {first.number}" in again.text
    assert "已受理，工单号" in take(again, content="另一件事").text
    assert Order.objects.count() == 2


def test_a_danger_goes_out_also_from_a_page_that_was_accepted() -> None:
    sheet = page()
    take(sheet)
    assert danger(sheet, content="有人拿刀").status == 200
    assert Transfer.objects.get().kind == "danger"
    assert Order.objects.count() == 2


@pytest.mark.parametrize("version", ["9" * 5000, "-1", "x", "9" * 9])
def test_a_strange_version_breaks_nothing(version: str) -> None:
    assert keep(page(), content="一", version=version)[0] == 200


def test_an_urge_without_a_key_is_refused() -> None:
    take(page())
    sheet = page()
    sheet.post("/calls/urge/", number=Order.objects.get().number, content="催")
    assert Order.objects.get().urges == 0
