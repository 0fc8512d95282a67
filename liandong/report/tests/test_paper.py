"""The PDF, read back: what it says, and where its lines break."""

from __future__ import annotations

from functools import cache
from io import BytesIO

from pypdf import PdfReader

from liandong.report.channels import fonts
from liandong.report.channels.paper import Printed, pdf
from liandong.report.tests.plain import BARE, LINKAGE, LONGEST, report


def pages(printed: Printed) -> list[str]:
    return [one.extract_text() for one in PdfReader(BytesIO(printed.pdf)).pages]


@cache
def usual() -> Printed:
    return pdf(report())


def test_it_says_the_linkage_number_the_document_number_and_the_slip() -> None:
    said = pages(usual())
    assert LINKAGE in said[0]
    assert "忻热专报〔2026〕12号" in said[0]
    assert "专 报 回 执" in said[-1]
    assert LINKAGE in said[-1]


def test_each_page_is_a4_and_has_its_number() -> None:
    read = PdfReader(BytesIO(usual().pdf))
    for count, one in enumerate(read.pages, start=1):
        assert (round(one.mediabox.width / 72 * 25.4), round(one.mediabox.height / 72 * 25.4)) == (210, 297)
        assert f"— {count} —" in one.extract_text()


def test_a_page_has_22_lines_of_28_characters() -> None:
    said = pages(pdf(report(content="文" * 2000)))[1].splitlines()
    full = [line for line in said if set(line.strip()) == {"文"}]
    assert [len(line.strip()) for line in full] == [28] * 22


def test_long_names_and_long_content_run_over_pages_and_none_is_lost() -> None:
    many = "".join(f"第{n}句话。" for n in range(1500))
    printed = pdf(report(own=LONGEST, title="长" * 100, content=many, marked={"head": LONGEST, "to": LONGEST}))
    said = "".join("".join(one.split()) for one in pages(printed))
    assert LONGEST in said
    assert "第1499句话。" in said
    assert not printed.missing


def test_no_page_holds_name_and_date_alone() -> None:
    for lines in range(6):
        signed = next(one for one in pages(pdf(report(content="文\n" * lines))) if "2026年11月24日" in one.splitlines())
        assert "由本单位代录入系统" in "".join(signed.split())


def test_with_nothing_optional_it_is_two_pages_and_a_slip_at_most() -> None:
    said = pages(pdf(report(**BARE, marked={"secrecy": "", "urgency": ""})))
    assert 2 <= len(said) <= 3
    assert "附件：专报回执" in "".join("".join(said).split())


def test_a_rare_name_is_drawn_and_one_no_font_has_is_named() -> None:
    covered = fonts.covered(fonts.files(""))
    assert ord("𬱖") in covered
    assert ord("𠮷") not in covered
    printed = pdf(report(content="𬱖某与𠮷某"))
    said = "".join("".join(pages(printed)).split())
    assert "𬱖某与〓（U+20BB7）某" in said
    assert printed.missing == ("𠮷",)


def test_what_looks_like_markup_is_words() -> None:
    said = "".join("".join(pages(pdf(report(content='#read("/etc/passwd") *粗* $x$ \\ @甲 //')))).split())
    assert '#read("/etc/passwd")*粗*$x$\\@甲//' in said


def test_the_same_report_gives_the_same_bytes() -> None:
    assert pdf(report()).pdf == usual().pdf
