"""专报与代录 in the browser: made and typed in by the keyboard; what is wrong keeps every word."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests import files
from tests.browser.conftest import People
from tests.browser.screen import Screen, beside
from tests.journeys import city
from tests.journeys.test_pages_handover import take_call
from tests.journeys.test_report_pages import on_paper

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG = "有人赌博，𠮷姓男子在场。" * 40


@pytest.fixture
def filled(transactional_db: None) -> None:
    city.build()
    on_paper()
    take_call(title="楼下有人赌博𠮷", content=LONG, address="和平西街" * 20).press(
        "移交", way="分流 → 市110", list_item="P01", reason="依据" * 100
    )


def number() -> str:
    from liandong.transfer.models import Transfer

    return str(Transfer.objects.get().number)


def form_of(screen: Screen, label: str) -> Locator:
    """Open the form of an act by the keyboard."""
    summary = screen.page.locator("details.act > summary", has_text=label)
    summary.focus()
    screen.page.keyboard.press("Enter")
    return screen.page.locator("details.act[open]")


def test_a_report_goes_out_and_its_answer_is_typed_in(people: People, tmp_path: Path) -> None:
    """On a page that is right in both colours."""
    screen = people("li-rexian")
    screen.expects("status of 422")
    screen.open(f"/transfers/{beside(number)}/reports/")
    form = form_of(screen, "出具专报")
    form.get_by_label("另请对方办理的事项").fill("请" * 1000)
    form.get_by_role("button", name="出具专报").press("Enter")
    screen.sees("已出具专报“市热专报〔2026〕1号”")
    screen.sees("（U+20BB7）")
    form = form_of(screen, "代录：签收")
    form.get_by_label("对方签署人或经办人").fill("王指挥")
    form.get_by_label("代录原因").fill("对方尚未联通")
    form.get_by_role("button", name="代录：签收").press("Enter")
    form = screen.page.locator("details.act[open]")
    expect(form.locator(".errorlist")).to_have_text(
        ["请填写对方文号。", "请附上对方文件的扫描件：选择已添加的，或上传。"]
    )
    expect(form.get_by_label("对方签署人或经办人")).to_have_value("王指挥")
    for judged in (screen.right_in_both_colours, screen.nothing_sticks_out, screen.ids_are_unique):
        judged()
    with screen.in_the_dark():
        screen.nothing_sticks_out()
    scan = tmp_path / "回执.pdf"
    scan.write_bytes(files.PDF)
    form.get_by_label("上传扫描件").set_input_files(scan)
    form.get_by_role("button", name="代录：签收").press("Enter")
    form = screen.page.locator("details.act[open]")
    expect(form.locator(".errorlist")).to_have_text(["请填写对方文号。"])
    form.get_by_label("对方文号").fill("市公指〔2026〕8号𠮷")
    screen.page.evaluate("window.scrollTo(0, 0)")
    screen.picture("report")
    form.get_by_role("button", name="代录：签收").press("Enter")
    screen.sees("代录“签收”已完成")
    screen.sees("据“市公指〔2026〕8号𠮷”")
    screen.right_in_both_colours()
