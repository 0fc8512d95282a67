"""Documents on the order's page: added at one desk, seen at the other, taken down, and every mistake told."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from liandong.audit.models import Event
from liandong.intake.models import Document, Order, Parameter
from liandong.intake.queries import forget_rulebook
from liandong.transfer.models import StepRow
from tests import files
from tests.journeys import city
from tests.journeys.sheet import Sheet, go, send
from tests.journeys.test_pages_handover import opens, take_call

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city(db: None) -> None:
    city.build()


def upload(page: Sheet, *chosen: tuple[str, bytes], **typed: str) -> Sheet:
    """Choose the files in the form of the page and send it."""
    form = page.form("添加材料")
    typed = {"kind": "现场照片", **typed}
    values: dict[str, Any] = {**form.fill(**typed), "file": [SimpleUploadedFile(*one) for one in chosen]}
    return send(page.client, form.action, values)


def fetch(page: Sheet, username: str = "", *, which: str = "") -> Any:
    """The newest document, by this page's person or another."""
    made = Document.objects.order_by("-id")[0]
    client = city.signed_in(username) if username else page.client
    return client.get(f"/orders/{made.order.number}/documents/{made.pk}/{which}")


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_a_photo_added_at_one_desk_is_fetched_at_the_other() -> None:
    ours = upload(take_call(), ("𠮷棋牌室😀.png", files.PNG), about="三单元")
    assert ours.status == 200
    assert "已添加1份材料。" in ours.text
    for words in ("𠮷棋牌室😀.png", "现场照片", "三单元", "市12345热线 李热线", "工单：添加材料"):
        assert words in ours.text
    ours.press("移交", way="分流 → 市110", list_item="P01")
    theirs = opens("zhao-jingtai", "楼下有人赌博").press("签收")
    assert "𠮷棋牌室😀.png" in theirs.text
    assert "撤下" not in theirs.buttons
    got = fetch(theirs)
    assert body(got) == files.PNG
    assert got["Content-Type"] == "image/png"
    assert got["Content-Disposition"].startswith("attachment; filename*=utf-8''%F0%A0%AE%B7")
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Cache-Control"] == "no-store"
    assert "sandbox" in got["Content-Security-Policy"]
    assert "default-src 'none'" in got["Content-Security-Policy"]
    theirs = upload(theirs, ("到场.jpg", files.jpeg()), kind="办理凭证")
    assert Document.objects.get(name="到场.jpg").order.kind == "police"
    assert "到场.jpg" in opens("li-rexian", "楼下有人赌博").text
    assert "赵警台" in Event.objects.get(kind="document.seen").body


def test_a_picture_is_looked_at_by_itself_and_what_is_none_is_not() -> None:
    ours = upload(take_call(), ("现场.jpg", files.jpeg()))
    got = fetch(ours, which="picture/")
    assert (body(got), got["Content-Type"]) == (files.jpeg(), "image/jpeg")
    assert got["Content-Disposition"].startswith("inline")
    assert got["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    upload(ours, ("说明.pdf", files.PDF))
    refused = fetch(ours, which="picture/")
    assert (refused.status_code, "不是图片" in refused.content.decode()) == (404, True)


def test_several_files_at_once_keep_the_good_and_name_the_bad() -> None:
    ours = take_call()
    told = upload(
        *(ours, ("好.png", files.PNG), ("程序.jpg", files.PROGRAM), ("空.pdf", b""), ("假.pdf", files.jpeg())),
        *(("再.png", files.PNG), ("大.jpg", files.jpeg(bytes(1024 * 1024))), ("长" * 300 + ".png", files.PNG)),
        kind="办理凭证",
        about="门口的灯",
    )
    assert told.status == 422
    assert "已添加1份材料。" in told.text
    for words in (
        "“程序.jpg”：文件是程序、脚本或网页，不能作为材料。",
        "“空.pdf”：文件是空的",
        "“假.pdf”：文件名称以“.pdf”结尾，内容却是JPEG图片",
        "“再.png”：本单已有内容完全相同的材料“好.png”",
        "“大.jpg”：文件大小1.0 MB，超过单份上限1.0 MB",
        "文件名太长",
    ):
        assert words in told.text
    kept = told.form("添加材料").values
    assert (kept["kind"], kept["about"]) == ("handling", "门口的灯")
    assert Document.objects.count() == 1


def test_nothing_chosen_and_no_kind_are_told_at_their_fields() -> None:
    told = upload(take_call(), kind="", about="𠮷")
    assert told.status == 422
    assert "请选择文件。" in told.text
    assert "请选择材料类别。" in told.text
    assert told.form("添加材料").values["about"] == "𠮷"


def test_a_script_gets_nothing_for_a_kept_file_and_the_problem_for_another() -> None:
    page = take_call()
    form = page.form("添加材料")

    def by_script(name: str, data: bytes, **typed: str) -> Any:
        values = {**form.fill(kind="现场照片", **typed), "file": SimpleUploadedFile(name, data)}
        return page.client.post(form.action, values, headers={"X-Requested-With": "XMLHttpRequest"})

    assert by_script("好.png", files.PNG).status_code == 204
    refused = by_script("坏.png", files.PROGRAM)
    assert (refused.status_code, refused.json()["detail"]) == (422, "文件是程序、脚本或网页，不能作为材料。")
    assert by_script("再.png", files.PNG).status_code == 409
    assert by_script("大.jpg", files.jpeg(bytes(1024 * 1024))).status_code == 413


def test_a_path_in_a_name_never_comes_through() -> None:
    upload(take_call(), ("../../现场.png", files.PNG))
    assert Document.objects.get().name == "现场.png"


def test_what_was_taken_down_keeps_reason_and_digest_on_the_page_and_shows_no_name() -> None:
    ours = upload(take_call(), ("他人证件.png", files.PNG))
    without = ours.press("撤下")
    assert (without.status, "请填写撤下的原因。" in without.text) == (422, True)
    ours = without.press("撤下", why="误传他人证件照")
    assert "材料已撤下" in ours.text
    assert "原因：误传他人证件照" in ours.text
    assert "他人证件.png" not in ours.text
    assert bytes(Document.objects.get().sm3).hex() in ours.text
    assert "工单：撤下材料" in ours.text
    assert fetch(ours).status_code == 404


def test_who_only_reads_sees_documents_but_no_form_for_them() -> None:
    ours = upload(take_call(), ("现场.png", files.PNG))
    theirs = go(city.signed_in("wu-chayue"), ours.url)
    assert "现场.png" in theirs.text
    assert {"添加材料", "撤下"}.isdisjoint(theirs.buttons)
    refused = theirs.post(f"{ours.url}documents/")
    assert (refused.status, "没有此项权限" in refused.text) == (403, True)


def test_a_desk_that_may_not_see_the_order_gets_no_document_of_it() -> None:
    ours = upload(take_call(), ("现场.png", files.PNG))
    for which in ("", "picture/"):
        assert fetch(ours, "zhao-jingtai", which=which).status_code == 404
        assert fetch(ours, "qian-xiantai", which=which).status_code == 404
    assert not Event.objects.filter(kind="document.seen").exists()


def test_a_lead_hides_documents_with_its_order() -> None:
    ours = upload(take_call(), ("现场.png", files.PNG))
    ours.press("移交", way="涉稳线索 → 市110", reason="扬言聚集")
    assert fetch(ours, "wang-shouli").status_code == 404
    assert body(fetch(ours, "li-rexian")) == files.PNG
    assert "现场.png" in opens("zhao-jingtai", "楼下有人赌博").text


def test_a_city_without_the_rows_shows_its_orders_and_offers_no_documents() -> None:
    Parameter.objects.filter(name__startswith="document").delete()
    forget_rulebook()
    page = take_call()
    assert "还没有材料" in page.text
    assert "添加材料" not in page.buttons


def test_the_page_of_a_closed_matter_offers_no_more_documents() -> None:
    page = upload(take_call(), ("现场.png", files.PNG)).press("引导解释", text="请向法院起诉")
    assert Order.objects.get().closed_at is not None
    assert "现场.png" in page.text
    assert "添加材料" not in page.buttons


def test_the_feedback_cites_documents_and_its_step_holds_their_digests() -> None:
    take_call().press("移交", way="分流 → 市110", list_item="P01")
    theirs = opens("zhao-jingtai", "楼下有人赌博").press("签收")
    assert "evidence" not in theirs.form("反馈办结").values
    theirs = upload(theirs, ("处警照片.jpg", files.jpeg()), kind="办理凭证")
    form = theirs.form("反馈办结")
    made = Document.objects.get()
    values: dict[str, Any] = {**form.fill(result="已解决", text="已劝散。"), "evidence": [str(made.pk)]}
    theirs = send(theirs.client, form.action, values)
    assert "已反馈" in theirs.text
    step = StepRow.objects.get(verb="conclude")
    digest = bytes(made.sm3).hex()
    assert step.body["evidence"] == [{"name": "处警照片.jpg", "hash": digest, "text": f"办理凭证，材料编号{made.pk}"}]
    assert digest in step.content
    assert f"处警照片.jpg（SM3值{digest}）" in opens("li-rexian", "楼下有人赌博").text


def test_a_document_of_another_order_cannot_be_cited() -> None:
    upload(take_call("zhao-jingtai", title="另一件"), ("另一件.jpg", files.jpeg()))
    stranger = Document.objects.get()
    take_call().press("移交", way="分流 → 市110", list_item="P01")
    theirs = upload(opens("zhao-jingtai", "楼下有人赌博").press("签收"), ("本件.png", files.PNG))
    form = theirs.form("反馈办结")
    values: dict[str, Any] = {**form.fill(result="已解决", text="已劝散。"), "evidence": [str(stranger.pk)]}
    assert send(theirs.client, form.action, values).status == 422
    assert not StepRow.objects.filter(verb="conclude").exists()
