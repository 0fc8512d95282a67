"""Behind the cards of 节点对接: comparisons, what differs, what stands still, what lies apart, certificates."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from liandong.audit.models import Event
from liandong.kernel import clock
from liandong.kernel.models import LiveMessage
from liandong.peers.models import ChannelState, Difference, Reconciliation, SetApart
from liandong.peers.queries.desk import SHOWN
from tests.journeys import city, neighbours
from tests.journeys.sheet import Sheet, go


@pytest.fixture(autouse=True)
def _met(db: None, settings: Any, tmp_path: Path) -> None:
    city.build()
    neighbours.settle(settings, tmp_path)


def look(path: str, username: str = "he-zhiban") -> Sheet:
    return go(city.signed_in(username), path)


def test_a_click_asks_for_a_comparison_and_the_card_says_that_it_is_under_way() -> None:
    neighbours.heard(heard_at=clock.now())
    page = look("/peers/")
    assert "还没有对过账" in page.text
    asked = page.press("现在对账")
    assert "已发起与消防专网节点的对账" in asked.text
    assert "对账中" in asked.text
    row = Reconciliation.objects.get()
    detail = orjson.loads(Event.objects.get(kind="accounts.compared", subject="node:there").body)["detail"]
    assert detail == {"round": row.round, "days": row.days}
    assert LiveMessage.objects.filter(topics=["peers:there"]).exists()
    assert "对账正在进行，请等对方答复" in asked.press("现在对账").text
    assert Reconciliation.objects.count() == 1
    Reconciliation.objects.update(asked_at=clock.now() - timedelta(minutes=2))
    asked.press("现在对账")
    assert Reconciliation.objects.count() == 2


def test_while_the_peer_is_away_the_comparison_waits_and_says_so() -> None:
    neighbours.heard(heard_at=clock.now() - timedelta(hours=1))
    assert "对方中断，恢复后自动进行" in look("/peers/").press("现在对账").text


def test_an_equal_comparison_and_one_that_differs_are_told_with_their_days() -> None:
    neighbours.heard(heard_at=clock.now(), equal_at=clock.now())
    neighbours.compared(apart=0)
    text = look("/peers/").text
    assert "比对 30 日，双方所存相同" in text
    assert "没有未了的出入" in text
    neighbours.compared(apart=2)
    neighbours.differs("T1")
    text = look("/peers/").text
    assert "其中 2 日不一致" in text
    assert "1 处未了的出入" in text


def test_a_comparison_that_is_answered_tells_open_screens() -> None:
    from liandong.peers.actions import reconcile_due
    from liandong.peers.actions.reconciling import keep_word

    neighbours.heard(heard_at=clock.now())
    look("/peers/").press("现在对账")
    LiveMessage.objects.all().delete()
    keep_word(peer="there", data={"about": "matters", "round": Reconciliation.objects.get().round, "days": {}})
    reconcile_due()
    assert [one.topics for one in LiveMessage.objects.all()] == [["peers:there"]]
    assert "双方所存相同" in look("/peers/now/").text


def test_each_difference_has_its_repair_its_evidence_and_the_way_to_the_order() -> None:
    row = neighbours.standing_still("棋牌室噪声扰民")
    neighbours.differs(row.number, evidence={"count": 7, "links": ["ab"], "got": "来电13800138000"})
    neighbours.differs("TX9", mended_at=clock.now())
    page = look("/peers/differences/")
    for said in (
        "两边内容不同",
        "移交的第 2 步",
        "不自动处理：保留双方证据，提请核对",
        "本节点校验值",
        "链长",
        row.number,
    ):
        assert said in page.text, said
    assert f"/orders/{row.origin_order.number}/" in page.html
    assert "13800138000" not in page.text
    assert "TX9" not in page.text
    assert "TX9" in look("/peers/differences/?show=mended").text
    assert "没有未了的出入" in look("/peers/differences/?peer=nobody").text
    assert f"/orders/{row.origin_order.number}/" not in look("/peers/differences/", "ma-duijie").html


def test_many_differences_come_page_by_page() -> None:
    for n in range(SHOWN + 1):
        neighbours.differs(f"T{n:03}")
    first = look("/peers/differences/?peer=there")
    assert ("T050" in first.text, "T000" in first.text) == (True, False)
    last = Difference.objects.order_by("-id")[SHOWN - 1].pk
    assert f"?peer=there&amp;before={last}" in first.html
    second = look(f"/peers/differences/?peer=there&before={last}")
    assert ("T050" in second.text, "T000" in second.text) == (False, True)


def test_a_hand_over_that_stands_still_is_listed_with_its_desk_and_its_order() -> None:
    assert "没有停滞的移交" in look("/peers/stuck/").text
    row = neighbours.standing_still("消防通道被占")
    assert "1 件移交停滞" in look("/peers/").text
    page = look("/peers/stuck/")
    for said in ("已收未签", row.number, "市119火警热线 119", "消防专网节点"):
        assert said in page.text, said
    assert f"/orders/{row.origin_order.number}/" in page.html
    assert f"/orders/{row.origin_order.number}/" not in look("/peers/stuck/", "ma-duijie").html
    assert "没有停滞的移交" in look("/peers/stuck/?peer=nobody").text


def test_what_stands_still_comes_page_by_page_and_none_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liandong.peers.queries.desk.SHOWN", 2)
    rows = [neighbours.standing_still(f"第{n}处").number for n in range(3)]
    first = look("/peers/stuck/?peer=there")
    address = first.html.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = look(address)
    seen = [number for number in rows if number in first.text], [number for number in rows if number in second.text]
    assert (len(seen[0]), len(seen[1]), sorted(seen[0] + seen[1])) == (2, 1, sorted(rows))


def test_what_lies_apart_is_looked_at_and_marked_and_stays_as_evidence(settings: Any, tmp_path: Path) -> None:
    neighbours.certified(settings, tmp_path, 365)
    neighbours.kept_apart(1)
    assert "1 批已隔离，待查看" in look("/peers/").text
    page = look("/peers/apart/")
    assert "签名不符：报文在途中被改动，或不是该密钥签的。" in page.text
    assert "signature_bad" not in page.text
    row = SetApart.objects.get()
    got = page.client.get(f"/peers/apart/{row.pk}/")
    assert (got.content, got["Content-Type"]) == (b'{"n":1}', "application/octet-stream")
    assert got["Content-Disposition"].startswith("attachment")
    again = look("/peers/apart/")
    assert "已记为已看" in page.press("记为已看").text
    assert "已由何值班记为已看" in again.press("记为已看").text
    assert [one.kind for one in Event.objects.filter(subject="node:there").order_by("id")] == [
        "parcel.seen",
        "parcel.settled",
    ]
    assert "待查看" not in look("/peers/").text
    assert "何值班" in look("/peers/apart/?show=seen").text
    neighbours.kept_apart(1)
    assert SetApart.objects.count() == 1
    assert page.client.get(f"/peers/apart/{row.pk + 1}/").status_code == 404


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (365, "还有 365 天"),
        (20, "还有 20 天 请安排更换"),
        (3, "还有 3 天 过期后 https 通道不通，请立即更换"),
        (-2, "不再被接受，请立即更换"),
    ],
)
def test_a_certificate_is_warned_of_before_its_end(settings: Any, tmp_path: Path, days: int, said: str) -> None:
    neighbours.certified(settings, tmp_path, days)
    assert said in look("/peers/").text


def test_when_the_certificate_of_a_peer_ends_is_told_where_it_was_seen(settings: Any, tmp_path: Path) -> None:
    neighbours.certified(settings, tmp_path, 365)
    assert "对端证书" not in look("/peers/").text
    seen = clock.now() + timedelta(days=5)
    ChannelState.objects.create(peer="there", channel="https", good_at=clock.now(), certified_until=seen)
    assert "还有 5 天 过期后 https 通道不通，请对方立即更换" in look("/peers/").text


def test_only_who_looks_after_the_nodes_is_let_in() -> None:
    neighbours.kept_apart(1)
    client = city.signed_in("li-rexian")
    row = SetApart.objects.get()
    for path in ("differences/", "stuck/", "apart/", f"apart/{row.pk}/"):
        assert go(client, f"/peers/{path}").status == 403, path
    for path in ("there/compare/", f"apart/{row.pk}/settle/"):
        assert client.post(f"/peers/{path}", headers={"X-CSRFToken": "x"}).status_code == 403, path
    assert Reconciliation.objects.count() == 0
    page = look("/peers/")
    assert page.post("/peers/nobody/compare/").status == 404
