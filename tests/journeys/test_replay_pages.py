"""A past period under a draft, on its pages: asking, waiting, reading, taking out, and what nobody was given."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest

from liandong.hindsight import timers
from liandong.hindsight.models import Replay
from liandong.kernel import clock
from liandong.kernel.duework import run_due
from liandong.kernel.ids import local_day
from tests.browser.test_every_page import draft_of_the_list
from tests.journeys import city
from tests.journeys.sheet import Sheet, go, read_answer
from tests.journeys.test_pages_handover import take_call

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city(db: None) -> None:
    city.build()
    take_call(title="楼下有人赌博", content="楼下有人打牌赌钱").press("移交", way="分流 → 市110", list_item="P01")
    draft_of_the_list()


def page() -> Sheet:
    return go(city.signed_in("zhou-lianxi"), "/diversion/2027-1/replays/")


def today() -> str:
    return local_day(clock.now()).isoformat()


def asked() -> Sheet:
    return page().press("开始仿真", since=today(), until=today())


def test_a_replay_is_asked_for_worked_off_behind_the_page_and_read() -> None:
    waiting = asked()
    assert "正在回放" in waiting.text
    assert "后台逐段回放" in waiting.text
    run_due(timers.DUE[0])
    part = waiting.client.get(f"{waiting.url}progress/")
    assert part["HX-Refresh"] == "true"
    done = go(waiting.client, waiting.url)
    assert "改变归口 1" in done.text
    assert "110报警服务台 → 12345热线 1" in done.text
    assert "所引条目P01在新清单中由110改归12345" in done.text
    order = Replay.objects.get().result["samples"][0]["number"]
    assert f'href="/orders/{order}/"' in done.html
    assert "已做的仿真" in page().text
    assert "周联席" in page().text


def test_a_draft_that_was_changed_since_says_so() -> None:
    done = asked()
    run_due(timers.DUE[0])
    assert "又有修改" not in go(done.client, done.url).text
    go(done.client, "/diversion/2027-1/items/H01/").press("保存", text="路灯损坏")
    assert "又有修改" in go(done.client, done.url).text


def test_a_replay_that_runs_is_stopped_and_stays_without_a_result() -> None:
    stopped = asked().press("停止仿真")
    assert "已停止仿真" in stopped.text
    assert "没有结果" in stopped.text
    assert not run_due(timers.DUE[0])
    assert stopped.client.get(f"{stopped.url}file/").status_code == 404


def test_the_result_is_taken_out_as_a_spreadsheet_without_a_word_of_a_caller() -> None:
    done = asked()
    run_due(timers.DUE[0])
    for query, said in (("", "改变归口"), ("?orders=1", "所引条目P01在新清单中由110改归12345")):
        content = done.client.get(f"{done.url}file/{query}").getvalue()
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            text = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
        assert said in text
        assert "打牌赌钱" not in text
        assert Replay.objects.get().sm3 in text


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("", "", "请填写起日"),
        ("昨天", "2026-01-01", "日期格式有误"),
        ("2026-02-01", "2026-01-01", "起日不能晚于止日"),
        ("2001-01-01", "2026-01-01", "一次最多仿真三年"),
    ],
)
def test_a_period_that_cannot_be_replayed_is_said_beside_what_was_typed(since: str, until: str, said: str) -> None:
    answer = page().press("开始仿真", since=since, until=until)
    assert answer.status == 422
    assert said in answer.text
    assert answer.form("开始仿真").values["since"] == since


def test_days_to_come_and_a_second_one_at_once_are_refused() -> None:
    tomorrow = (local_day(clock.now()) + timedelta(days=1)).isoformat()
    assert "止日不能晚于今天" in page().press("开始仿真", since=today(), until=tomorrow).text
    asked()
    assert "正在进行" in asked().text


def test_only_who_makes_the_list_has_the_pages() -> None:
    done = asked()
    run_due(timers.DUE[0])
    desk = city.signed_in("li-rexian")
    assert "变更仿真" not in go(desk, "/diversion/2023-1/").text
    for path in ("/diversion/2023-1/replays/", done.url, f"{done.url}file/", f"{done.url}progress/"):
        assert desk.get(path).status_code == 403, path
    convener = go(city.signed_in("qin-zhaoji"), done.url)
    assert convener.status == 200
    other = done.url.replace("2027-1", "2023-1")
    assert done.client.get(other).status_code == 404
    assert go(done.client, "/diversion/2027-1/replays/999999/").status == 404
    assert "变更仿真" in go(done.client, "/diversion/2027-1/").text


def test_a_stop_that_comes_late_or_says_nonsense_is_answered_in_words() -> None:
    waiting = asked()
    for seen in ("99", "x"):
        answer = waiting.post(f"{waiting.url}stop/", seen=seen)
        assert answer.status == 200
        assert "已停止仿真" not in answer.text
        assert "正在回放" in answer.text
    run_due(timers.DUE[0])
    late = read_answer(waiting.client, waiting.client.get(waiting.url))
    assert "停止仿真" not in late.buttons
