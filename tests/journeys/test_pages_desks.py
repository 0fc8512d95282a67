"""The homes of the desks and the room in which two of them negotiate, by the forms people have in front of them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import unquote

import pytest
from django.test import Client

from liandong.identity import actions as identity
from liandong.identity.models import Person, Post
from liandong.identity.rights import INSTALLER
from liandong.kernel import clock
from liandong.kernel.rows import Row
from liandong.transfer.models import NoteRow, Transfer
from tests.journeys import city
from tests.journeys.sheet import Sheet, go
from tests.journeys.test_pages_handover import opens, take_call

pytestmark = pytest.mark.django_db

TITLE = "楼下有人赌博"
IN_PLACE = {"HX-Request": "true"}


class MaxQueries(Protocol):
    def __call__(self, most: int) -> AbstractContextManager[object]: ...


@pytest.fixture(autouse=True)
def _city(db: None) -> None:
    city.build()


def handed_over(**typed: str) -> str:
    """A call handed to the city's 110; the number of its transfer."""
    take_call(**typed).press("移交", way="分流 → 市110", list_item="P01")
    return str(Transfer.objects.latest("id").number)


def negotiated() -> str:
    take_call().press("移交", way="待定 → 市110", reason="是否涉赌不明", list_item="P01")
    return str(Transfer.objects.latest("id").number)


def in_place(client: Client, address: str, **typed: str) -> Any:
    """What the row's own form posts, as the browser does it: the answer is the row."""
    forms = go(client, "/desk/").forms
    token = next(form.values["csrfmiddlewaretoken"] for form in forms if form.method == "post")
    return client.post(address, {"csrfmiddlewaretoken": token, **typed}, headers=IN_PLACE)


@pytest.mark.parametrize(
    ("who", "title"),
    [("li-rexian", "分流台"), ("zhao-jingtai", "联动台"), ("qian-xiantai", "县级联动台"), ("sun-ranqi", "热线联动台")],
)
def test_each_kind_of_desk_has_a_home_that_says_what_comes_next(who: str, title: str) -> None:
    home = go(city.signed_in(who), "/desk/")
    assert f"<h1>{title}</h1>" in home.html
    assert "对方移交到达时出现在这里" in home.text
    assert "签收后的移交在这里办理" in home.text
    assert "移交出去、轮到对方的事项在这里" in home.text


def test_who_rules_has_what_is_negotiated_in_front_of_them_and_nothing_twice() -> None:
    number = negotiated()
    handed_over(title="另一件")
    home = go(city.signed_in("zhou-lianxi"), "/desk/")
    assert "<h1>联席台</h1>" in home.html
    assert home.html.count(f'data-row="{number}"') == 1
    assert "另一件" not in home.text
    assert 'id="part-tally"' not in home.html
    assert "市12345热线 → 市110报警服务台" in home.text
    assert "等 市12345热线" in home.text


def test_a_units_clerk_has_the_units_orders_and_no_lists_of_a_desk() -> None:
    given = {
        "code": "xz-gr",
        "name": "供热公司",
        "kind": "utility",
        "division": "140900",
        "parent": "",
        "source": "测试",
    }
    identity.load_units(by=INSTALLER, rows=[Row("测试", 2, given)])
    Post.objects.create(code="unit_clerk", name="承办员", rights=["order.read", "order.handle"])
    account = {"username": "gong-re", "name": "龚热", "post_id": "unit_clerk", "unit_id": "xz-gr"}
    Person.objects.create(**account, since=clock.now(), must_change_password=False)
    home = go(city.signed_in("gong-re"), "/")
    assert "<h1>承办台</h1>" in home.html
    assert "没有本单位在办的事项" in home.text
    for words in ("待签收", "轮到本台", "已移交"):
        assert words not in home.text


def test_a_row_is_signed_for_in_place_and_the_order_is_opened_from_it() -> None:
    number = handed_over()
    police = city.signed_in("zhao-jingtai")
    answer = in_place(police, f"/transfers/{number}/row/accept/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.lstrip().startswith("<tbody")
    assert "签收：已完成" in text
    assert "反馈办结" in text
    taken = Transfer.objects.get().target_order
    assert taken is not None
    assert taken.number in text


def test_without_scripts_a_row_works_by_pages() -> None:
    number = handed_over()
    home = go(city.signed_in("zhao-jingtai"), "/desk/")
    form = go(home.client, f"/transfers/{number}/row/refuse/")
    empty = form.press("退回", code="不属本台职责")
    assert empty.status == 422
    assert "请填写清单条目或退回依据。" in empty.text
    done = empty.press("退回", basis="属物业管理")
    assert done.url == "/desk/"
    assert "退回：已完成。" in done.text
    assert Transfer.objects.get().state == "refused"


def test_the_second_of_two_is_told_who_was_first_and_keeps_what_was_typed() -> None:
    number = handed_over()
    first, second = city.signed_in("zhao-jingtai"), city.signed_in("zhao-jingtai")
    in_place(first, f"/transfers/{number}/row/accept/")
    late = in_place(second, f"/transfers/{number}/row/accept/")
    assert late.status_code == 409
    assert unquote(late.headers["X-Message"]).startswith("来晚一步：已由 赵警台（市110报警服务台）签收")
    assert "已由 赵警台（市110报警服务台）签收" in late.content.decode()
    typed = in_place(second, f"/transfers/{number}/row/refuse/", code="not_ours", basis="写了很久的依据")
    assert typed.status_code == 409
    assert "写了很久的依据" in typed.content.decode()
    assert Transfer.objects.get().state == "accepted"


def test_a_row_that_left_the_list_says_who_moved_it() -> None:
    number = handed_over()
    client = city.signed_in("zhao-jingtai")
    in_place(client, f"/transfers/{number}/row/accept/")
    gone = client.get(f"/transfers/{number}/row/?gone", headers=IN_PLACE).content.decode()
    assert "已由 赵警台（市110报警服务台）签收" in gone
    assert "已由" not in client.get(f"/transfers/{number}/row/", headers=IN_PLACE).content.decode()


def test_a_row_offers_what_the_rights_allow_and_nothing_else_is_taken() -> None:
    number = handed_over()
    reader = go(city.signed_in("wu-chayue"), "/desk/")
    assert TITLE in reader.text
    assert f"/transfers/{number}/row/urge/" not in reader.html
    assert reader.post(f"/transfers/{number}/row/urge/", text="催").status == 403
    assert f"/transfers/{number}/row/urge/" in go(city.signed_in("wang-shouli"), "/desk/").html
    taker = go(city.signed_in("wang-shouli"), "/desk/")
    assert taker.post(f"/transfers/{number}/row/accept/").status == 403
    stranger = go(city.signed_in("sun-ranqi"), "/desk/")
    assert stranger.post(f"/transfers/{number}/row/accept/").status == 404
    assert go(stranger.client, f"/transfers/{number}/row/").status == 404
    assert go(stranger.client, f"/negotiations/{number}/").status == 404
    for verb in ("award", "fall_back", "nonsense", "position"):
        assert go(taker.client, f"/transfers/{number}/row/{verb}/").status == 404


def test_a_danger_cannot_be_refused_from_its_row() -> None:
    take_call(title="有人落水", signal="有人落水")
    number = Transfer.objects.get().number
    home = go(city.signed_in("zhao-jingtai"), "/desk/")
    assert f"/transfers/{number}/row/accept/" in home.html
    assert f"/transfers/{number}/row/refuse/" not in home.html


def test_arrival_progress_result_and_confirmation_are_all_given_from_the_row() -> None:
    number = handed_over()
    police, ours = city.signed_in("zhao-jingtai"), city.signed_in("li-rexian")
    row = f"/transfers/{number}/row/"
    for address, typed in (
        ("accept/", {}),
        ("arrival/", {"text": "二人到场"}),
        ("progress/", {"text": "正在核查"}),
        ("conclude/", {"result": "solved", "text": "已劝散"}),
    ):
        assert in_place(police, row + address, **typed).status_code == 200
    assert in_place(ours, f"{row}not_solved/", code="not_done", text="还在打").status_code == 200
    assert in_place(police, f"{row}conclude/", result="solved", text="再次劝散并登记").status_code == 200
    confirmed = in_place(ours, f"{row}confirm/")
    assert "确认办结：已完成" in confirmed.content.decode()
    transfer = Transfer.objects.get()
    assert transfer.state == "confirmed"
    assert transfer.rework == 1
    assert list(NoteRow.objects.order_by("id").values_list("kind", flat=True)) == ["arrival", "progress"]


def test_the_desk_is_looked_at_by_what_matters() -> None:
    take_call(title="后到的险情", signal="有人落水")
    handed_over(title="普通的分流")
    police, ours = city.signed_in("zhao-jingtai"), city.signed_in("li-rexian")
    danger = go(police, "/desk/?show=danger")
    assert "后到的险情" in danger.text
    assert "普通的分流" not in danger.text
    assert "全部 2 险情 1 轮到本台 2 超时 0" in danger.text
    mine = go(ours, "/desk/?show=mine")
    assert "全部 2 险情 1 轮到本台 0 超时 0" in mine.text
    assert "已移交中没有符合所选条件的。" in mine.text
    assert "没有待签收的事项。" in go(ours, "/desk/?show=nonsense").text


def test_a_part_of_the_home_comes_alone_and_only_if_it_is_the_desks() -> None:
    handed_over()
    police = city.signed_in("zhao-jingtai")
    part = police.get("/desk/parts/waiting/").content.decode()
    assert part.lstrip().startswith('<section id="part-waiting"')
    assert TITLE in part
    assert "轮到本台" in police.get("/desk/parts/tally/").content.decode()
    assert police.get("/desk/parts/talks/").status_code == 404
    assert police.get("/desk/parts/nonsense/").status_code == 404
    assert city.signed_in("qian-xiantai").get("/desk/parts/clues/").status_code == 404


def test_a_clue_has_a_list_of_its_own_that_shows_how_long_it_took() -> None:
    page = take_call(title="多人扬言上访")
    page.press("移交", way="涉稳线索 → 市110", reason="微信群串联")
    number = Transfer.objects.get().number
    police = city.signed_in("zhao-jingtai")
    home = go(police, "/desk/")
    waiting = home.html[home.html.index('id="part-waiting"') : home.html.index('id="part-clues"')]
    assert "多人扬言上访" not in waiting
    assert "尚未签收，已过" in home.text
    signed = in_place(police, f"/transfers/{number}/row/accept/").content.decode()
    assert "签收用时" in signed
    assert "多人扬言上访" in go(police, "/transfers/clues/").text


def test_the_way_of_a_relay_is_shown_to_all_its_desks() -> None:
    county = take_call("qian-xiantai", title="县里的路灯坏了", content="路灯三天不亮")
    county.press("移交", way="逐级转派", reason="属路灯维护")
    opens("zhao-jingtai", "县里的路灯坏了").press("签收并转出", way="分流 → 市12345", list_item="H01")
    assert "转派链：忻府区110 → 市110报警服务台 → 市12345热线（待签收）" in go(county.client, "/desk/").text
    hotline = go(city.signed_in("li-rexian"), "/desk/")
    assert "转派链：忻府区110 → 市110报警服务台 → 市12345热线" in hotline.text
    page = opens("li-rexian", "县里的路灯坏了")
    assert "转派链（S3.2） 忻府区110 → 市110报警服务台 已签收 → 市12345热线 待签收" in page.text


def room(username: str, number: str) -> Sheet:
    return go(city.signed_in(username), f"/negotiations/{number}/")


def test_the_room_shows_both_sides_and_says_what_each_may_do_and_why_not() -> None:
    number = negotiated()
    ours = room("li-rexian", number)
    for word in ("S3.3", "是否涉赌不明", "治安：聚众赌博", "归110的事项", "协商到"):
        assert word in ours.text
    assert "议定由对方办理 ：对方尚未表示同意" in ours.text
    assert "首接负责 ：协商时限未到" in ours.text
    assert "议定由本台办理" in ours.buttons
    assert "议定由对方办理" not in ours.buttons
    theirs = room("zhao-jingtai", number)
    assert "协商意见" in theirs.buttons
    assert "议定由本台办理" not in theirs.buttons
    spoken = theirs.press("协商意见", position="同意由本台办理", list_item="P01", text="由我们查处")
    assert spoken.url == f"/negotiations/{number}/"
    ours = go(ours.client, ours.url)
    assert "本轮有效" in ours.text
    settled = ours.press("议定由对方办理")
    assert "协商已结束： 已议定" in settled.text
    assert room("zhao-jingtai", number).status == 200


def test_who_took_part_in_a_call_is_written_down_and_one_voice_is_no_call() -> None:
    ours = room("li-rexian", negotiated())
    alone = ours.press("通话记录", ours="李热线", text="没有人接")
    assert alone.status == 422
    assert "请写明参加通话的至少两方。" in alone.text
    assert alone.form("通话记录").values["text"] == "没有人接"
    kept = alone.press("通话记录", caller="on", theirs="赵警台", text="来电人说没有赌资。")
    assert "三方通话，参加：来电人、市12345热线（李热线）、市110报警服务台（赵警台）。" in kept.text
    assert NoteRow.objects.get().body["text"].endswith("来电人说没有赌资。")


def test_a_decision_that_came_too_late_is_told_in_the_room() -> None:
    number = negotiated()
    slow = room("li-rexian", number)
    room("li-rexian", number).press("议定由本台办理")
    late = slow.press("议定由本台办理")
    assert late.status == 409
    assert "没有完成" in late.text
    assert "协商已结束： 已收回" in late.text


def test_the_conference_rules_in_the_room_and_only_the_ruling_is_left() -> None:
    number = negotiated()
    conference = room("zhou-lianxi", number)
    conference.press("联席裁定", ruling="裁定由首接台办理", text="未见警情")
    ours = room("li-rexian", number)
    assert "裁定由首接台办理" in ours.text
    assert "议定由本台办理" in ours.buttons
    assert "联席会议已作出裁定，只能按裁定结果操作。" in ours.text
    for address in ("step/accept/", "step/refuse/", "note/urge/", "note/x/"):
        assert ours.post(f"/negotiations/{number}/{address}").status == 404
    assert room("sun-ranqi", number).status == 404
    assert room("wu-chayue", number).post(f"/negotiations/{number}/step/settle/").status == 403


def test_the_homes_and_the_room_need_at_most_twelve_statements(
    django_assert_max_num_queries: MaxQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a process keeps for five seconds must not run out between two requests of a slow machine.
    monkeypatch.setattr("liandong.intake.queries.RULEBOOK_SECONDS", 600.0)
    monkeypatch.setattr("liandong.routing.queries.KEPT_SECONDS", 600.0)
    monkeypatch.setattr("liandong.identity.queries.KEPT_FOR", timedelta(minutes=10))
    number = negotiated()
    handed_over(title="另一件")
    take_call(title="线索").press("移交", way="涉稳线索 → 市110", reason="串联")
    county = take_call("qian-xiantai", title="县里的路灯坏了", content="路灯三天不亮")
    county.press("移交", way="逐级转派", reason="属路灯维护")
    opens("zhao-jingtai", "县里的路灯坏了").press("签收并转出", way="分流 → 市12345", list_item="H01")
    for who in ("li-rexian", "zhao-jingtai", "qian-xiantai", "zhou-lianxi"):
        client = city.signed_in(who)
        addresses = ["/desk/", "/desk/?show=mine", f"/desk/parts/{'talks' if who == 'zhou-lianxi' else 'work'}/"]
        if who != "qian-xiantai":
            addresses.append(f"/negotiations/{number}/")
        go(client, "/desk/")  # what a process keeps is read by now
        for address in addresses:
            with django_assert_max_num_queries(12):
                assert go(client, address).status == 200


def test_a_caller_shown_on_the_page_is_hidden_again_and_in_the_trail() -> None:
    page = take_call(caller_name="王小明", caller_phone="13800138000")
    token = page.form("查看").values["csrfmiddlewaretoken"]
    address = f"{page.url}caller/"
    shown = page.client.post(address, {"csrfmiddlewaretoken": token, "purpose": "回访核实"}, headers=IN_PLACE)
    text = shown.content.decode()
    assert "13800138000" in text
    assert 'data-hide-after="60"' in text
    assert "<html" not in text
    without = page.client.post(address, {"csrfmiddlewaretoken": token, "purpose": ""}, headers=IN_PLACE)
    assert without.status_code == 422
    assert "请填写查看用途。" in without.content.decode()


def test_the_story_of_a_long_matter_is_folded_and_whole() -> None:
    handed_over()
    page = opens("li-rexian", TITLE)
    for index in range(45):
        page = page.press("补充说明", text=f"第{index:02d}条说明")
    assert "更早的" in page.text
    assert all(f"第{index:02d}条说明" in page.text for index in range(45))
    assert page.text.index("第44条说明") < page.text.index("第00条说明")
