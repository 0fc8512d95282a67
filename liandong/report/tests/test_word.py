"""The layout of GB/T 9704, read back from the DOCX."""

from __future__ import annotations

from io import BytesIO

import pytest
from docx import Document
from docx.document import Document as Doc
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from liandong.report import word
from liandong.report.tests.plain import BARE, LINKAGE, LONGEST, report


def opened(**other: object) -> Doc:
    return Document(BytesIO(word.docx(report(**other))))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made() -> Doc:
    return opened(marked={"secrecy": "工作秘密"})


def test_paper_margins_and_text_block_are_those_of_the_standard(made: Doc) -> None:
    for section in made.sections:
        width, height = section.page_width or 0, section.page_height or 0
        top, left = section.top_margin or 0, section.left_margin or 0
        right, bottom = section.right_margin or 0, section.bottom_margin or 0
        assert [round(one / Mm(1)) for one in (width, height, top, left)] == [210, 297, 37, 28]
        assert round((width - left - right) / Mm(1)) == 156
        assert round((height - top - bottom) / Mm(1)) == 225


def test_22_lines_of_28_characters_fit_the_text_block_and_no_more(made: Doc) -> None:
    grid = made.sections[0]._sectPr.find(qn("w:docGrid"))
    assert grid is not None
    assert grid.get(qn("w:type")) == "lines"
    assert (225 / 25.4 * 1440) // int(grid.get(qn("w:linePitch"), 0)) == 22
    closer = made.styles["Normal"].element.rPr.find(qn("w:spacing"))
    assert (156 / 25.4 * 72) // (16 + int(closer.get(qn("w:val"))) / 20) == 28


def test_the_body_is_fangsong_of_the_third_size_and_the_title_of_the_second(made: Doc) -> None:
    body = next(one for one in made.paragraphs if LINKAGE in one.text)
    title = next(one for one in made.paragraphs if one.text.startswith("关于"))
    assert [_face(body), body.runs[0].font.size] == ["仿宋_GB2312", Pt(16)]
    assert [_face(title), title.runs[0].font.size] == ["方正小标宋简体", Pt(22)]
    assert body.paragraph_format.first_line_indent == Pt(32)
    normal = made.styles["Normal"].paragraph_format.line_spacing
    assert 22 * normal <= 225 * 36000 < 23 * normal


def _face(line: object) -> str:
    return line.runs[0].font.element.rPr.rFonts.get(qn("w:eastAsia"))  # type: ignore[attr-defined, no-any-return]


def test_the_name_in_red_has_its_place_below_the_marks(made: Doc) -> None:
    texts = [one.text for one in made.paragraphs]
    assert texts[:4] == ["工作秘密", "特急", "忻州市12345政务服务便民热线", ""]
    head = made.paragraphs[2]
    assert str(head.runs[0].font.color.rgb) == "C00000"
    before = head.paragraph_format.space_before
    assert before is not None
    assert round(before.mm + 2 * 225 / 22) == 35


def test_two_lines_are_blank_above_the_number_and_above_the_title(made: Doc) -> None:
    texts = [one.text for one in made.paragraphs]
    number = texts.index("忻热专报〔2026〕12号")
    assert texts[number - 3 : number] == ["忻州市12345政务服务便民热线", "", ""]
    assert texts[number + 1 : number + 3] == ["", ""]
    assert texts[number + 3].startswith("关于")
    assert texts[number + 4] == ""


def test_the_slip_is_as_wide_as_the_text_and_its_title_on_the_third_line(made: Doc) -> None:
    table = made.tables[0]
    assert [round((column.width or 0) / Mm(1)) for column in table.columns] == [32, 38, 86]
    texts = [one.text for one in made.paragraphs]
    assert texts[texts.index("附件1") :][:3] == ["附件1", "", "专 报 回 执"]


def test_pages_are_numbered_between_dashes_right_on_odd_and_left_on_even_pages(made: Doc) -> None:
    section = made.sections[0]
    assert made.settings.odd_and_even_pages_header_footer
    for footer, side in ((section.footer, 2), (section.even_page_footer, 0)):
        line = footer.paragraphs[0]
        assert line.alignment == side
        assert (line.runs[0].text, line.runs[-1].text) == ("— ", " —")
        assert "PAGE" in line._p.xml


def test_the_parts_stand_in_their_order(made: Doc) -> None:
    texts = [one.text for one in made.paragraphs]
    order = [
        "忻热专报〔2026〕12号", "忻州市公安局110报警服务台：", "附件：1. 专报回执", "忻州市12345政务服务便民热线",
        "2026年11月24日",    ]  # fmt: skip
    places = [len(texts) - 1 - texts[::-1].index(one) for one in order]
    assert places == sorted(places)


def test_the_slip_is_a_page_of_its_own_with_the_numbers_filled_in(made: Doc) -> None:
    assert len(made.sections) == 2
    cells = {cell.text for row in made.tables[0].rows for cell in row.cells}
    assert {LINKAGE, "忻热专报〔2026〕12号", "□ 签收", "□ 退回", "□ 反馈办结", "回复文号"} <= cells


@pytest.mark.parametrize(
    "other", [BARE, {"own": LONGEST, "other": LONGEST, "title": "长" * 100, "content": "文\n" * 4000}]
)
def test_it_is_made_of_nothing_and_of_much(other: dict[str, object]) -> None:
    assert LINKAGE in "".join(one.text for one in opened(**other).paragraphs)
