"""Looking back in a browser: a replay that is waited for shows itself, and the figures lead to their orders."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from liandong.audit.by import By
from tests.browser.conftest import People
from tests.browser.screen import beside
from tests.browser.test_every_page import draft_of_the_list
from tests.journeys import city
from tests.journeys.test_pages_handover import take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def filled(transactional_db: None) -> None:
    """Calls of a day, some of them handed over and signed for, and a draft in which their item changes side."""
    from liandong.transfer.actions import take_step
    from liandong.transfer.models import Transfer

    city.build()
    for number in range(4):
        take_call(title=f"第{number}处路灯不亮", content="路灯坏了，路灯不亮，街上很黑")
        sheet = take_call(title=f"第{number}处有人赌博", content="有人赌博，打牌赌钱，开赌场")
        sheet.press("移交", way="分流 → 市110", list_item="P01")
    for row in Transfer.objects.filter(kind="divert")[:3]:
        take_step(by=by("zhao-jingtai"), number=row.number, verb="accept", body={})
    draft_of_the_list()


def by(username: str) -> By:
    from liandong.identity.models import Person
    from liandong.identity.queries import by_person

    return by_person(Person.objects.get(username=username))


def work_off() -> None:
    from liandong.hindsight.timers import DUE
    from liandong.kernel.duework import run_due

    assert run_due(DUE[0])


def judge() -> None:
    """What the reaction does after each acceptance."""
    from tests.cast import react

    react()


def test_who_waits_for_a_replay_sees_its_result_without_asking_again(people: People) -> None:
    office = people("zhou-lianxi")
    office.open("/diversion/2027-1/replays/")
    office.page.get_by_role("button", name="开始仿真").click()
    expect(office.page.get_by_role("heading", name="正在回放")).to_be_visible()
    beside(work_off)
    expect(office.page.get_by_role("heading", name="改变了什么")).to_be_visible()
    expect(office.page.get_by_role("table", name="结果改变的单：各时段件数")).to_be_visible()
    office.no_violations()
    office.picture("replay")


def test_a_number_of_the_quality_page_leads_to_its_orders(people: People) -> None:
    beside(judge)
    watch = people("lu-duban")
    watch.open("/diversion/quality/")
    watch.picture("quality")
    watch.page.get_by_role("link", name="8 件").click()
    expect(watch.page.get_by_role("heading", name="全部判断")).to_be_visible()
    assert watch.page.locator("tbody tr").count() == 8
    watch.no_violations()
