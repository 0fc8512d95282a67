"""恢复待核对 as the duty officer sees it, and the command that an administrator gives after putting a backup back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from liandong.audit.models import Event
from liandong.identity.queries import held_back_since, life
from liandong.peers.commands import main
from liandong.peers.models import Incoming
from tests.journeys import city, neighbours
from tests.journeys.sheet import Sheet, go
from tests.journeys.test_pages_handover import take_call


@pytest.fixture(autouse=True)
def met(db: None, settings: Any, tmp_path: Path) -> None:
    city.build()
    neighbours.settle(settings, tmp_path)


def desk() -> Sheet:
    return go(city.signed_in("he-zhiban"), "/peers/")


def test_the_command_begins_a_life_and_says_whose_answer_is_awaited(capsys: Any) -> None:
    assert main(["restored"]) == 2
    assert "请写明" in capsys.readouterr().err
    assert main(["restored", "--why", "由昨夜备份恢复"]) == 0
    assert "等待答复的对端：there" in capsys.readouterr().out
    first = life()
    assert main(["restored"]) == 0
    assert life() == first, "asked once more it only tells"
    assert main(["restored", "--without", "there", "--note", ""]) == 2
    assert "处理说明" in capsys.readouterr().err or held_back_since() is not None
    assert main(["restored", "--without", "there", "--note", "对端停机，已电话核对"]) == 0
    assert "核对已全部完成" in capsys.readouterr().out
    assert held_back_since() is None


def test_the_page_tells_that_the_node_is_held_back_until_somebody_lets_it_go_on() -> None:
    assert "由备份恢复" not in desk().text
    assert main(["restored", "--why", "由昨夜备份恢复"]) == 0
    page = desk()
    for said in ("正在与对端核对", "由昨夜备份恢复", "等待 消防专网节点 答复", "系统管理员（命令行）"):
        assert said in page.text, said
    assert "请填写处理说明" in page.press("不再等待", note="").text
    assert held_back_since() is not None
    page = desk().press("不再等待", note="对方机房断电，已与其值班长核对")
    assert "处理说明已记下" in page.text
    assert "正在与对端核对" not in page.text
    assert held_back_since() is None
    assert Event.objects.filter(kind="node.not_awaited", subject="node:there").count() == 1


def test_a_clerk_is_told_what_to_do_and_a_new_call_goes_on() -> None:
    sheet = take_call()
    assert main(["restored", "--why", "由昨夜备份恢复"]) == 0
    refused = sheet.press("移交", way="分流 → 市110", list_item="P01")
    assert "正在与对端核对" in refused.text
    assert "急事请电话联系" in refused.text
    assert "移交" in take_call(title="恢复后的来电").press("移交", way="分流 → 市110", list_item="P01").text


def test_what_a_peer_has_ended_is_shown_and_cannot_be_tried_again() -> None:
    row = neighbours.unfit(1)
    Incoming.objects.filter(pk=row.pk).update(state="void", why="对方已启用新的报文序列", what_to_do="")
    page = go(city.signed_in("he-zhiban"), "/peers/dead/?show=void")
    assert "对方已启用新的报文序列" in page.text
    assert "重试" not in page.text
    assert "没有死信" in go(city.signed_in("he-zhiban"), "/peers/dead/").text
