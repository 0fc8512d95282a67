"""Search, lists and who may see what."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection

from liandong.audit.by import By
from liandong.audit.models import Event
from liandong.intake import queries
from liandong.intake.actions import link, reveal_caller, search_phone, sort_words_in, urge
from liandong.intake.callers import Caller, masked, plain_phone, protect, reveal
from liandong.intake.errors import NothingAsked, PurposeMissing
from liandong.intake.models import Order, OrderLink
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import Invalid, NotAllowed, NotFound
from liandong.kernel.seals import SealBroken
from tests.cast import AUDITOR, COUNTY, GAS, HOTLINE, POLICE, SUPERVISOR, fresh, hand_over, new_order

pytestmark = pytest.mark.usefixtures("city")


def found(asked: str) -> list[str]:
    return [order.number for order in queries.search(HOTLINE, asked).orders]


@pytest.mark.parametrize(
    "asked",
    [
        "赌博",
        "聚众赌博",
        "整夜聚众",
        "和平小区二号楼",
        "楼",
        "和平 棋牌",
        "ＡＢＣ１２",
        "abc12",
        "abc",
        "𠮷",
        "𠮷野",
        "棋牌室，吵闹",
    ],
)
def test_any_run_of_characters_somebody_remembers_finds_the_order(asked: str) -> None:
    order = new_order(address="车牌ABC12，𠮷野家对面")
    new_order(title="路灯不亮", content="新建路西段照明设施损坏")
    assert found(asked) == [order.number]


@pytest.mark.parametrize("asked", ["赌傅", "平和小区", "abd", "水管"])
def test_what_is_not_there_is_not_found(asked: str) -> None:
    new_order(address="车牌ABC12")
    assert found(asked) == []


@pytest.mark.parametrize(
    "asked",
    ["'", "赌博'", "\\", "a\\'b", "赌 & | ! :* <->", "(((", "🔥", "🔥赌博", "\x00赌博", "赌" * 500, "%_", "--;"],
)
def test_nothing_typed_into_the_search_field_is_an_error_of_ours(asked: str) -> None:
    new_order()
    with suppress(NothingAsked):  # the one answer besides a page
        assert isinstance(found(asked), list)


def test_a_number_is_found_however_it_was_typed() -> None:
    order = new_order()
    number = order.number
    wide = "".join(chr(ord(c) + 0xFEE0) for c in number)
    for typed in (number, number.lower(), f" {number[:6]} {number[6:]} ", f"{number[:7]}-{number[7:]}", wide):
        assert found(typed) == [number]
    assert found(order.matter.number) == [number]


def test_one_phone_is_found_in_any_form_by_those_who_may_and_the_search_is_in_the_trail() -> None:
    order = new_order()
    for typed in ("13800138000", "138 0013 8000", "+86 138-0013-8000", "008613800138000", "１３８００１３８０００"):
        page = search_phone(by=HOTLINE, phone=typed, purpose="核对重复诉求")
        assert [o.number for o in page.orders] == [order.number]
    events = Event.objects.filter(kind="phone.searched")
    assert events.count() == 5
    assert all("13800138000" not in event.body for event in events)
    with pytest.raises(NotAllowed):
        search_phone(by=AUDITOR, phone="13800138000", purpose="核对")
    with pytest.raises(PurposeMissing):
        search_phone(by=HOTLINE, phone="13800138000", purpose=" ")
    with pytest.raises(NothingAsked):
        search_phone(by=HOTLINE, phone="没有号码", purpose="核对")


def test_a_caller_is_masked_and_revealed_only_for_a_purpose() -> None:
    order = new_order()
    shown = queries.caller_masked(order)
    assert (shown.name, shown.phone, shown.identity_number) == ("张**", "138****8000", "1409************34")
    clear = reveal_caller(by=HOTLINE, number=order.number, purpose="回访核实")
    assert clear.phone == "13800138000"
    event = Event.objects.get(kind="caller.revealed")
    assert "回访核实" in event.body
    assert "13800138000" not in event.body
    with pytest.raises(PurposeMissing):
        reveal_caller(by=HOTLINE, number=order.number, purpose="")
    with pytest.raises(NotAllowed):
        reveal_caller(by=SUPERVISOR, number=order.number, purpose="好奇")


def test_short_personal_fields_are_hidden_whole() -> None:
    assert masked(Caller(name="欧阳" * 20)).name == "欧******"
    hidden = masked(Caller(name="王", phone="110", identity_number="12345"))
    assert (hidden.name, hidden.phone, hidden.identity_number) == ("王*", "***", "*****")
    assert masked(Caller()) == Caller()


@pytest.mark.parametrize("text", ["张三", "𠮷", "a\x00b", "🔥" * 20])
def test_sealed_fields_open_at_their_own_order_only(text: str) -> None:
    sealed = protect(Caller(name=text, phone="138"), "W1", seal_key=bytes(16), blind_key=bytes(16))
    assert reveal(sealed, "W1", seal_key=bytes(16), secret=False).name == text
    assert text.encode() not in (sealed.name or b"")
    for order, seal_key in (("W2", bytes(16)), ("W1", b"x" * 16)):
        with pytest.raises(SealBroken):
            reveal(sealed, order, seal_key=seal_key, secret=False)


def test_a_sealed_name_copied_to_another_row_does_not_open() -> None:
    one, other = new_order(), new_order()
    Order.objects.filter(pk=other.pk).update(caller_name=bytes(one.caller_name))
    with pytest.raises(SealBroken):
        queries.caller_in_clear(fresh(other))


def test_plain_phones_compare_without_the_countrys_prefix() -> None:
    assert {plain_phone(p) for p in ("+8613800138000", "8613800138000", "138-0013-8000")} == {"13800138000"}
    assert plain_phone("0350-3032110") == "03503032110"
    assert plain_phone("86350") == "86350"


def test_the_other_desk_sees_nothing_until_something_was_sent_there() -> None:
    order = new_order()
    for stranger in (POLICE, COUNTY, GAS):
        with pytest.raises(NotFound):
            queries.access_order(stranger, order.number)
        with pytest.raises(NotFound):
            queries.access_matter(stranger, order.matter.number)
        assert queries.search(stranger, "赌博").orders == []
    assert queries.access_order(SUPERVISOR, order.number) == order
    hand_over(order)
    assert queries.access_order(POLICE, order.number) == order
    with pytest.raises(NotFound):
        queries.access_order(COUNTY, order.number)


def test_an_urge_attaches_and_makes_no_new_order() -> None:
    order = new_order()
    for times in (1, 2):
        urge(by=HOTLINE, number=order.number, text="再次来电催办")
        assert fresh(order).urges == times
    assert Order.objects.count() == 1
    assert order.steps.filter(verb="urge").count() == 2
    with pytest.raises(Invalid):
        urge(by=HOTLINE, number=order.number, text=" ")


def test_a_repeat_is_linked_once_and_both_stay_what_they_are() -> None:
    order, again = new_order(), new_order()
    for _ in range(2):
        link(by=HOTLINE, number=again.number, other=order.number)
    assert OrderLink.objects.count() == 1
    assert Event.objects.filter(kind="order.linked").count() == 1
    assert fresh(again).matter_id != fresh(order).matter_id
    with pytest.raises(Invalid):
        link(by=HOTLINE, number=order.number, other=order.number)


@pytest.mark.parametrize("name", ["newest", "work_list"])
def test_pages_neither_repeat_nor_skip_a_row_while_orders_come_in(city: VirtualClock, name: str) -> None:
    pages = {"newest": queries.newest, "work_list": queries.work_list}[name]
    there = []
    for n in range(17):
        there.append(new_order().pk)
        if n % 3:  # some rows share their moment
            city.advance(seconds=1)
    seen: list[int] = []
    after = ""
    while True:
        page = pages(HOTLINE, after=after, limit=4)
        seen += [order.pk for order in page.orders]
        new_order()
        if name == "work_list" and len(seen) > len(there):
            break
        after = page.after
        if not after:
            break
    assert len(seen) == len(set(seen))
    assert set(there) <= set(seen)


@pytest.mark.parametrize("after", ["x", "2026-03-02", "2026-03-02|", "|7", "2026-03-02T01:00:00Z|x"])
def test_a_broken_page_mark_is_said_in_chinese(after: str) -> None:
    with pytest.raises(Invalid) as why:
        queries.newest(HOTLINE, after=after)
    assert why.value.field == "after"


def test_the_work_list_is_by_time_left(city: VirtualClock) -> None:
    slow, fast = new_order(), new_order(urgency="life")
    assert [o.pk for o in queries.work_list(HOTLINE).orders] == [fast.pk, slow.pk]
    assert fast.due_at - city.now() == timedelta(hours=4)


def test_an_order_that_was_let_in_to_is_the_same_row_as_in_the_list() -> None:
    order = new_order(address="和平西街1号", longitude=112.7, latitude=38.4, details={"work": {"visit_wanted": True}})
    for by in (HOTLINE, SUPERVISOR):
        seen = queries.access_order(by, order.number)
        wanted = Order.objects.select_related("matter").get(pk=order.pk)
        for asked, listed in ((seen, wanted), (seen.matter, wanted.matter)):
            columns = [field.attname for field in asked._meta.concrete_fields]
            assert [getattr(asked, name) for name in columns] == [getattr(listed, name) for name in columns]


@pytest.mark.parametrize("spans", [(1, 3, None), (2, None), (4, 5, None)])
def test_how_far_back_a_search_looks_first_changes_nothing_of_what_it_finds(
    spans: tuple[int | None, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = [new_order(title=f"暖气{'漏水' if turn % 3 == 0 else '不热'}", content="暖气") for turn in range(7)]
    theirs = new_order(POLICE, title="暖气被盗", content="暖气")
    sent = new_order(title="暖气片被盗", content="暖气")
    hand_over(sent)
    own = new_order(POLICE, title="暖气费纠纷", content="暖气")
    monkeypatch.setattr(queries, "_SPANS", spans)
    assert everything(HOTLINE, "暖气") == [order.number for order in (sent, *reversed(mine))]
    assert everything(POLICE, "暖气") == [order.number for order in (own, sent, theirs)]
    assert everything(HOTLINE, "漏水") == [mine[turn].number for turn in (6, 3, 0)]


def everything(by: By, asked: str) -> list[str]:
    """The numbers on all pages of two."""
    numbers, after = [], ""
    while True:
        page = queries.search(by, asked, after=after, limit=2)
        numbers += [order.number for order in page.orders]
        if not page.after:
            return numbers
        after = page.after


def test_new_words_are_sorted_into_the_index_and_found_before_and_after() -> None:
    order = new_order(content="下水道反水，院里全是鸵鸟毛")
    assert found("鸵鸟") == [order.number]
    with connection.cursor() as cursor:
        sort_words_in()
        cursor.execute("SELECT gin_clean_pending_list('intake_order_words')")
        assert cursor.fetchone() == (0,)
    assert found("鸵鸟") == [order.number]
