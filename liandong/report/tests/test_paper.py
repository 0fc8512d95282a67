"""The PDF, read back: what it says, and where its lines break."""

from __future__ import annotations

from functools import cache
from io import BytesIO

import pytest
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
    said = pages(pdf(report(content="文" * 2000)))[2].splitlines()
    full = [line for line in said if set(line.strip()) == {"文"}]
    assert [len(line.strip()) for line in full] == [28] * 22


def lines(printed: Printed, page: int) -> list[tuple[str, float, float]]:
    """What stands in a line, and millimetres from the left edge and from the upper edge to its foot."""
    found = list[tuple[str, float, float]]()

    def keep(text: str, matrix: list[float], place: list[float], font: object, size: float) -> None:
        x, y = place[4] * matrix[0] + matrix[4], place[5] * matrix[3] + matrix[5]
        found.append((text.strip(), x / 72 * 25.4, 297 - y / 72 * 25.4))

    PdfReader(BytesIO(printed.pdf)).pages[page].extract_text(visitor_text=keep)
    return found


def place(found: list[tuple[str, float, float]], begins: str) -> tuple[float, float]:
    return next((x, y) for text, x, y in found if text.startswith(begins))


def test_the_head_stands_where_the_standard_has_it() -> None:
    found = lines(pdf(report(marked={"secrecy": "工作秘密"})), 0)
    line = 225 / 22
    head, number, title = (place(found, one)[1] for one in ("忻州市", "忻热专报", "关于“小区"))
    # 7.2.4: 35 mm below the text block's edge; the name is 27.6 points high, its foot 0.86 of that below.
    assert round(head - 37 - 0.86 * 442.2 / 16 / 72 * 25.4) == 35
    # Two lines are blank above the number, and between the red line, 4 mm below it, and the title.
    assert 3 * line < number - head < 3.2 * line
    assert 3 * line < title - number - 4 < 3.3 * line


def test_the_date_stands_four_characters_from_the_edge_and_the_name_in_its_middle() -> None:
    found = lines(usual(), next(n for n, said in enumerate(pages(usual())) if "附件：1." in said))
    (name, above), (date, below) = place(found, "忻州市"), place(found, "2026年")
    assert below - above == pytest.approx(225 / 22, abs=0.2)
    character = 156 / 28
    # 13.5 characters of name and 7 of date, the figures a little wider than half: in the middle of one another.
    assert date - name == pytest.approx(3.25 * character, abs=3)
    assert name > 184 - 15 * character


def test_a_name_of_several_lines_leaves_the_date_in_its_place() -> None:
    printed = pdf(report(own=LONGEST))
    assert "2026年11月24日" in "\n".join(pages(printed)).splitlines()


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
