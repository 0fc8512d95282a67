"""Documents as two people use them: a photo goes up at one desk and is there at the other; bad files are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests import files
from tests.browser.conftest import Open, People
from tests.browser.screen import beside
from tests.journeys import city
from tests.journeys.test_pages_handover import opens, take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def filled(transactional_db: None) -> None:
    city.build()
    take_call().press("移交", way="分流 → 市110", list_item="P01")
    opens("zhao-jingtai", "楼下有人赌博").press("签收")


def page_of(kind: str) -> str:
    from liandong.intake.models import Order

    return f"/orders/{beside(lambda: Order.objects.get(kind=kind).number)}/"


def written(folder: Path, **content: bytes) -> list[Path]:
    """Files on the person's disk, by name; `_` stands for the dot."""
    made = []
    for name, data in content.items():
        made.append(folder / name.replace("_", "."))
        made[-1].write_bytes(data)
    return made


def test_a_photo_goes_up_at_one_desk_and_comes_by_itself_at_the_other(windows: Open, tmp_path: Path) -> None:
    ours, theirs = windows("li-rexian", page_of("work")), windows("zhao-jingtai", page_of("police"))
    chosen = written(tmp_path, 现场_png=files.PNG, 程序_jpg=files.PROGRAM, 空_pdf=b"")
    ours.expects("422")

    # By keys alone: m opens the form, Ctrl+Enter sends it.
    ours.page.keyboard.press("m")
    form = ours.page.locator("#a-document")
    form.get_by_label("材料类别").select_option(label="现场照片")
    form.get_by_label("说明").fill("𠮷字楼门口😀")
    form.locator("input[type=file]").set_input_files(chosen)
    form.get_by_label("说明").press("Control+Enter")

    # The good one is there, the others are told and stay chosen, and what was typed stays.
    expect(ours.page.locator("#part-documents")).to_contain_text("现场.png")
    told = ours.page.locator("[data-upload-told]")
    expect(told).to_contain_text("程序.jpg：文件是程序、脚本或网页，不能作为材料。")
    expect(told).to_contain_text("空.pdf：文件是空的")
    expect(told).to_contain_text("已添加 1 份材料。")
    assert form.locator("input[type=file]").evaluate("(field) => field.files.length") == 2
    expect(form.get_by_label("说明")).to_have_value("𠮷字楼门口😀")
    ours.no_violations()
    ours.ids_are_unique()
    ours.fits()

    # The other desk sees it without having asked, and fetches it.
    expect(theirs.page.locator("#part-documents")).to_contain_text("现场.png")
    expect(theirs.page.locator("#part-story")).to_contain_text("添加材料")
    with theirs.page.expect_download() as fetched:
        theirs.page.get_by_role("link", name="现场.png", exact=True).click()
    assert Path(fetched.value.path()).read_bytes() == files.PNG
    assert fetched.value.suggested_filename == "现场.png"

    # A picture opens by itself, and nothing else is on that page.
    with theirs.context.expect_page() as opened:
        theirs.page.get_by_role("link", name="查看图片 现场.png").click()
    expect(opened.value.locator("img")).to_have_count(1)

    # Taken down with a reason, it goes at both.
    ours.page.locator("#part-documents").get_by_text("撤下").first.click()
    ours.page.get_by_label("撤下的原因").fill("照片拍错了地方")
    ours.page.locator("#part-documents").get_by_role("button", name="撤下", exact=True).last.press("Enter")
    expect(theirs.page.locator("#part-documents")).to_contain_text("照片拍错了地方")
    expect(theirs.page.locator("#part-documents")).not_to_contain_text("现场.png")


def test_without_scripts_several_files_are_posted_whole(browser: Browser, people: People, tmp_path: Path) -> None:
    screen = people("li-rexian")
    plain = browser.new_context(java_script_enabled=False, locale="zh-CN", storage_state=screen.context.storage_state())
    page = plain.new_page()
    page.goto(screen.address + page_of("work"))
    page.locator("#a-document > summary").click()
    page.get_by_label("材料类别").select_option(label="办理凭证")
    page.locator("input[type=file]").set_input_files(written(tmp_path, 一_png=files.PNG, 二_pdf=files.PDF, 三_jpg=b"x"))
    page.locator("#a-document button").click()
    expect(page.locator("#part-documents")).to_contain_text("一.png")
    expect(page.locator("#part-documents")).to_contain_text("二.pdf")
    expect(page.locator("#a-document")).to_contain_text(re.compile("“三.jpg”：文件内容不属于可添加的类型"))
    expect(page.get_by_label("材料类别")).to_have_value("handling")
    plain.close()
