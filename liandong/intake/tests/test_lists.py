"""Lists: filters, pages both ways, saved views, exports, and what may be done to several at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import openpyxl
import pytest

from liandong.audit.by import By
from liandong.audit.models import Event
from liandong.identity.actions import make_person
from liandong.identity.models import Person
from liandong.identity.queries import by_person
from liandong.identity.rights import INSTALLER
from liandong.intake import actions, bulk
from liandong.intake.errors import TooManyRows
from liandong.intake.filters import Filter, is_asked, read_filter
from liandong.intake.lines import asked_as, choose, shown
from liandong.intake.models import Order, Parameter, SavedList
from liandong.intake.queries import forget_rulebook, lists
from liandong.intake.queries.lists import arrived, listed
from liandong.intake.queries.saved import lists_of
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from liandong.kernel.seals import sm3
from liandong.kernel.sheets import Sheet
from tests.cast import HOTLINE, POLICE, SUPERVISOR, new_order

pytestmark = pytest.mark.usefixtures("city")


def somebody(username: str, post: str, desk: str = "12345") -> By:
    make_person(
        by=INSTALLER, username=username, name=f"{username}甲", post=post, desk=desk, unit=None, password="grey heron 77"
    )
    return by_person(Person.objects.get(username=username))


def numbers(by: By, listing: str = "orders", asked: Filter = Filter(), **where: Any) -> list[str]:  # noqa: B008
    return [order.number for order in listed(by, listing, asked, **where).orders]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"kind": "x"}, "kind"),
        ({"state": "gone"}, "state"),
        ({"since": "03/01"}, "since"),
        ({"since": "0001-01-01"}, "since"),
        ({"until": "9999-12-31"}, "until"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "until"),
        ({"text": "长" * 201}, "text"),
        ({"nature": "\x00"}, "nature"),
        ({"division": "1" * 41}, "division"),
    ],
)
def test_what_cannot_be_a_filter_is_refused_beside_its_field(asked: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as why:
        read_filter(asked)
    assert why.value.field == field


def test_a_filter_and_its_address_say_the_same_in_one_form() -> None:
    asked = Filter(state="handling", since=date(2026, 3, 1), over=True, text="𠮷野 &=家")
    again = read_filter({"text": "𠮷野 &=家", "over": "1", "since": "2026-03-01", "state": "handling", "kind": ""})
    assert again == asked
    assert again.address(cols="") == asked.address()
    assert read_filter(dict(asked.pairs())) == asked
    assert asked.described(lambda table, code: {"handling": "办理中"}[code]) == (
        "状态 办理中；受理时间起 2026-03-01；只看超时；文字 𠮷野 &=家"
    )
    assert is_asked({"view": "all"})
    assert not is_asked({"utm": "x"})


def test_columns_are_chosen_from_those_the_right_allows_and_the_matter_always_stays() -> None:
    taker = frozenset({"order.read", "caller.reveal"})
    assert [one.code for one in choose("orders", "caller,nothing", taker)] == ["title", "caller"]
    assert [one.code for one in choose("orders", "caller", frozenset({"order.read"}))] == ["title"]
    assert asked_as("work", choose("work", "", taker)) == ""
    assert asked_as("work", choose("work", "state", taker)) == "title,state"


def test_a_wall_shows_more_columns_unless_somebody_has_chosen() -> None:
    reader = frozenset({"order.read"})
    wide = {column.code: more for column, more in shown("work", choose("work", "", reader))}
    assert [code for code, more in wide.items() if more] == ["division", "address", "channel"]
    assert [more for _, more in shown("work", choose("work", "state", reader))] == [False, False]


def test_each_filter_narrows_to_what_it_says(city: VirtualClock) -> None:
    help_order = new_order(nature="help", division="140902")
    city.advance(days=2)
    other = new_order(nature="complaint", urgency="danger", title="路灯冒烟", content="路灯杆冒烟", division="140921")
    actions.start(by=HOTLINE, order=other)
    assert numbers(HOTLINE, asked=Filter(nature="help")) == [help_order.number]
    assert numbers(HOTLINE, asked=Filter(urgency="danger")) == [other.number]
    assert numbers(HOTLINE, asked=Filter(state="handling")) == [other.number]
    assert numbers(HOTLINE, asked=Filter(division="140921")) == [other.number]
    assert numbers(HOTLINE, asked=Filter(kind="police")) == []
    assert numbers(HOTLINE, asked=Filter(text="路灯")) == [other.number]
    assert numbers(HOTLINE, asked=Filter(text=help_order.number)) == [help_order.number]
    assert numbers(HOTLINE, asked=Filter(since=date(2026, 3, 4))) == [other.number]
    assert numbers(HOTLINE, asked=Filter(until=date(2026, 3, 3))) == [help_order.number]
    assert numbers(HOTLINE, asked=Filter(over=True)) == []
    city.advance(days=30)
    assert set(numbers(HOTLINE, asked=Filter(over=True))) == {help_order.number, other.number}
    assert set(numbers(HOTLINE, "work", Filter(text="棋牌"))) == {help_order.number}


def test_another_desks_list_needs_the_right_to_see_every_desk() -> None:
    ours, theirs = new_order(), new_order(POLICE)
    with pytest.raises(NotAllowed):
        numbers(HOTLINE, asked=Filter(desk="110"))
    with pytest.raises(NotAllowed):
        numbers(HOTLINE, asked=Filter(desk="all"))
    assert numbers(SUPERVISOR, asked=Filter(desk="12345")) == [ours.number]
    assert numbers(SUPERVISOR, asked=Filter(desk="all")) == [theirs.number, ours.number]
    assert numbers(SUPERVISOR, asked=Filter(desk="all", since=date(2026, 3, 2), until=date(2026, 3, 2))) != []


@pytest.mark.parametrize(
    "asked", [Filter(), Filter(text="棋牌室"), Filter(nature="help")], ids=["all", "words", "code"]
)
@pytest.mark.parametrize("listing", ["orders", "work"])
def test_pages_lead_forward_and_back_over_the_same_rows_while_orders_come_in(
    city: VirtualClock, listing: str, asked: Filter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "REACH", 3)
    there = set()
    for n in range(13):
        there.add(new_order(nature="help").pk)
        if n % 3:
            city.advance(seconds=1)
    forth: list[list[int]] = []
    marks: list[str] = []
    after = ""
    while True:
        page = listed(HOTLINE, listing, asked, after=after, limit=4)
        forth.append([order.pk for order in page.orders])
        marks.append(page.newer)
        new_order(nature="help")
        city.advance(seconds=1)
        after = page.older
        if not after:
            break
    seen = [pk for rows in forth for pk in rows]
    assert len(seen) == len(set(seen))
    assert there <= set(seen)
    back = [order.pk for order in listed(HOTLINE, listing, asked, before=marks[2], limit=4).orders]
    assert back == forth[1]


def test_a_rare_thing_is_looked_for_step_by_step_and_the_page_says_how_far(
    city: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rare = new_order(nature="complaint")
    for _ in range(10):
        city.advance(minutes=1)
        new_order(nature="help")
    monkeypatch.setattr(lists, "REACH", 4)
    found, steps = listed(HOTLINE, "orders", Filter(nature="complaint")), 0
    while not found.orders:
        assert found.reached is not None
        assert found.older
        found, steps = listed(HOTLINE, "orders", Filter(nature="complaint"), after=found.older), steps + 1
    assert steps == 2
    assert [order.pk for order in found.orders] == [rare.pk]
    assert found.reached is None
    assert found.older == ""


def test_back_at_the_beginning_the_whole_first_page_is_shown(city: VirtualClock) -> None:
    for _ in range(9):
        city.advance(seconds=1)
        new_order()
    second = listed(HOTLINE, "orders", Filter(), after=listed(HOTLINE, "orders", Filter(), limit=4).older, limit=4)
    city.advance(seconds=1)
    newest = new_order()
    first = listed(HOTLINE, "orders", Filter(), before=second.newer, limit=4)
    assert len(first.orders) == 4
    page = listed(HOTLINE, "orders", Filter(), before=first.newer or second.newer, limit=20)
    assert page.orders[0].pk == newest.pk
    assert page.newer == ""


def test_what_came_in_since_is_counted_within_the_filter(city: VirtualClock) -> None:
    new_order(nature="help")
    seen = listed(HOTLINE, "orders", Filter(nature="help")).seen
    assert arrived(HOTLINE, "orders", Filter(nature="help"), seen) == 0
    for nature in ("help", "complaint", "help"):
        city.advance(seconds=1)
        new_order(nature=nature)
    assert arrived(HOTLINE, "orders", Filter(nature="help"), seen) == 2
    assert arrived(HOTLINE, "orders", Filter(text="棋牌"), seen) == 3
    assert arrived(HOTLINE, "orders", Filter(), seen, most=2) == 2
    with pytest.raises(Invalid):
        arrived(HOTLINE, "orders", Filter(), "x")


def test_a_view_is_kept_replaced_shared_by_right_and_opened_by_default() -> None:
    chief, taker, other = (
        somebody("chief", "duty_officer"),
        somebody("taker", "call_taker"),
        somebody("other", "duty_officer", "110"),
    )
    given: dict[str, Any] = {"listing": "orders", "about": "状态 已答复"}
    actions.save_list(by=taker, name=" 待 确认 ", query="state=answered", default=True, **given)
    actions.save_list(by=taker, name="待 确认", query="state=handling", default=True, **given)
    actions.save_list(by=taker, name="另一个", query="kind=work", default=True, **given)
    assert [(s.name, s.query, s.default) for s in lists_of(taker, "orders")] == [
        ("另一个", "kind=work", True),
        ("待 确认", "state=handling", False),
    ]
    with pytest.raises(NotAllowed):
        actions.save_list(by=taker, name="共享", query="", shared=True, **given)
    shared = actions.save_list(by=chief, name="本台待确认", query="state=answered", shared=True, **given)
    assert "本台待确认" in [s.name for s in lists_of(taker, "orders")]
    assert lists_of(other, "orders") == []
    assert Event.objects.get(kind="list.shared").subject == "desk:12345"
    with pytest.raises(NotFound):
        actions.drop_list(by=taker, saved=shared.pk)
    actions.drop_list(by=chief, saved=shared.pk)
    assert not SavedList.objects.filter(pk=shared.pk).exists()
    for name in ("", "长" * 41):
        with pytest.raises(Invalid):
            actions.save_list(by=taker, name=name, query="", **given)


def sheet_of(by: By, asked: Filter = Filter(), cols: str = "", **more: Any) -> Sheet:  # noqa: B008
    columns = choose("orders", cols, by.rights)
    return actions.export_orders(by=by, listing="orders", asked=asked, columns=columns, about="全部", **more)


def cells_of(sheet: Sheet) -> list[list[Any]]:
    book = openpyxl.load_workbook(sheet.file)
    return [[cell for cell in row if cell.value is not None] for row in book.active.iter_rows()]


def test_an_export_opens_again_masked_as_text_and_is_in_the_trail() -> None:
    chief = somebody("chief", "duty_officer")
    new_order(title='=HYPERLINK("http://x")', content="甲", address="+86 𠮷野家\ufffe")
    sheet = sheet_of(chief, cols="title,address,caller,received")
    raw = sheet.file.read()
    sheet.file.seek(0)
    rows = cells_of(sheet)
    texts = [[str(cell.value) for cell in row] for row in rows]
    assert any("chief甲" in text and "值班长" in text for text in texts[1])
    assert "筛选条件：全部" in texts[2]
    assert texts[4] == ["单号", "联动号", "事项", "地址", "受理时间", "来电人（已遮蔽）"]
    order = Order.objects.get()
    assert texts[5][:4] == [order.number, order.matter.number, '=HYPERLINK("http://x")', "+86 𠮷野家"]
    assert texts[5][-1] == "张** 138****8000"
    assert all(cell.data_type in ("s", "d") for cell in rows[5])
    assert b"13800138000" not in raw
    event = Event.objects.get(kind="order.exported")
    assert event.subject == f"person:{chief.person}"
    assert sm3(raw).hex() in event.body
    assert '"rows":1' in event.body


def test_an_export_shows_what_the_list_shows_to_those_who_may() -> None:
    chief = somebody("chief", "duty_officer")
    mine = new_order()
    new_order(POLICE)
    sheet = sheet_of(chief)
    assert sheet.rows == 1
    assert cells_of(sheet)[5][0].value == mine.number
    with pytest.raises(NotAllowed):
        sheet_of(HOTLINE)
    with pytest.raises(NotAllowed):
        sheet_of(chief, Filter(desk="110"))
    watcher = somebody("watcher", "supervisor")
    assert "caller" not in [one.code for one in choose("orders", "caller", watcher.rights)]
    assert sheet_of(watcher, Filter(desk="all")).rows == 2


def test_more_than_the_parameter_allows_needs_another_persons_word(city: VirtualClock) -> None:
    chief, second = somebody("chief", "duty_officer"), somebody("second", "supervisor")
    for _ in range(3):
        new_order()
    Parameter.objects.filter(name="export_rows_max").update(value=2)
    forget_rulebook()
    with pytest.raises(TooManyRows, match="超过2条"):
        sheet_of(chief)
    assert not Event.objects.filter(kind="order.exported").exists()
    asked = actions.ask_export(by=chief, listing="orders", query="", reason="季度分析")
    for who, why in ((chief, NotAllowed), (somebody("taker", "call_taker"), NotAllowed)):
        with pytest.raises(why):
            actions.decide_export(by=who, request=asked.pk, granted=True, why="同意")
    with pytest.raises(Conflict):
        sheet_of(chief, approved=asked.pk)
    with pytest.raises(Invalid):
        actions.decide_export(by=second, request=asked.pk, granted=True, why=" ")
    actions.decide_export(by=second, request=asked.pk, granted=True, why="同意")
    with pytest.raises(Conflict):
        actions.decide_export(by=second, request=asked.pk, granted=False, why="不同意")
    with pytest.raises(Conflict):
        sheet_of(chief, Filter(nature="help"), approved=asked.pk)
    assert sheet_of(chief, approved=asked.pk).rows == 3
    with pytest.raises(Conflict):
        sheet_of(chief, approved=asked.pk)
    late = actions.ask_export(by=chief, listing="orders", query="", reason="再来一次")
    actions.decide_export(by=second, request=late.pk, granted=True, why="同意")
    city.advance(days=3, seconds=1)
    with pytest.raises(Conflict):
        sheet_of(chief, approved=late.pk)
    kinds = Event.objects.filter(kind__startswith="export.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["export.requested", "export.decided"] * 2


@pytest.mark.parametrize(
    ("verb", "given", "why"),
    [
        ("confirm", {}, ""),
        ("confirm", {"own": False}, "不是本台的单"),
        ("confirm", {"state": "handling"}, "尚未答复，不能确认办结"),
        ("confirm", {"danger": True}, "险情须逐件打开核实后办结"),
        ("confirm", {"transfers": 1}, "尚有移交未结束"),
        ("urge", {"state": "handed", "transfers": 1}, ""),
        ("urge", {"state": "handed"}, "没有在途的移交可催"),
    ],
)
def test_several_at_once_only_where_each_is_safe(verb: str, given: dict[str, Any], why: str) -> None:
    row = {"own": True, "state": "answered", "danger": False, "transfers": 0, **given}
    assert bulk.why_not(verb, **row) == why


def test_nothing_is_taken_over_or_refused_in_bulk() -> None:
    assert set(bulk.VERBS) == {"confirm", "urge"}
