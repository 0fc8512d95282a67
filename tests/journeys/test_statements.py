"""Every page there is asks the database at most twelve statements, however many rows it shows."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from liandong.audit.by import By
from liandong.exchange.models import TokenError, TokenUse
from liandong.hindsight.models import Replay
from liandong.identity import actions as identity
from liandong.identity.models import Desk, Person, SystemToken
from liandong.identity.queries import by_person, forget
from liandong.intake import actions as intake
from liandong.intake.callers import Caller
from liandong.intake.models import Order
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.kernel.ids import local_day
from liandong.transfer.models import Transfer
from tests import files
from tests.browser.test_every_page import PAGES, draft_of_the_list, replay_of_the_draft
from tests.journeys import city, neighbours
from tests.journeys.test_calls import keep, page
from tests.journeys.test_pages_handover import take_call

pytestmark = pytest.mark.django_db

MOST = 12
# More rows of each kind than a page may ask statements: one statement a row would show.
ROWS = MOST + 3


@pytest.fixture(autouse=True)
def _kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process keeps for five seconds must not run out between two requests of a slow machine."""
    monkeypatch.setattr("liandong.intake.queries.RULEBOOK_SECONDS", 600.0)
    monkeypatch.setattr("liandong.routing.queries.KEPT_SECONDS", 600.0)
    monkeypatch.setattr("liandong.identity.queries.KEPT_FOR", timedelta(minutes=10))


def by(username: str) -> By:
    return by_person(Person.objects.get(username=username))


@pytest.fixture
def known(settings: Any, tmp_path: Path) -> dict[str, str]:
    """The small city with many rows in every list; what stands in an address of a page, by name."""
    city.build()
    neighbours.settle(settings, tmp_path)
    neighbours.fill(tmp_path, ROWS)
    for n in range(ROWS):
        caller = Caller(phone="13800138000")
        city.called("li-rexian", f"第{n}处路灯不亮", caller=caller, address=f"和平西街{n}号")
        city.called("li-rexian", f"第{n}处赌博", ("divert", "110"), list_item="P01")
        city.called("li-rexian", f"第{n}处是否涉赌", ("unclear", "110"), reason="不明")
        city.called("li-rexian", f"第{n}条线索", ("clue", "110"), reason="串联")
        city.called("zhao-jingtai", f"第{n}件纠纷", ("divert", "12345"), list_item="H01")
        neighbours.standing_still(f"第{n}处通道堵塞")
        keep(page(), key=uuid4().hex, content=f"第{n}份草稿")
        intake.ask_export(by=by("he-zhiban"), listing="orders", query="", reason=f"第{n}次核对")
    take_call(title="有人落水，正在呼救", signal="有人落水")
    Desk.objects.filter(pk="gas").update(paper=True)
    forget()
    draft_of_the_list()
    replay_of_the_draft()
    return {**_tokens(), **_a_long_order(), "replay": str(Replay.objects.get().pk)}


def _tokens() -> dict[str, str]:
    for n in range(ROWS):
        identity.issue_token(by=by("chen-guanli"), name=f"系统{n}", desk="12345", days=30, rights=["order.read"])
    now = clock.now()
    for n, token in enumerate(SystemToken.objects.all()):
        TokenUse.objects.create(token=token, day=local_day(now), code="", requests=n, items=n, last_at=now)
        TokenError.objects.create(
            token=token, at=now, path="/orders", status=422, code="invalid", field="/title", request_id=f"r-{n}"
        )
    return {"token": str(SystemToken.objects.latest("pk").pk)}


def _a_long_order() -> dict[str, str]:
    """An order with a long story."""
    sheet = take_call(title="另一处赌博").press("移交", way="分流 → 市110", list_item="P01")
    for n in range(ROWS):
        sheet = sheet.press("补充说明", text=f"第{n}条说明")
    order = Order.objects.get(title="另一处赌博", kind="work")
    for n in range(int(rulebook().parameter("documents_max", clock.now()))):
        intake.add_document(
            by=by("li-rexian"), number=order.number, kind="scene", name=f"{n}.jpg", file=BytesIO(files.jpeg(bytes([n])))
        )
    return {
        "order": order.number,
        "transfer": Transfer.objects.get(origin_order=order).number,
        "talk": str(Transfer.objects.filter(kind="unclear").latest("pk").number),
    }


def test_every_page_asks_at_most_twelve_statements(known: dict[str, str]) -> None:
    asked: dict[str, int] = {}
    for name, (username, path) in PAGES.items():
        client, address = city.signed_in(username) if username else Client(), path.format(**known)
        assert client.get(address).status_code == 200, address  # what a process keeps is read by now
        with CaptureQueriesContext(connection) as statements:
            client.get(address)
        asked[f"{name} {address}"] = len(statements)
    assert {where: many for where, many in asked.items() if many > MOST} == {}
    assert max(asked.values()) > 1, "nothing was counted"
