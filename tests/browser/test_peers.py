"""节点对接 and 死信 in the browser: a click tries again, a note is asked for, what happens elsewhere is seen; no name
or reason reaches over its edge."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, People
from tests.browser.screen import DESK, WALL, beside
from tests.browser.test_long_names import PERSON, POLICE
from tests.journeys import city, neighbours

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NODE = "忻州市公安局公安信息网节点（市局指挥中心机房、灾备中心双活）联合运行维护值守平台节点一号"


@pytest.fixture
def filled(transactional_db: None, settings: Any, tmp_path: Path) -> None:
    city.build()
    neighbours.settle(settings, tmp_path)
    neighbours.fill(tmp_path)
    neighbours.certified(settings, tmp_path, 12)


def test_a_letter_is_tried_again_and_put_aside_with_a_note(people: People) -> None:
    screen = people("he-zhiban", dark=True)
    screen.expects("404", "status of 422")
    screen.open("/peers/dead/")
    page = screen.page
    screen.picture("dead-letters")
    page.get_by_role("button", name="重试流水号 101").click()
    screen.sees("已重试，仍不能处理")
    row = page.locator("[data-row]", has_text="流水号 101")
    row.locator("summary").click()
    row.get_by_role("button", name="搁置", exact=True).click()
    screen.sees("请填写处理说明")
    screen.no_violations()
    row.get_by_label("处理说明").fill("已与对方核对，对方升级后重发。")
    row.get_by_role("button", name="搁置", exact=True).click()
    screen.sees("处理说明已记下")
    page.get_by_role("link", name="已搁置").click()
    screen.sees("已与对方核对，对方升级后重发。")
    screen.no_violations()


def test_beside_a_document_stands_whether_the_other_side_has_it(people: People) -> None:
    number = beside(neighbours.documents_on_their_way)
    screen = people("li-rexian")
    screen.open(f"/orders/{number}/")
    papers = screen.page.locator(".papers")
    for name, said in (
        ("没有发.png", "传输中 0/5"), ("传到一半.jpg", "传输中 2/5"), ("太大的.jpg", "对方拒收"), ("到了.jpg", "已送达")
    ):  # fmt: skip
        expect(papers.locator(".paper", has_text=name).locator(".paper__sent")).to_contain_text(f"消防专网节点 {said}")
    papers.scroll_into_view_if_needed()
    screen.picture("documents-sent")
    screen.nothing_sticks_out()
    screen.ids_are_unique()
    screen.right_in_both_colours()


def test_the_longest_names_and_reasons_stay_in_their_cards(people: People) -> None:
    """At the desk and on the wall."""
    beside(_long)
    for username, path in (("ma-duijie", "/peers/"), ("he-zhiban", "/peers/dead/?show=set_aside")):
        screen = people(username)
        screen.expects("404")
        screen.open(path)
        for size in (DESK, WALL):
            screen.page.set_viewport_size(size)
            screen.fits()
            screen.nothing_sticks_out()


def _long() -> None:
    from liandong.identity.models import Desk, Node
    from liandong.identity.queries import forget
    from liandong.kernel import clock
    from liandong.peers.models import Incoming, Peer

    Node.objects.filter(code="there").update(name=NODE[:60])
    Desk.objects.filter(code="119").update(name=POLICE)
    Peer.objects.update(trouble=("摆渡目录无法读写（/mnt/" + "a" * 120 + "）：磁盘已满，𠮷。") + "稍后自动再发" * 20)
    Incoming.objects.filter(state="dead").update(
        state="set_aside", why="内容与本节点的记录不相容，不能存入。" * 10, what_to_do="请与对端核对校验值" * 20,
        evidence={"ours": "a" * 64, "theirs": "b" * 64, "got": "说明" * 100}, subject="T" + "9" * 23,
        aside_by=PERSON, aside_at=clock.now(), aside_note="查明" * 100,
    )  # fmt: skip
    forget()


def test_the_desk_hears_what_happens(windows: Open, settings: Any) -> None:
    """The server is a process of its own, and a house alone: it has no card to show, but it hears."""
    screen = windows("ma-duijie", "/peers/dead/")
    screen.page.evaluate(
        "document.body.addEventListener('live-peers', (event) => { document.body.dataset.heard = event.detail.kind; })"
    )
    beside(_tell)
    expect(screen.page.locator("body")).to_have_attribute("data-heard", "peer.traffic")


def _tell() -> None:
    from django.db import transaction

    from liandong.kernel.telling import write
    from liandong.peers.facts import traffic_with

    with transaction.atomic():
        write([traffic_with("there")])


def test_the_desk_shows_each_peer_anew_by_itself(people: People) -> None:
    screen = people("ma-duijie")
    screen.expects("404")
    screen.open("/peers/")
    page = screen.page
    expect(page.locator(".peer .badge").first).to_have_text("中断")
    beside(_back)
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live-peers', { bubbles: true }))")
    expect(page.locator(".peer .badge").first).to_have_text("在线")
    screen.no_violations()


def test_the_code_tables_of_a_peer_come_by_themselves_and_stay_open(people: People) -> None:
    beside(_other_codes)
    screen = people("he-zhiban")
    screen.expects("404")
    screen.open("/peers/")
    page = screen.page
    page.locator("summary", has_text="代码差异").click()
    beside(_back)
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live-peers', { bubbles: true }))")
    expect(page.locator(".peer .badge").first).to_have_text("在线")
    expect(page.locator("details[open] > summary", has_text="代码差异")).to_be_visible()
    screen.no_violations()


def _other_codes() -> None:
    from liandong.intake.models import ForeignCode
    from liandong.kernel import clock
    from liandong.kernel.ids import local_day
    from liandong.peers.models import Tables

    now = clock.now()
    ForeignCode.objects.create(
        node="there", table="nature", code="rumour", name="传言", effective_from=local_day(now), since=now
    )
    Tables.objects.create(peer="there", kind="codes", version="a" * 64, as_of=now, heard_at=now)


def test_a_comparison_is_asked_for_and_its_result_comes_by_itself(people: People) -> None:
    screen = people("he-zhiban")
    screen.expects("404")
    screen.open("/peers/")
    screen.sees("1 日不一致")
    screen.sees("还有 12 天")
    screen.picture("peers")
    page = screen.page
    page.get_by_role("button", name="现在对账：消防专网节点").press("Enter")
    screen.sees("对账中")
    screen.no_violations()
    beside(_answered)
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live-peers', { bubbles: true }))")
    screen.sees("双方所存相同")
    page.get_by_role("link", name="2 处未了的出入").press("Enter")
    screen.sees("保留双方证据，提请核对")
    screen.picture("differences")


def _answered() -> None:
    from liandong.kernel import clock
    from liandong.peers.models import Reconciliation

    Reconciliation.objects.filter(ended_at=None).update(ended_at=clock.now(), apart=0)


def test_before_a_hand_over_only_the_chosen_desk_and_its_telephone_are_named(people: People) -> None:
    screen = people("li-rexian")
    screen.open("/orders/new/")
    page = screen.page
    page.keyboard.press("F4")
    notice = page.locator("#reach-offer")
    expect(notice).to_contain_text("选定接收台后显示其电话")
    way = page.locator("[name=way]")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/peers/reach/" in request.url else None)
    way.select_option("divert:119")
    expect(notice).to_contain_text("急事请电话联系：市119火警热线 119")
    screen.no_violations()
    way.select_option("divert:110")
    expect(notice).not_to_contain_text("119")
    # Nothing that was typed about the caller stands in an address.
    assert [url.partition("?")[2] for url in asked] == [
        f"field=way&key=offer&way=divert%3A{desk}" for desk in ("119", "110")
    ]


def _back() -> None:
    from liandong.kernel import clock

    neighbours.heard(heard_at=clock.now() + timedelta(seconds=1), trouble="", trouble_at=None)
