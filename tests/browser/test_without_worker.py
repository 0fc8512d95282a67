"""The background processing is down: people do by hand what a clock would have done."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import People
from tests.browser.test_room import number, run_out
from tests.journeys import city
from tests.journeys.test_pages_handover import take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def filled(transactional_db: None) -> None:
    city.build()
    take_call().press("移交", way="待定 → 市110", reason="是否涉赌不明", list_item="P01")


def test_the_first_desk_takes_the_matter_back_by_a_key_once_the_time_to_settle_has_run_out(
    people: People,
) -> None:
    ours = people("li-rexian")
    ours.expects("404")  # no line here
    ours.open(f"/negotiations/{number()}/")
    button = ours.page.get_by_role("button", name="首接负责")
    expect(button).to_have_count(0)
    expect(ours.page.locator("#part-side-1")).to_contain_text("协商时限未到")
    run_out()
    ours.page.reload()
    ours.no_violations()
    button.press("Enter")
    expect(ours.page.locator("#part-clock")).to_contain_text("协商已结束：已收回")
