"""A hand-over whose other side answers on paper, through the pages: the report out, the answers typed in."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from liandong.audit.models import Event
from liandong.identity import queries as identity
from liandong.identity.models import Desk
from liandong.intake.models import Document, Matter, Order
from liandong.report.models import ReportRow
from liandong.transfer.models import StepRow, Transfer
from tests import files
from tests.journeys import city
from tests.journeys.sheet import Sheet, go, send
from tests.journeys.test_pages_handover import opens, take_call

pytestmark = pytest.mark.django_db

ANSWER = {"paper_number": "市公指〔2026〕8号", "dated": "2026-03-01", "signed_by": "王指挥", "why": "对方尚未联通"}


@pytest.fixture(autouse=True)
def _city(db: None) -> None:
    city.build()


def on_paper() -> None:
    Desk.objects.filter(pk="110").update(paper=True)
    identity.forget()


def handed_over(**typed: str) -> Sheet:
    """The page of the reports of a fresh hand-over."""
    ours = take_call(**typed).press("移交", way="分流 → 市110", list_item="P01")
    assert "专报与代录" in ours.text
    return go(ours.client, f"/transfers/{Transfer.objects.get().number}/reports/")


def types(page: Sheet, button: str, *, scan: bytes | None = None, **typed: str) -> Sheet:
    """Fill the form of an answer, with a scan or one that is there."""
    form = page.form(button)
    values: dict[str, Any] = form.fill(**{**ANSWER, **typed})
    if scan is not None:
        values["scan"] = SimpleUploadedFile("回执.pdf", scan)
    else:
        values.pop("scan", None)
    return send(page.client, form.action, values)


def test_a_matter_goes_out_on_paper_is_answered_on_paper_and_ends() -> None:
    on_paper()
    page = handed_over(title="楼下有人赌博𠮷")
    assert "尚未联通，以纸质文件往来" in page.text
    page = page.press("出具专报", urgency="特急", asks="请派员到场。")
    assert "已出具专报“市热专报〔2026〕1号”" in page.text
    assert "“𠮷”（U+20BB7）" in page.text
    report = ReportRow.objects.get()
    got = page.client.get(f"/transfers/{report.transfer.number}/reports/{report.pk}/pdf/")
    assert (got["Content-Type"], got["Cache-Control"]) == ("application/pdf", "no-store")
    assert Matter.objects.get().number in PdfReader(BytesIO(got.content)).pages[0].extract_text()
    assert page.client.get(f"/transfers/{report.transfer.number}/reports/{report.pk}/docx/").content[:2] == b"PK"
    assert Event.objects.filter(kind="report.seen").count() == 2

    page = types(page, "代录：签收", scan=files.PDF)
    assert "代录“签收”已完成" in page.text
    assert Transfer.objects.get().state == "accepted"
    kept = Document.objects.get()
    page = types(page, "代录：反馈办结", scan_kept=f"编号{kept.pk}", result="已解决", text="民警到场，已劝散。")
    assert Transfer.objects.get().state == "concluded"
    ours = go(page.client, f"/orders/{Transfer.objects.get().origin_order.number}/")
    for told in (
        "代录", "市12345热线 李热线 据“市公指〔2026〕8号”（2026-03-01）录入；签署人王指挥；代录原因：对方尚未联通；"
        "答复本方“市热专报〔2026〕1号”", f"扫描件（材料编号 {kept.pk}）",
        "市110报警服务台 王指挥", "民警到场，已劝散。",
    ):  # fmt: skip
        assert told in ours.text, told
    ours = ours.press("确认办结")
    assert "事项已办结" in ours.text
    assert Matter.objects.get().state == "closed"


def test_a_refused_answer_keeps_every_word_and_the_scan_and_says_what_to_do() -> None:
    on_paper()
    page = handed_over()
    refused = types(page, "代录：退回", scan=files.PDF, code="不属本台职责", paper_number="")
    assert refused.status == 422
    assert "请填写对方文号。" in refused.text
    form = refused.form("代录：退回")
    kept = Document.objects.get()
    assert (form.values["signed_by"], form.values["code"]) == ("王指挥", "not_ours")
    assert (form.values["scan_kept"], kept.kind) == (str(kept.pk), "incoming")
    refused = types(refused, "代录：退回")
    assert "请填写清单条目或退回依据。" in refused.text
    done = types(refused, "代录：退回", basis="属物业管理。")
    assert "代录“退回”已完成" in done.text
    assert Transfer.objects.get().state == "refused"
    assert Document.objects.count() == 1


def test_without_a_scan_and_with_one_that_is_none_nothing_is_typed_in() -> None:
    on_paper()
    page = handed_over()
    without = types(page, "代录：签收")
    assert (without.status, "请附上对方文件的扫描件" in without.text) == (422, True)
    wrong = types(without, "代录：签收", scan=files.PROGRAM)
    assert (wrong.status, "“回执.pdf”：文件是程序" in wrong.text) == (422, True)
    assert StepRow.objects.count() == 1


def test_the_answer_of_a_desk_with_its_own_people_is_a_note_and_moves_nothing() -> None:
    page = handed_over()
    assert not [one for one in page.buttons if one.startswith("代录")]
    assert "步骤仍由对方操作" in page.text
    button = "登记市110报警服务台的纸质答复"
    done = types(page, button, scan=files.PDF, said="签收", text="已派员。")
    assert "市110报警服务台以“市公指〔2026〕8号”书面答复：签收。已派员。" in done.text
    assert Transfer.objects.get().state == "offered"


def arrives(page: Sheet, typed: Mapping[str, str] | None = None, *, scan: bytes | None = files.PDF) -> Sheet:
    """Fill the form for what a desk on paper hands over."""
    form = page.form("登记来文移交")
    values: dict[str, Any] = form.fill(**{**ANSWER, **MATTER, **(typed or {})})
    if scan is not None:
        values["scan"] = SimpleUploadedFile("来文.pdf", scan)
    return send(page.client, form.action, values)


MATTER = {
    "title": "路灯三天不亮",
    "content": "和平小区路灯三天不亮。",
    "caller_name": "张三丰",
    "caller_phone": "13800138000",
    "way": "分流",
    "list_item": "H01",
}


def test_what_a_desk_on_paper_hands_over_is_typed_in_and_goes_its_way() -> None:
    on_paper()
    page = go(city.signed_in("li-rexian"), "/arrived/")
    assert "110报警服务台移交来的事项" in page.text
    done = arrives(page)
    assert "已登记市110报警服务台的来文移交" in done.text, done.text
    row = Transfer.objects.get()
    assert (row.origin, row.target, row.state, row.list_item) == ("110", "12345", "offered", "H01")
    assert (row.origin_order.desk, row.origin_order.kind, row.origin_order.title) == ("110", "police", "路灯三天不亮")
    step = StepRow.objects.get()
    assert (step.author, step.person, step.body["on_behalf"]["typist"]) == ("110", "王指挥", "李热线")
    assert Document.objects.get().order_id == row.origin_order_id
    assert "市公指〔2026〕8号" in Event.objects.get(kind="transfer.typed").body

    ours = opens("li-rexian", "路灯三天不亮")
    for told in ("代录", "据“市公指〔2026〕8号”（2026-03-01）录入", "扫描件（材料编号"):
        assert told in ours.text, told
    ours = ours.press("签收").press("反馈办结", result="已解决", text="已换灯。")
    assert Transfer.objects.get().state == "concluded"
    paper = go(ours.client, f"/transfers/{row.number}/reports/")
    types(paper, "代录：确认办结", scan=files.PDF + b"%2")
    assert Matter.objects.get().state == "closed"


def test_pressed_twice_it_is_one_and_refused_it_is_none_with_every_word_in_place() -> None:
    on_paper()
    page = go(city.signed_in("li-rexian"), "/arrived/110/")
    for typed, said in (
        ({"list_item": ""}, "请选择清单条目，或写明移交依据。"),
        ({"paper_number": ""}, "请填写对方文号。"),
        ({"title": ""}, "请填写标题。"),
    ):
        refused = arrives(page, typed)
        assert (refused.status, said in refused.text) == (422, True), refused.text
        assert refused.form("登记来文移交").values["content"] == MATTER["content"]
    without = arrives(page, scan=None)
    assert (without.status, "请附上对方文件的扫描件。" in without.text) == (422, True)
    wrong = arrives(page, scan=files.PROGRAM)
    assert (wrong.status, "文件是程序" in wrong.text) == (422, True)
    assert not Order.objects.exists()
    assert not Document.objects.exists()
    for _ in range(2):
        assert arrives(page).status == 200
    assert Order.objects.count() == Transfer.objects.count() == Document.objects.count() == 1


def test_only_a_desk_on_paper_is_typed_in_for_and_only_by_who_may() -> None:
    linked = go(city.signed_in("li-rexian"), "/arrived/")
    assert "没有以纸质文件往来" in linked.text
    assert go(linked.client, "/arrived/110/").status == 404
    on_paper()
    assert go(city.signed_in("wang-shouli"), "/arrived/").status == 403
    assert go(city.signed_in("li-rexian"), "/arrived/gas/").status == 404
    # A county on paper hands nothing to 12345 but by the city (S3.2).
    Desk.objects.filter(pk="110-140902").update(paper=True)
    identity.forget()
    assert go(city.signed_in("li-rexian"), "/arrived/110-140902/").status == 404
    police = go(city.signed_in("zhao-jingtai"), "/arrived/")
    assert "忻府区110移交来的事项" in police.text


def test_the_room_says_what_was_typed_in_for_a_desk_on_paper() -> None:
    on_paper()
    page = handed_over()
    refused = types(page, "代录：退回", scan=files.PDF, code="不属本台职责", basis="属物业管理。")
    row = Transfer.objects.get()
    go(refused.client, f"/orders/{row.origin_order.number}/").press("提请协商", basis="清单所列事项")
    types(go(refused.client, page.url), "代录：协商意见", scan=files.PDF + b"%2", position="不同意", text="我台不办。")
    room = go(refused.client, f"/negotiations/{row.number}/")
    assert room.html.count('<span class="badge badge--soon">代录</span>') == 2
    assert room.text.count("李热线 据“市公指〔2026〕8号”（2026-03-01）录入；签署人王指挥") == 2
    assert room.text.count("扫描件（材料编号") == 2


def test_each_post_sees_what_it_may_do() -> None:
    on_paper()
    page = handed_over()
    address = page.url
    page.press("出具专报", clear="on", purpose="对方须联系来电人")
    taker = go(city.signed_in("wang-shouli"), address)
    assert taker.status == 200
    assert "您的岗位不能" in taker.text
    assert not {"出具专报", "代录：签收"} & set(taker.buttons)
    assert taker.post(f"{address}step/accept/").status == 403
    report = ReportRow.objects.get()
    assert go(taker.client, f"{address}{report.pk}/pdf/").status == 403
    assert go(city.signed_in("sun-ranqi"), address).status == 404
    assert go(page.client, f"{address}{report.pk}/exe/").status == 404
    assert page.post(f"{address}step/nonsense/").status == 404


def test_in_the_room_what_was_typed_in_says_so_with_its_document_and_scan() -> None:
    on_paper()
    ours = take_call(title="棋牌室是否涉赌").press("移交", way="待定 → 市110", reason="是否涉赌不明")
    number = Transfer.objects.get().number
    types(
        go(ours.client, f"/transfers/{number}/reports/"), "代录：协商意见", scan=files.PDF,
        position="同意由本台办理", text="由市局核查。",
    )  # fmt: skip
    room = go(ours.client, f"/negotiations/{number}/")
    kept = Document.objects.get()
    for told in (
        "由市局核查。",
        "据“市公指〔2026〕8号”（2026-03-01）录入",
        f"扫描件（材料编号 {kept.pk}）",
        "代录原因：对方尚未联通",
    ):
        assert told in room.text, told
    assert room.text.count("代录原因") == 1
    assert f"/documents/{kept.pk}/" in room.html
