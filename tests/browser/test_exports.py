"""More rows than one may export alone: one person asks, another decides, the first fetches, each as they do it."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import People
from tests.journeys import city
from tests.journeys.test_pages_handover import take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WHY = "第三季度𠮷祥里片区来电分析"


@pytest.fixture
def filled(transactional_db: None) -> None:
    """Three orders, and at most two may be exported without another person's word."""
    from liandong.intake.models import Parameter
    from liandong.intake.queries import forget_rulebook

    city.build()
    for title in ("路灯不亮", "楼道堆放杂物", "夜间施工扰民"):
        take_call(title=title)
    Parameter.objects.filter(name="export_rows_max").update(value=2)
    forget_rulebook()


def ask(people: People, reason: str) -> None:
    """The supervisor exports the list, hears that it is too long, and asks."""
    screen = people("lu-duban")
    screen.expects("422")
    screen.open("/orders/?nature=help")
    screen.press("导出表格")
    screen.sees("超过2条，不能直接导出")
    screen.no_violations()
    screen.press("申请导出")
    screen.sees("请写明申请导出的理由")
    screen.no_violations()
    screen.page.get_by_label("申请理由和用途").fill(reason)
    screen.press("申请导出")
    screen.sees("已提交导出申请")
    expect(screen.page.get_by_role("listitem").filter(has_text=reason)).to_contain_text("待审批")
    expect(screen.page.get_by_role("button", name="批准", exact=True)).to_have_count(0)  # not one's own


def test_the_duty_officer_grants_an_export_by_keys_and_who_asked_fetches_it_once(
    people: People, tmp_path: Path
) -> None:
    ask(people, WHY)
    chief = people("he-zhiban")
    chief.expects("422")
    chief.open("/desk/")
    chief.page.get_by_role("navigation").get_by_role("link", name="导出申请").press("Enter")
    request = chief.page.get_by_role("listitem").filter(has_text=WHY)
    expect(request).to_contain_text("吕督办")
    expect(request).to_contain_text("性质 求助")

    # Without a word nothing is decided, and the form says what is missing.
    chief.page.wait_for_load_state()
    request.get_by_role("button", name="批准", exact=True).press("Enter")
    expect(request.locator(".errorlist")).to_contain_text("请填写审批意见")
    chief.no_violations()
    request.get_by_label("审批意见").fill("同意，用于季度分析。")
    request.get_by_role("button", name="批准", exact=True).press("Enter")
    chief.sees("已批准该申请。")
    expect(request).to_contain_text("同意，用于季度分析。")
    expect(request.get_by_role("button")).to_have_count(0)  # neither to decide again nor to take another's file
    chief.no_violations()

    asker = people("lu-duban")
    asker.open("/exports/own/")
    granted = asker.page.get_by_role("listitem").filter(has_text=WHY)
    expect(granted).to_contain_text("有效至")
    asker.no_violations()
    with asker.page.expect_download() as awaited:
        granted.get_by_role("button", name="取用文件").press("Enter")
    path = tmp_path / awaited.value.suggested_filename
    awaited.value.save_as(path)
    found = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))
    assert {"路灯不亮", "楼道堆放杂物", "夜间施工扰民"} <= {row[2] for row in found}
    asker.page.reload()
    expect(granted).to_contain_text("已取用")
    expect(granted.get_by_role("button")).to_have_count(0)


def test_who_asked_reads_why_an_export_was_not_granted(people: People) -> None:
    ask(people, WHY)
    chief = people("he-zhiban")
    chief.open("/exports/")
    request = chief.page.get_by_role("listitem").filter(has_text=WHY)
    request.get_by_label("审批意见").fill("范围过大，请按月申请。")
    request.get_by_role("button", name="不批准").press("Enter")
    chief.sees("已记录：不批准该申请。")
    asker = people("lu-duban")
    asker.open("/exports/own/")
    refused = asker.page.get_by_role("listitem").filter(has_text=WHY)
    expect(refused).to_contain_text("未批准")
    expect(refused).to_contain_text("范围过大，请按月申请。")
    expect(refused.get_by_role("button")).to_have_count(0)
