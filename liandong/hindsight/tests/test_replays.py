"""Past periods under another list, on orders that were really taken and handed over."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from liandong.audit.models import Event
from liandong.hindsight import actions
from liandong.hindsight.commands import main
from liandong.hindsight.errors import PeriodUnfit, ReplayRunning
from liandong.hindsight.models import Replay
from liandong.hindsight.timers import DUE
from liandong.kernel.clock import VirtualClock
from liandong.kernel.duework import run_due
from liandong.kernel.errors import Conflict, NoSuchEdge, NotAllowed
from liandong.kernel.ids import local_day
from liandong.routing import actions as routing
from liandong.routing.items import ItemValues, fingerprint
from liandong.routing.queries import access_item, forget_lists, values
from tests import cast
from tests.cast import HOTLINE, POLICE, hand_over, new_order, step

pytestmark = pytest.mark.django_db

DRAFT = "T-2"
CONFERENCE = replace(cast.CONFERENCE, person=None)


@pytest.fixture
def day(city: VirtualClock) -> date:
    """A day on which gambling was handed to 110 twice, once refused, noise stayed, and a fight went out as a danger."""
    forget_lists()
    today = local_day(city.now())
    for number in range(2):
        row = hand_over(new_order(title="棋牌室聚众赌博", content="楼下棋牌室聚众赌博，每晚赌到半夜"), list_item="P01")
        step(row, "refuse" if number else "accept")
    for number in range(3):
        new_order(title="广场舞噪声扰民", content=f"{number}号楼前广场舞噪声扰民，装修噪声也很大")
    hurt = new_order(title="有人打架", content="有人打架，多人持刀打架斗殴")
    step(hand_over(hurt, "danger", signal="持刀打架", list_item="P02"), "accept")
    routing.begin(
        by=CONFERENCE,
        code=DRAFT,
        name="第二版",
        effective_from=today + timedelta(days=9),
        source="会议纪要",
        base="T-1",
    )
    return today


def put(code: str, **changed: Any) -> None:
    old = values(access_item(CONFERENCE, DRAFT, code))
    new = ItemValues(**{**{name: getattr(old, name) for name in ItemValues.__slots__}, **changed})
    routing.put_item(by=CONFERENCE, version=DRAFT, item=new, seen=fingerprint(old))


def ran(day: date, version: str = DRAFT) -> dict[str, Any]:
    row = actions.ask(by=CONFERENCE, version=version, since=day, until=day)
    run_due(DUE[0])
    row.refresh_from_db()
    assert row.state == "done"
    return dict(row.result)


def test_on_an_unchanged_list_the_replay_is_what_happened(day: date) -> None:
    for version in ("T-1", DRAFT):
        result = ran(day, version)
        assert result["orders"] == 6, "each order once, those that came by a hand-over not again"
        assert result["handed"] == 3
        assert result["moved"] == 0
        assert result["samples"] == []


def test_words_that_only_people_read_change_nothing(day: date) -> None:
    put("P01", exceptions="涉枪的按险情办理", legal_basis="治安管理处罚法")
    result = ran(day)
    assert (result["orders"], result["moved"], result["asked"]) == (6, 0, 0)


def test_an_item_that_changes_side_moves_what_cited_it_with_its_hour_and_reason(day: date) -> None:
    put("P01", side="12345")
    result = ran(day)
    assert result["sides"]["110>12345"] == 2
    assert result["items"]["P01>P01"]["side"] == 2
    assert result["counties"]["140900"]["side"] == 2
    assert result["desks"]["110"]["lost"] == result["desks"]["12345"]["gained"] == 2
    assert sum(result["desks"]["12345"]["hours"].values()) == 2
    assert {one["state"] for one in result["samples"]} == {"accepted", "refused"}
    assert all("由110改归12345" in one["why"] for one in result["samples"])


def test_what_stayed_at_a_desk_moves_when_its_words_are_the_other_sides(day: date) -> None:
    put("H01", side="110")
    result = ran(day)
    assert result["sides"] == {"12345>110": 3}


def test_an_item_that_is_dropped_leaves_nobody(day: date) -> None:
    old = values(access_item(CONFERENCE, DRAFT, "P01"))
    routing.remove_item(by=CONFERENCE, version=DRAFT, code="P01", seen=fingerprint(old))
    result = ran(day)
    assert result["what"] == {"nobody": 2}


def test_a_danger_that_became_ordinary_comes_later_unless_the_gate_knows_it(day: date) -> None:
    calm = new_order(title="两家有矛盾", content="两家为一堵墙的事说不到一起")
    step(hand_over(calm, "danger", signal="可能动手", list_item="P02"), "accept")
    put("P02", kind="divert")
    result = ran(day)
    assert result["gated"] == 1, "打架持刀 goes out by the gate whatever the list says"
    assert [one[0] for one in result["later"]["orders"]] == [calm.number]
    assert result["later"]["median"] > 3600, "by the limit of a diversion, for want of examples"


def test_nothing_of_a_caller_stands_in_what_is_kept(day: date) -> None:
    put("P01", side="12345")
    ran(day)
    kept = json.dumps(list(Replay.objects.values_list("result", "tally")), ensure_ascii=False)
    for said in ("棋牌室", "张三丰", "13800138000", "和平"):
        assert said not in kept


def test_a_replay_goes_on_where_it_was_left(day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    put("P01", side="12345")
    whole = ran(day)
    monkeypatch.setattr("liandong.hindsight.queries.past.stretch.__defaults__", (2,))
    monkeypatch.setattr("liandong.hindsight.actions.AT_ONCE_SECONDS", 0.0)
    actions.ask(by=CONFERENCE, version=DRAFT, since=day, until=day)
    assert sum(run_due(DUE[0]) for _ in range(9)) > 2, "it was done at one go"
    assert Replay.objects.latest("pk").result == whole


def test_a_draft_that_changes_meanwhile_is_replayed_as_it_was_asked(day: date) -> None:
    put("P01", side="12345")
    row = actions.ask(by=CONFERENCE, version=DRAFT, since=day, until=day)
    put("P01", side="110")
    run_due(DUE[0])
    row.refresh_from_db()
    assert row.result["sides"] == {"110>12345": 2}
    assert row.sm3 != actions.ask(by=CONFERENCE, version=DRAFT, since=day, until=day).sm3


def test_only_who_makes_the_list_replays_it_and_one_at_a_time(day: date) -> None:
    with pytest.raises(NotAllowed):
        actions.ask(by=HOTLINE, version="T-1", since=day, until=day)
    row = actions.ask(by=CONFERENCE, version=DRAFT, since=day, until=day)
    with pytest.raises(ReplayRunning):
        actions.ask(by=CONFERENCE, version=DRAFT, since=day, until=day)
    with pytest.raises(NotAllowed):
        actions.stop(by=POLICE, replay=row.pk, seen=row.version)
    with pytest.raises(Conflict):
        actions.stop(by=CONFERENCE, replay=row.pk, seen=row.version + 1)
    actions.stop(by=CONFERENCE, replay=row.pk, seen=row.version)
    assert not run_due(DUE[0])
    with pytest.raises(NoSuchEdge):
        actions.stop(by=CONFERENCE, replay=row.pk, seen=row.version + 1)
    told = Event.objects.filter(kind="replay.moved").order_by("id").values_list("body", flat=True)
    assert ["发" if '"ask"' in body else "停" for body in told] == ["发", "停"]


@pytest.mark.parametrize(("first", "last"), [(0, 1), (2, 1), (0, -2000)])
def test_only_days_that_were_and_no_more_than_three_years(day: date, first: int, last: int) -> None:
    since, until = sorted((day + timedelta(days=first), day + timedelta(days=last)), reverse=first > last > 0)
    with pytest.raises(PeriodUnfit):
        actions.ask(by=CONFERENCE, version=DRAFT, since=since, until=until)


def test_the_command_replays_without_writing(day: date, capsys: pytest.CaptureFixture[str]) -> None:
    put("P01", side="12345")
    asked = ["replay", "--from", str(day), "--to", str(day), "--list", DRAFT]
    assert main([*asked, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["orders"], result["sides"]) == (6, {"110>12345": 2})
    assert main(asked) == 0
    assert "归口110→12345：2件" in capsys.readouterr().out
    assert not Replay.objects.exists()
    assert main(["replay", "--from", str(day), "--to", str(day), "--list", "没有"]) == 2
    assert "没有这个清单版本" in capsys.readouterr().err
