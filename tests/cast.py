"""The cast of the tests: named people of both desks with the rights their posts have, a small whole city, and how a
day is run by hand. The root `conftest.py` loads this as a plugin, so `city` is there for every test.

Desks, posts, codes, limits and parameters are the rows of the Xinzhou pack. The diversion list is a small one of
our own, because tests point at its items.
"""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from liandong.audit.by import By
from liandong.kernel.clock import VirtualClock

PACK = Path(__file__).parent.parent / "cities" / "xinzhou"
POSTS = {
    row["code"]: frozenset(row["rights"].split())
    for row in csv.DictReader((PACK / "posts.csv").read_text(encoding="utf-8").splitlines())
}


def _person(number: int, name: str, post: str, desk: str) -> By:
    return By(name=name, post=post, desk=desk, person=number, rights=POSTS[post])


HOTLINE_TAKER = _person(1, "热线受理员甲", "call_taker", "12345")
HOTLINE = _person(2, "热线派单员甲", "dispatcher", "12345")
POLICE_TAKER = _person(3, "接警员甲", "call_taker", "110")
POLICE = _person(4, "指挥调度员甲", "dispatcher", "110")
COUNTY = _person(5, "忻府区指挥调度员甲", "dispatcher", "110-140902")
OTHER_COUNTY = _person(6, "原平市指挥调度员甲", "dispatcher", "110-140981")
GAS = _person(7, "供气热线值班员甲", "dispatcher", "gas")
CONFERENCE = _person(8, "联席办工作人员甲", "conference_officer", "12345")
SUPERVISOR = _person(9, "警情督办员甲", "supervisor", "110")
AUDITOR = _person(10, "热线审计员甲", "auditor", "12345")
AT_DESK = {by.desk: by for by in (HOTLINE, POLICE, COUNTY, GAS)}

# The code tables that the actions ask; the others would only cost time.
TABLES = {
    *("nature", "channel", "urgency", "level", "result", "refuse_reason", "unsolved_reason"),
    *("document_kind", "document_type", "report_mark", "report_urgency", "report_secrecy"),
}
LIST_VERSIONS = """version,name,status,effective_from,effective_to,approved_by,source
T-1,测试清单,in_force,2023-06-01,,测试,测试用清单"""
LIST_ITEMS = """version,code,class,text,side,kind,unit_type,exceptions,legal_basis,clause,signals,examples
T-1,P01,治安,聚众赌博,110,divert,,,,S3.1,赌博 聚赌,楼下有人赌博|棋牌室聚赌|出租屋赌博
T-1,P02,治安,打架斗殴,110,danger,,,,S3.4,打架 持刀,有人打架|有人持刀|多人打架
T-1,H01,噪声,社会生活噪声,12345,divert,,,,S3.1,噪声 扰民,广场舞噪声|装修扰民|空调噪声"""


def rows(name: str, text: str) -> list[Any]:
    from liandong.kernel.rows import Row

    return [Row(name, line, values) for line, values in enumerate(csv.DictReader(StringIO(text)), start=2)]


def load_small_city() -> None:
    """Everything the actions need, people excepted: `By` values stand for them."""
    from liandong.identity import actions as identity
    from liandong.identity.rights import INSTALLER
    from liandong.intake import actions as intake
    from liandong.kernel.actions import seed_workdays
    from liandong.routing import actions as routing

    for file, load in (
        ("divisions.csv", identity.load_divisions),
        ("desks.csv", identity.load_desks),
        ("posts.csv", identity.load_posts),
        ("codes.csv", intake.load_codes),
        ("limits.csv", intake.load_limits),
        ("parameters.csv", intake.load_parameters),
    ):
        given = rows(file, (PACK / file).read_text(encoding="utf-8"))
        load(by=INSTALLER, rows=[row for row in given if row.values.get("code_table", "nature") in TABLES])
    routing.load_versions(by=INSTALLER, rows=rows("list_versions.csv", LIST_VERSIONS))
    routing.load_items(by=INSTALLER, rows=rows("list_items.csv", LIST_ITEMS))
    seed_workdays(2026, 2026)


@pytest.fixture
def city(db: None, clock: VirtualClock) -> VirtualClock:
    """A whole small city on the virtual clock, which is handed to the test to be moved."""
    load_small_city()
    return clock


def new_order(by: By = HOTLINE, **given: Any) -> Any:
    """Accept an order at the actor's desk and return its row."""
    from liandong.intake import actions
    from liandong.intake.accepting import Incoming, Key
    from liandong.intake.callers import Caller
    from liandong.intake.models import Order

    key: Key | None = given.pop("key", None)
    given.setdefault("kind", "police" if str(by.desk).startswith("110") else "work")
    given.setdefault("title", "楼下有人赌博")
    given.setdefault("content", "和平小区二号楼楼下棋牌室整夜聚众赌博，吵闹扰民。")
    given.setdefault("caller", Caller(name="张三丰", phone="13800138000", identity_number="140902199001011234"))
    answer = actions.accept_order(by=by, incoming=Incoming(**given), key=key)
    return Order.objects.select_related("matter").get(number=answer["order_number"])


def hand_over(order: Any, kind: str = "divert", target: str = "110", **body: Any) -> Any:
    """Offer the order's matter by the person at its desk and return the transfer."""
    from liandong.transfer import actions

    body = body or {"reason": "按分流事项清单属对方职责"}
    return actions.offer(by=AT_DESK[order.desk], order=order.number, kind=kind, target=target, body=body)


STEP_BODY: dict[str, dict[str, Any]] = {
    "refuse": {"code": "not_ours", "basis": "不属公安机关职责"},
    "hand_back": {"code": "not_ours", "basis": "现场查明不属公安机关职责"},
    "contest": {"basis": "清单所列事项"},
    "offer_again": {"reason": "已更正事发地址"},
    "conclude": {"result": "solved", "text": "已到现场处理完毕"},
    "not_solved": {"code": "not_done", "text": "问题仍在"},
}


def step(row: Any, verb: str, *, by: By | None = None, **body: Any) -> Any:
    """Take a step with the body it needs, by the person at the desk that holds the baton unless `by` is given."""
    from liandong.transfer import actions
    from liandong.transfer.models import Transfer
    from liandong.transfer.queries import replica_of

    row = Transfer.objects.get(pk=row.pk)
    actor = by or AT_DESK[replica_of(row).holder]
    return actions.take_step(by=actor, number=row.number, verb=verb, body={**STEP_BODY.get(verb, {}), **body})


def note(row: Any, kind: str, by: By, **body: Any) -> Any:
    from liandong.transfer import actions

    return actions.add_note(by=by, number=row.number, kind=kind, body=body)


def react() -> None:
    """Run all reactions until nothing waits; a fact that failed fails the test with its trouble."""
    from config.reactions import REACTIONS
    from liandong.kernel.models import Fact
    from liandong.kernel.outbox import handle_waiting

    while handle_waiting(REACTIONS):
        pass
    assert list(Fact.objects.filter(handled_at=None).values_list("kind", "trouble")) == []


def run_clocks(vc: VirtualClock, until: datetime | None = None, **span: float) -> None:
    """Let time pass to `until` (or by `span`), stopping at every due moment to do what is due, reactions included."""
    from config.clocks import CLOCKS
    from liandong.kernel.duework import earliest, run_due
    from liandong.kernel.models import SetAside

    end = until or vc.now() + timedelta(**span)
    while True:
        for due in CLOCKS:
            run_due(due)
        react()
        assert list(SetAside.objects.values_list("loop", "trouble")) == []
        nearest = min((moment for due in CLOCKS if (moment := earliest(due)) is not None), default=end)
        if nearest > end or (nearest <= vc.now() and nearest == end):
            break
        vc.move_to(nearest)
    vc.move_to(end)


def fresh(row: Any) -> Any:
    """The row as the database has it now."""
    return type(row).objects.get(pk=row.pk)


def assert_whole(matter: Any) -> None:
    """What must hold of every matter at every moment (I1, I2, I6, I8); call it after each act of a test."""
    from liandong.audit.models import Event
    from liandong.intake.queries import custody_of
    from liandong.transfer.models import Transfer
    from liandong.transfer.queries import duties, folded, replica_of
    from liandong.transfer.responsibility import responsible

    matter = fresh(matter)
    segments = custody_of(matter)
    _assert_tiles([s for s in segments if s.role == "lead"], matter)
    now_responsible = {s.party for s in segments if s.until is None}
    transfers = list(Transfer.objects.filter(matter=matter))
    open_transfers = [row for row in transfers if row.ended_at is None]
    assert matter.transfers_open == len(open_transfers)
    for row in transfers:
        assert folded(row) == replica_of(row), f"the steps of {row.number} do not fold to its row"
        for kept in row.steps.all():
            assert Event.objects.filter(subject=matter.number, body__contains=bytes(kept.hash).hex()).exists()
    if matter.state == "closed":
        assert not now_responsible
        assert not open_transfers
        assert not matter.orders.filter(closed_at=None).exists()
        return
    assert now_responsible == set(responsible(matter.first_desk, duties(matter)))
    for row in open_transfers:
        assert any(getattr(row, name) for name in _CLOCKS), f"no clock runs on {row.number} in {row.state}"
    running = open_transfers or matter.orders.exclude(answer_by=None, followup_by=None).exists()
    assert running, "an open matter without any running clock"


_CLOCKS = ("accept_by", "decide_by", "settle_by", "conclude_by", "confirm_by")


def _assert_tiles(leads: list[Any], matter: Any) -> None:
    """The leading segments cover the matter's life to the microsecond, without gap or overlap."""
    assert leads[0].since == matter.opened_at
    for before, after in pairwise(leads):
        assert before.until == after.since, f"custody of {matter.number} breaks at {before.until}"
    assert leads[-1].until == matter.closed_at
    if matter.closed_at is not None:
        total = sum((s.until - s.since for s in leads), timedelta())
        assert total == matter.closed_at - matter.opened_at
