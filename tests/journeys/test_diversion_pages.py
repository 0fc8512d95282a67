"""The diversion list on its pages, by posting the forms people have in front of them, and some that nobody has."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from liandong.kernel import clock
from liandong.kernel.ids import local_day
from liandong.routing.models import ListVersion
from tests.journeys import city
from tests.journeys.sheet import Sheet, go, read_answer
from tests.journeys.test_pages_handover import take_call

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city(db: None) -> None:
    city.build()


def tomorrow() -> date:
    return local_day(clock.now()) + timedelta(days=1)


def begin(**typed: str) -> Sheet:
    page = go(city.signed_in("zhou-lianxi"), "/diversion/")
    said = {"code": "2027-1", "name": "第二版", "effective_from": tomorrow().isoformat(), "source": "会议纪要"}
    return page.press("起草", **{**said, **typed})


def edit(page: Sheet, code: str = "P01", **typed: str) -> Sheet:
    return go(page.client, f"/diversion/2027-1/items/{code}/").press("保存", **typed)


def test_a_draft_is_changed_proposed_sent_back_and_approved_by_another() -> None:
    page = begin()
    assert "已起草2027-1" in page.text
    page = edit(page, side="12345热线", text="棋牌娱乐扰民")
    assert "条目P01已保存" in page.text
    assert "其中改变归口 1" in page.text
    page = go(page.client, "/diversion/2027-1/").press("提请审定")
    assert "待审定" in page.text
    assert "审定" not in [label for form in page.forms for label in form.buttons]
    theirs = go(city.signed_in("qin-zhaoji"), "/diversion/2027-1/").press("退回修改", reason="例外情形请写明")
    assert "退回修改的理由" in theirs.text
    page = edit(page, exceptions="聚众赌博由110受理")
    go(page.client, "/diversion/2027-1/").press("提请审定")
    theirs = go(theirs.client, "/diversion/2027-1/").press("审定")
    assert "已审定" in theirs.text
    assert ListVersion.objects.get(code="2027-1").effective_by is not None


def test_an_approval_is_recalled_with_its_reason_and_not_offered_once_it_holds() -> None:
    page = edit(begin(), side="12345热线")
    go(page.client, "/diversion/2027-1/").press("提请审定")
    theirs = go(city.signed_in("qin-zhaoji"), "/diversion/2027-1/").press("审定")
    assert "撤回审定" not in go(page.client, "/diversion/2027-1/").buttons
    assert "请填写理由" in theirs.press("撤回审定", reason="").text
    theirs = theirs.press("撤回审定", reason="条目须再议")
    assert "已撤回审定，退为草稿" in theirs.text
    assert "条目须再议" in go(page.client, "/diversion/2027-1/").text
    go(page.client, "/diversion/2027-1/").press("提请审定")
    theirs = go(theirs.client, "/diversion/2027-1/").press("审定")
    ListVersion.objects.filter(code="2027-1").update(effective_from=local_day(clock.now()))
    assert "撤回审定" not in go(theirs.client, "/diversion/2027-1/").buttons


def test_the_differences_stand_field_by_field_and_what_changes_side_first() -> None:
    page = edit(begin(), side="12345热线", signals="棋牌 打牌")
    edit(page, "H01", text="路灯损坏")
    text = go(page.client, "/diversion/2027-1/changes/").text
    assert "改变归口 1 条" in text
    assert text.index("改变归口") < text.index("P01") < text.index("其他修改") < text.index("H01")
    assert "110报警服务台 12345热线" in " ".join(text.split())
    assert "没有差异" in go(page.client, "/diversion/2023-1/changes/?from=2023-1").text


def test_what_was_typed_into_an_item_stays_when_it_cannot_be_saved() -> None:
    page = edit(begin(), text="字" * 201, examples="只有一个例句", signals="甲 甲")
    assert page.status == 422
    for said in ("事项超过200个字符", "现有1个", "有重复的提示词"):
        assert said in page.text
    form = next(form for form in page.forms if "examples" in form.values)
    assert (form.values["text"], form.values["examples"]) == ("字" * 201, "只有一个例句")
    assert "现在保存的内容" in page.text
    for code in ("divert", "|"):
        assert code not in page.html.partition("现在保存的内容")[2].partition("</section>")[0], "a code of ours"


def test_of_two_who_edit_one_item_the_second_sees_the_first_ones_words_and_may_then_save() -> None:
    page = begin()
    first, second = (go(page.client, "/diversion/2027-1/items/P01/") for _ in range(2))
    first.press("保存", text="先到的")
    late = second.press("保存", text="后到的")
    assert late.status == 422
    assert "已被他人修改" in late.text
    assert "先到的" in late.text
    assert "条目P01已保存" in late.press("保存").text
    assert "后到的" in go(page.client, "/diversion/2027-1/?item=P01").text


def test_an_item_comes_and_goes() -> None:
    page = begin()
    new = go(page.client, "/diversion/2027-1/items/new/")
    typed = {"class_name": "治安", "text": "散布谣言", "side": "110报警服务台", "kind": "分流"}
    said = {**typed, "code": "P09", "examples": "甲说\n乙说\n丙说"}
    assert "本版本中已有这个代码" in new.press("保存", **{**said, "code": "P01"}).text
    assert "条目P09已保存" in new.press("保存", **said).text
    page = go(page.client, "/diversion/2027-1/items/P09/").press("删除")
    assert "条目P09已从草稿中删除" in page.text
    assert go(page.client, "/diversion/2027-1/items/P09/").status == 404


def posted(page: Sheet, path: str, **data: object) -> Sheet:
    """Post what no form of a page holds, a file or something made up, with the page's own token."""
    token = next(form.values["csrfmiddlewaretoken"] for form in page.forms if form.method == "post")
    return read_answer(page.client, page.client.post(path, {"csrfmiddlewaretoken": token, **data}, follow=True))


def uploaded(page: Sheet, content: bytes) -> Sheet:
    return posted(page, "/diversion/2027-1/import/", file=SimpleUploadedFile("条目.csv", content))


def test_a_version_is_taken_out_as_a_file_and_brought_back_changed() -> None:
    page = begin()
    content = page.client.get("/diversion/2027-1/file/").content
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row[1] for row in rows] == ["code", "H01", "P01"]
    page = uploaded(page, content.replace("聚众赌博".encode(), "赌博".encode()))
    assert "新增0条，修改1条，删除0条" in page.text


def test_a_file_with_faults_names_each_of_its_lines_and_changes_nothing() -> None:
    page = begin()
    content = page.client.get("/diversion/2027-1/file/").content
    bad = uploaded(page, content.replace(b"divert", b"teleport"))
    assert bad.status == 422
    assert "第2行 kind" in bad.text
    assert "第3行 kind" in bad.text
    assert "没有差异" in go(page.client, "/diversion/2027-1/changes/").text
    assert "文件是空的" in uploaded(page, b"").text
    assert "编码" in uploaded(page, b"\xff\xff\xff").text
    assert "超过2MB" in uploaded(page, b"x" * (2 * 1024 * 1024 + 1)).text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"code": "2023-1"}, "已有这个版本号"),
        ({"code": "二"}, "版本号为"),
        ({"effective_from": "2020-01-01"}, "须晚于今天"),
        ({"effective_from": "明天"}, "日期格式有误"),
        ({"name": ""}, "请填写名称"),
        ({"source": "字" * 201}, "依据超过200个字符"),
    ],
)
def test_a_draft_that_cannot_be_begun_says_why_beside_what_was_typed(typed: dict[str, str], said: str) -> None:
    page = begin(**typed)
    assert page.status == 422
    assert said in page.text
    form = next(form for form in page.forms if "source" in form.values)
    assert all(form.values[name] == value for name, value in typed.items())


def test_addresses_nobody_was_given_are_answered_in_words() -> None:
    page = begin()
    client = page.client
    for path, status in {
        "/diversion/没有/": 404,
        "/diversion/2027-1/items/没有/": 404,
        "/diversion/2027-1/?q=%00": 200,
        "/diversion/2027-1/?class=没有": 200,
        "/diversion/2027-1/?item=没有": 200,
        "/diversion/2027-1/changes/?from=没有": 404,
        "/diversion/2027-1/step/approve/": 405,
    }.items():
        assert client.get(path).status_code == status, path
    for path, data, status in (
        ("/diversion/2027-1/step/teleport/", {}, 404),
        ("/diversion/2027-1/step/approve/", {"seen": "0"}, 403),
        ("/diversion/2027-1/step/propose/", {"seen": "99"}, 422),
        ("/diversion/2027-1/step/propose/", {"seen": "x"}, 422),
        ("/diversion/2027-1/step/drop/", {"seen": "0", "reason": ""}, 422),
        ("/diversion/2027-1/import/", {"file": "没有文件"}, 422),
        ("/diversion/2023-1/items/P01/", {"text": "改"}, 422),
    ):
        assert posted(page, path, **data).status == status, path


def test_people_of_a_desk_read_the_list_and_do_not_see_what_is_being_made() -> None:
    begin()
    page = go(city.signed_in("li-rexian"), "/diversion/")
    assert "2023-1" in page.text
    assert "2027-1" not in page.text
    assert "起草" not in page.text
    assert go(page.client, "/diversion/2027-1/").status == 404
    assert go(page.client, "/diversion/2023-1/items/P01/").status == 403
    assert "聚众赌博" in go(page.client, "/diversion/2023-1/?q=赌钱").text


def test_the_page_of_an_order_says_by_which_item_it_was_sent_and_leads_to_it() -> None:
    page = take_call().press("移交", way="分流 → 市110", list_item="P01")
    assert "治安：聚众赌博" in page.text
    address = "/diversion/2023-1/?item=P01#i-P01"
    assert f'href="{address}"' in page.html
    assert 'id="i-P01"' in go(page.client, address.partition("#")[0]).html
