"""节点对接 and 死信 through HTTP, as the integrator and the duty officer meet them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import orjson
import pytest
from django.db import connection

from liandong.audit.models import Event
from liandong.identity.models import Person
from liandong.identity.queries import by_person
from liandong.kernel import clock
from liandong.kernel.models import LiveMessage
from liandong.peers import actions
from liandong.peers.models import Incoming, Peer
from tests.journeys import city, neighbours
from tests.journeys.sheet import Sheet, go
from tests.journeys.test_pages_handover import take_call


@pytest.fixture
def root(tmp_path: Path, settings: Any) -> Path:
    return tmp_path


@pytest.fixture
def met(db: None, settings: Any, root: Path) -> None:
    city.build()
    neighbours.settle(settings, root)


def desk(username: str = "ma-duijie") -> Sheet:
    return go(city.signed_in(username), "/peers/")


def letters(show: str = "") -> Sheet:
    return go(city.signed_in("he-zhiban"), f"/peers/dead/{show}")


def test_a_house_without_other_nodes_says_so(db: None) -> None:
    city.build()
    assert "本系统没有对端" in desk().text


@pytest.mark.usefixtures("met")
def test_the_desk_shows_how_the_peer_stands_and_what_lies_between_us(root: Path) -> None:
    now = clock.now()
    neighbours.heard(heard_at=now - timedelta(seconds=10))
    for serial, span in ((1, 2), (2, 4), (3, 6)):
        sent = now - timedelta(minutes=5)
        neighbours.posted(serial, sent_at=sent, stored_at=sent + timedelta(seconds=span))
    neighbours.posted(4, made_at=now - timedelta(hours=1))
    neighbours.posted(5, urgent=True)
    neighbours.unfit(1)
    neighbours.waiting(2, "step:T9:3")
    neighbours.heard(
        said_at=now, said={"versions": {"software": "9.9", "messages": {"step": 1, "note": 2}}, "queue": {"waiting": 4}}
    )
    neighbours.set_apart(root, "there-here-1", "第1行：签名不符。（signature_bad）")
    text = desk().text
    for said in ("消防专网节点", "在线", "2 件，最早", "久未收到回执", "1 件", "请同时电话通知", "一半在 4.0 秒内",
                 "1 件不能处理", "等待移交 T9 的第 3 步", "there-here-1", "签名不符", "there-2026", "here-2026",
                 "市119火警热线", "9.9", "第2版：附记", "4 件待送本节点", "尚未使用"):  # fmt: skip
        assert said in text, said


@pytest.mark.usefixtures("met")
@pytest.mark.parametrize(("silent", "word"), [(10, "在线"), (100, "迟缓"), (400, "中断")])
def test_silence_has_its_word_also_while_no_courier_runs(silent: int, word: str) -> None:
    neighbours.heard(heard_at=clock.now() - timedelta(seconds=silent))
    assert word in desk().text


@pytest.mark.usefixtures("met")
def test_what_keeps_us_apart_and_a_missing_key_are_told_on_the_card(root: Path) -> None:
    neighbours.heard(heard_at=clock.now(), trouble="磁盘已满", trouble_at=clock.now())
    next((root / "peer-keys" / "there").iterdir()).unlink()
    text = desk().text
    assert "磁盘已满" in text
    assert "迟缓" in text
    assert "没有登记对端的公钥" in text


def part(username: str, about: str, asked: str = "") -> str:
    """The words of the notice, as the page fetches them."""
    return go(city.signed_in(username), f"/peers/reach/{about}/{asked}").text.strip()


@pytest.mark.usefixtures("met")
def test_before_a_hand_over_one_reads_whether_the_receiving_node_hears_and_whom_to_telephone() -> None:
    neighbours.heard(heard_at=clock.now() - timedelta(seconds=400))
    client = city.signed_in("li-rexian")
    call = go(client, "/orders/new/").text
    assert "消防专网节点 ：中断（自" in call
    assert "选定接收台后显示其电话" in call
    assert "电话联系" not in call
    chosen = part("li-rexian", "offer", "?field=way&way=divert:119")
    assert "急事请电话联系： 市119火警热线 119 ，通话后记入“通话记录”" in chosen
    assert part("li-rexian", "offer", "?field=way&way=divert:110") == ""
    order = take_call(title="另一处赌博")
    assert "/peers/reach/danger/?field=&amp;key=danger" in order.html
    assert "/peers/reach/offer/?field=way&amp;key=offer" in order.html
    neighbours.heard(heard_at=clock.now())
    assert "中断" not in go(client, "/orders/new/").text
    assert part("li-rexian", "offer", "?field=way&way=divert:119") == "消防专网节点 在线"
    assert part("li-rexian", "offer", "?field=way") == ""
    for wrong in ("other/", "offer/?field=caller_phone", "offer/?key=a%20b"):
        assert go(client, f"/peers/reach/{wrong}").status == 404


@pytest.mark.usefixtures("met")
def test_beside_a_document_one_reads_whether_the_other_side_has_it() -> None:
    number = neighbours.documents_on_their_way()
    client = city.signed_in("li-rexian")
    page = go(client, f"/orders/{number}/").html
    assert f"/peers/sent/{number}/" in page
    pieces = re.findall(r'id="(sent-\d+)"', html := go(client, f"/peers/sent/{number}/").html)
    assert len(pieces) == 4
    assert all(f'id="{one}"' in page for one in pieces)
    words = [" ".join(re.sub("<[^>]*>", " ", one).split()) for one in re.findall("<p.*?</p>", html, re.DOTALL)]
    assert words[0] == "消防专网节点 传输中 0/5"
    assert words[1] == "消防专网节点 传输中 2/5"
    assert words[2].startswith("消防专网节点 对方拒收 ")
    assert words[3] == "消防专网节点 已送达"
    assert go(city.signed_in("sun-ranqi"), f"/peers/sent/{number}/").status == 404
    assert go(client, "/peers/sent/nothing/").status == 422


@pytest.mark.usefixtures("met")
def test_of_a_danger_only_the_desk_that_receives_it_is_named() -> None:
    neighbours.heard(heard_at=clock.now() - timedelta(seconds=400))
    assert part("li-rexian", "danger") == ""  # it goes to the city's 110, which is here
    assert "选定接收台后显示其电话" in part("zhao-jingtai", "danger", "?field=target")
    assert part("zhao-jingtai", "danger", "?field=target&target=gas") == ""
    told = part("zhao-jingtai", "danger", "?field=target&target=119")
    assert "请同时电话通知： 市119火警热线 119" in told
    neighbours.heard(heard_at=clock.now())
    assert part("zhao-jingtai", "danger", "?field=target&target=119") == ""


@pytest.mark.usefixtures("met")
def test_only_who_looks_after_the_nodes_is_let_in() -> None:
    row = neighbours.unfit(1)
    client = city.signed_in("li-rexian")
    assert go(client, "/peers/").status == go(client, "/peers/dead/").status == go(client, "/peers/now/").status == 403
    for path in (f"/peers/dead/{row.pk}/retry/", f"/peers/dead/{row.pk}/aside/", "/peers/dead/all/"):
        assert client.post(path, headers={"X-CSRFToken": "x"}).status_code == 403
    row.refresh_from_db()
    assert row.state == "dead"


@pytest.mark.usefixtures("met")
def test_a_dead_letter_tells_why_and_what_to_do_and_no_number_of_a_caller() -> None:
    neighbours.too_new(7)
    row = neighbours.unfit(8)
    Incoming.objects.filter(pk=row.pk).update(evidence={"got": "来电13800138000", "ours": "a" * 64})
    text = letters().text
    for said in ("不能处理这一类报文", "联系系统管理员升级", "流水号 7", "其他报文", "收到第几步"):
        assert said in text, said
    assert "13800138000" not in text


@pytest.mark.usefixtures("met")
def test_a_letter_leads_to_the_order_of_who_may_see_it() -> None:
    from liandong.intake.models import Order

    take_call(title="另一处赌博")
    order = Order.objects.select_related("matter").get()
    neighbours.unfit(1, subject=order.matter.number)
    assert f"/orders/{order.number}/" in letters().html
    assert f"/orders/{order.number}/" not in go(city.signed_in("ma-duijie"), "/peers/dead/").html


@pytest.mark.usefixtures("met")
def test_one_click_tries_again_and_the_trail_says_who(monkeypatch: pytest.MonkeyPatch) -> None:
    row = neighbours.too_new(7)
    assert "仍不能处理" in letters().press("重试").text
    monkeypatch.setattr("liandong.peers.actions.taking.apply", lambda row, data: ["note:1"])
    assert "这件报文现为“已处理”" in letters().press("重试").text
    row.refresh_from_db()
    assert (row.state, row.why, row.code) == ("applied", "", "")
    events = Event.objects.filter(kind="message.retried", subject="node:there")
    assert [orjson.loads(one.body)["by"]["name"] for one in events] == ["何值班", "何值班"]
    assert orjson.loads(events[0].body)["detail"]["code"] == "message_unknown"
    assert LiveMessage.objects.filter(topics=["peers:there"]).exists()


@pytest.mark.usefixtures("met")
def test_a_second_click_on_the_same_sight_does_nothing_and_says_so() -> None:
    row = neighbours.too_new(7)
    first, second = letters(), letters()
    first.press("重试")
    version = Incoming.objects.get(pk=row.pk).version
    assert "已由他人处理" in second.press("重试").text
    assert Incoming.objects.get(pk=row.pk).version == version
    assert Event.objects.filter(kind="message.retried").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_tries(settings: Any, root: Path) -> None:
    city.build()
    neighbours.settle(settings, root)
    row, officer = neighbours.too_new(7), by_person(Person.objects.get(username="he-zhiban"))
    together = Barrier(2)

    def click() -> bool:
        together.wait(5)
        try:
            return actions.try_again(by=officer, incoming=row.pk, version=row.version)[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        tried = [one.result(20) for one in [pool.submit(click), pool.submit(click)]]
    assert sorted(tried) == [False, True]
    assert Event.objects.filter(kind="message.retried").count() == 1


@pytest.mark.usefixtures("met")
def test_all_of_one_reason_are_tried_and_those_of_another_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    for serial in range(3):
        neighbours.too_new(serial)
    other = neighbours.unfit(9)
    monkeypatch.setattr("liandong.peers.actions.taking.apply", lambda row, data: ["note:1"])
    sheet = letters()
    form = next(one for one in sheet.forms if one.values.get("code") == "message_unknown")
    client = city.signed_in("he-zhiban")
    page = client.post(form.action, {**form.values, "csrfmiddlewaretoken": sheet_token(client)}, follow=True)
    assert "已重试 3 件，均已不在死信中" in page.content.decode()
    assert Incoming.objects.filter(state="applied").count() == 3
    other.refresh_from_db()
    assert other.state == "dead"
    assert Event.objects.filter(kind="message.retried").count() == 3


def sheet_token(client: Any) -> str:
    client.get("/peers/dead/")
    return str(client.cookies["csrftoken"].value)


@pytest.mark.usefixtures("met")
def test_who_looked_into_it_puts_it_aside_with_a_note_and_may_still_try_it_again() -> None:
    row = neighbours.too_new(7)
    refused = letters().press("搁置", note="")
    assert refused.status == 422
    assert "请填写处理说明" in refused.text
    assert "已搁置" in letters().press("搁置", note="已与对方核对，对方将重发。").text
    row.refresh_from_db()
    assert (row.state, row.aside_by, row.aside_note) == ("set_aside", "何值班", "已与对方核对，对方将重发。")
    assert "没有死信" in letters().text
    aside = letters("?show=set_aside")
    assert "对方将重发" in aside.text
    event = Event.objects.get(kind="message.set_aside")
    assert orjson.loads(event.body)["detail"]["handled"] == "已与对方核对，对方将重发。"
    aside.press("重试")
    row.refresh_from_db()
    assert (row.state, row.aside_by, row.aside_at, row.aside_note) == ("dead", "", None, "")


@pytest.mark.usefixtures("met")
def test_screens_hear_when_a_peer_is_called_otherwise() -> None:
    from liandong.peers.channels import Parcel, Way

    class Silent:
        def send(self, peer: str, envelopes: Any) -> None: ...
        def fetch(self, peer: str) -> list[Parcel]:
            return []

        def settle(self, peer: str, name: str) -> None: ...
        def quarantine(self, peer: str, name: str, why: str) -> None: ...
        def set_apart(self, peer: str) -> int:
            return 0

    def turn(heard_before: int) -> list[list[str]]:
        LiveMessage.objects.all().delete()
        neighbours.heard(heard_at=clock.now() - timedelta(seconds=heard_before))
        actions.carry(peer="there", channels=[Way("silent", Silent())])
        return [one.topics for one in LiveMessage.objects.all()]

    assert turn(1) == [["peers:there", "reach:there"]]
    assert turn(2) == []
    assert turn(400) == [["peers:there", "reach:there"]]
    assert Peer.objects.get().condition == "offline"


@pytest.mark.usefixtures("met")
def test_what_the_peer_refuses_is_told_with_its_reason_and_sent_again() -> None:
    from liandong.peers.models import Outgoing

    row = neighbours.posted(3, stored_at=clock.now(), refused="message_unknown", refused_at=clock.now(), raw=b"kept")
    assert "1 件被对端拒收" in desk().text
    first, second = letters("?show=refused"), letters("?show=refused")
    assert "没有这一种报文" in first.text
    assert "已重新排队发送" in first.press("重新发送").text
    assert "没有被对端拒收" in second.press("重新发送").text
    row.refresh_from_db()
    assert (row.refused, row.stored_at, bytes(row.raw or b"")) == ("", None, b"kept")
    assert Outgoing.objects.exclude(refused="").count() == 0
