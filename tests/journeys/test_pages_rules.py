"""What the pages keep: only what is allowed is offered, nothing typed is lost, nobody sees what is not theirs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

import pytest

from liandong.audit.models import Event
from liandong.intake.models import Order
from liandong.transfer.models import Transfer
from tests.journeys import city
from tests.journeys.sheet import Sheet, go, send
from tests.journeys.test_pages_handover import opens, take_call

pytestmark = pytest.mark.django_db

TITLE = "楼下有人赌博"


class MaxQueries(Protocol):
    def __call__(self, most: int) -> AbstractContextManager[object]: ...


@pytest.fixture(autouse=True)
def _city(db: None) -> None:
    city.build()


def handed_over() -> Sheet:
    return take_call().press("移交", way="分流 → 市110", list_item="P01")


def test_a_page_of_each_kind_needs_at_most_twelve_statements(django_assert_max_num_queries: MaxQueries) -> None:
    handed_over()
    theirs = opens("zhao-jingtai", TITLE).press("签收").press("反馈办结", result="已解决", text="已劝散。")
    ours = opens("li-rexian", TITLE)
    addresses = ["/desk/", "/orders/", "/orders/open/", "/search/?q=赌博", "/transfers/outbound/", "/orders/new/"]
    for client, page in ((ours.client, ours.url), (theirs.client, theirs.url)):
        for address in [page, *addresses]:
            with django_assert_max_num_queries(12):
                assert go(client, address).status == 200


def test_a_step_that_is_not_the_desks_is_neither_offered_nor_taken() -> None:
    ours = handed_over()
    number = Transfer.objects.get().number
    assert "签收" not in ours.buttons
    forced = ours.post(f"/transfers/{number}/step/accept/")
    assert forced.status == 409
    assert "当前不由本台处理此移交" in forced.text
    assert Transfer.objects.get().state == "offered"


def test_a_post_without_the_right_is_refused_in_chinese() -> None:
    ours = take_call()
    reader = go(city.signed_in("wu-chayue"), ours.url)
    assert "答复" not in " ".join(reader.buttons)
    forced = reader.post(f"{ours.url}do/start/")
    assert forced.status == 403
    assert "您的岗位没有此项权限" in forced.text
    assert Order.objects.get().state == "received"


def test_an_order_of_another_desk_cannot_be_opened_or_written_to() -> None:
    ours = take_call()
    stranger = go(city.signed_in("zhao-jingtai"), "/desk/")
    assert go(stranger.client, ours.url).status == 404
    assert stranger.post(f"{ours.url}do/urge/", text="催").status == 404
    assert stranger.post(f"{ours.url}danger/", signal="险").status == 404


def test_a_category_of_the_other_side_is_shown_in_words() -> None:
    take_call(category="路灯照明").press("移交", way="分流 → 市110", list_item="P01")
    theirs = opens("zhao-jingtai", TITLE).press("签收")
    assert theirs.text.count("路灯照明") == 2
    assert "W0101" not in theirs.html


def test_both_orders_stand_side_by_side_for_both_desks() -> None:
    handed_over()
    theirs = opens("zhao-jingtai", TITLE).press("签收")
    ours = opens("li-rexian", TITLE)
    for order in Order.objects.all():
        assert order.number in ours.text
        assert order.number in theirs.text
        assert go(ours.client, f"/orders/{order.number}/").status == 200


def test_who_comes_second_reads_what_happened_and_keeps_what_was_typed() -> None:
    handed_over()
    slow = opens("zhao-jingtai", TITLE)
    opens("zhao-jingtai", TITLE).press("签收")
    late = slow.press("退回", code="不属本台职责", basis="我写了很久的依据")
    assert late.status == 409
    assert "我写了很久的依据" in late.text
    assert "退回原因 不属本台职责" in late.text
    assert "当前状态为“已签收”" in late.text
    assert "反馈办结" in late.buttons


def test_a_wrong_form_keeps_every_word_and_says_where_it_is_wrong() -> None:
    form = go(city.signed_in("li-rexian"), "/orders/new/")
    typed = {"title": "路灯不亮", "content": "", "caller_phone": "不知道", "address": "七一路", "reason": "属市政"}
    wrong = form.press("受理", **typed)
    assert wrong.status == 422
    kept = wrong.form("受理").values
    assert {name: kept[name] for name in typed} == typed
    assert "请填写来电记录。" in wrong.text
    assert "电话只能是数字" in wrong.text
    assert not Order.objects.exists()


def test_a_refused_hand_over_leaves_nothing_accepted_and_every_word_in_place() -> None:
    form = go(city.signed_in("li-rexian"), "/orders/new/")
    wrong = form.press("受理", title="路灯不亮", content="坏了", way="分流 → 市110")
    assert wrong.status == 422
    assert "请选择清单条目，或写明移交依据。" in wrong.text
    assert wrong.form("受理").values["title"] == "路灯不亮"
    assert not Order.objects.exists()
    again = wrong.press("受理", reason="占用警用设施")
    assert "待签收" in again.text


def test_pressing_twice_makes_one_order_and_one_transfer() -> None:
    form = go(city.signed_in("li-rexian"), "/orders/new/")
    typed = {"title": "有人落水", "content": "河边", "signal": "有人落水"}
    first, second = form.press("受理", **typed), form.press("受理", **typed)
    assert first.url == second.url
    assert Order.objects.count() == 1
    assert Transfer.objects.count() == 1


def test_the_same_key_with_other_words_is_refused_beside_the_words() -> None:
    form = go(city.signed_in("li-rexian"), "/orders/new/")
    form.press("受理", title="第一件", content="甲")
    second = form.press("受理", title="第二件", content="乙")
    assert second.status == 422
    assert second.form("受理").values["title"] == "第二件"
    assert Order.objects.count() == 1


def test_rare_characters_are_kept_as_typed() -> None:
    page = take_call(title="𠮷祥里𤭢瓦掉落", content="䶮某反映🏮掉落", caller_name="𠮷田")
    assert "𠮷祥里𤭢瓦掉落" in page.text
    assert "䶮某反映🏮掉落" in page.text
    assert "𠮷*" in page.text


def test_what_a_browser_and_other_programs_put_in_is_stored_as_the_standard_takes_it() -> None:
    take_call(title="路灯\x0b不亮\r\n第二行", content="第一行\r\n第二行\x07\r\n")
    order = Order.objects.get()
    assert order.title == "路灯不亮 第二行"
    assert order.content == "第一行\n第二行"


def test_hostile_words_are_shown_and_never_obeyed() -> None:
    hostile = '<script>alert("x")</script>\u202e反着写\u200f'
    page = take_call(title=hostile, content=hostile + "\n</textarea>{{ 7|add:7 }}", address='"><img src=x onerror=1>')
    for sheet in (page, go(page.client, "/desk/"), go(page.client, "/orders/")):
        assert "<script>alert" not in sheet.html
        assert "<img src=x" not in sheet.html
        assert "&lt;script&gt;alert" in sheet.html
        at = sheet.html.index("&lt;script&gt;alert")
        assert sheet.html[:at].rstrip().endswith("<bdi>")
    assert "{{ 7|add:7 }}" in page.text


def test_a_very_long_text_is_taken_whole_and_a_longer_one_is_refused_whole() -> None:
    page = take_call(content="长" * 10_000)
    assert "长" * 10_000 in page.html
    form = go(page.client, "/orders/new/")
    refused = form.press("受理", title="太长", content="长" * 10_001)
    assert refused.status == 422
    assert len(refused.form("受理").values["content"]) == 10_001


def test_the_caller_is_masked_until_a_purpose_is_given_and_then_it_is_in_the_trail() -> None:
    page = take_call(caller_name="王小明", caller_phone="13800138000")
    assert "13800138000" not in page.html
    assert "138****8000" in page.text
    address = f"{page.url}caller/"
    without = page.post(address, purpose="")
    assert without.status == 422
    assert "13800138000" not in without.html
    shown = page.post(address, purpose="回访核实")
    assert "13800138000" in shown.text
    assert "王小明" in shown.text
    event = Event.objects.get(kind="caller.revealed")
    assert "回访核实" in event.body
    assert "13800138000" not in event.body


def test_orders_are_found_by_words_by_number_and_by_phone_for_a_purpose() -> None:
    page = take_call(caller_phone="13800138000")
    number = Order.objects.get().number
    for asked in ("打牌赌钱", number, Order.objects.get().matter.number.lower()):
        assert TITLE in go(page.client, f"/search/?q={asked}").text
    assert "没有找到" in go(page.client, "/search/?q=毫不相干").text
    assert "请输入要检索的词语" in go(page.client, "/search/?q=，，").text
    form = go(page.client, "/search/")
    assert "请填写检索用途。" in form.press("按号码检索", phone="138 0013 8000").text
    assert TITLE in form.press("按号码检索", phone="138 0013 8000", purpose="核对重复来电").text
    assert Event.objects.filter(kind="phone.searched").count() == 1


def test_a_repeat_is_linked_and_urged_and_shown_on_both_orders() -> None:
    first = take_call()
    number = Order.objects.get().number
    second = take_call(title="又在赌博")
    linked = second.press("关联其他单", other=number)
    assert number in linked.text
    assert "又在赌博" in go(first.client, first.url).text
    urged = go(first.client, first.url).press("登记催办", text="来电人再次来电")
    assert "催办 1 次" in urged.text
    assert "不能将一件单与其自身关联" in urged.press("关联其他单", other=number).text


def test_the_desk_answers_itself_and_is_told_when_that_was_not_enough() -> None:
    page = take_call()
    empty = page.press("当场答复", result="已解决")
    assert empty.status == 422
    answered = empty.press("当场答复", result="已解决", text="已请社区处理。")
    assert "已答复" in answered.text
    again = answered.press("不满意，重新办理", reason="未处理到位", text="还在吵")
    assert "重办 1 次" in again.text
    closed = again.press("答复", result="已解决", text="已再次处理。").press("确认办结")
    assert "事项已办结" in closed.text
    assert not {"当场答复", "移交", "联动派警", "确认办结"} & set(closed.buttons)


def test_neither_sides_business_ends_with_guidance() -> None:
    page = take_call().press("引导解释", text="属法院执行，请联系执行法院。")
    assert "引导解释" in page.text
    assert "事项已办结" in page.text


def test_a_long_list_goes_on_page_by_page_and_misses_nothing() -> None:
    client = city.signed_in("li-rexian")
    for index in range(53):
        form = go(client, "/orders/new/")
        form.press("受理", title=f"第{index:02d}件", content="内容")
    for address in ("/orders/", "/orders/open/"):
        first = go(client, address)
        later = first.html.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
        both = first.text + go(client, later).text
        assert all(f"第{index:02d}件" in both for index in range(53))
    assert "20+" in go(client, "/desk/").text


@pytest.mark.parametrize("after", ["x", "2026-01-01|x", "2026-01-01T00:00:00|1", "9|2026|2"])
def test_a_broken_page_mark_is_answered_in_chinese(after: str) -> None:
    client = city.signed_in("li-rexian")
    for address in ("/orders/", "/orders/open/", "/transfers/waiting/", "/transfers/outbound/"):
        page = go(client, f"{address}?after={after}")
        assert page.status == 422
        assert "翻页位置无效" in page.text


def test_every_page_is_whole_when_there_is_nothing_to_show() -> None:
    client = city.signed_in("sun-ranqi")
    for address in ("/desk/", "/orders/", "/orders/open/", "/search/", "/transfers/waiting/", "/transfers/inbound/"):
        page = go(client, address)
        assert page.status == 200
        assert "没有" in page.text or "检索" in page.text


def test_a_police_order_carries_the_words_of_the_police() -> None:
    page = take_call("zhao-jingtai", level="较大", weapons="on", injured="2")
    assert "涉及凶器" in page.text
    assert "受伤人数 2" in page.text
    assert "警情等级 较大" in page.text


def test_an_unknown_verb_or_kind_of_note_is_no_page() -> None:
    page = handed_over()
    number = Transfer.objects.get().number
    for address in (
        f"{page.url}do/hand/",
        f"/transfers/{number}/step/refuse_at_limit/",
        f"/transfers/{number}/note/x/",
    ):
        assert page.post(address).status == 404
    assert send(page.client, f"{page.url}do/start/", {}).status == 403
