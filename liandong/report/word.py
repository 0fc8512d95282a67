"""The report as DOCX after GB/T 9704-2012, for offices that put their own seal and words on it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from math import floor
from typing import Any

from docx import Document
from docx.document import Document as Doc
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from liandong.report import layout
from liandong.report.content import ON_THE_SLIP, SIGNED, Report, day

FANG, TITLE, HEI, SONG = "仿宋_GB2312", "方正小标宋简体", "黑体", "宋体"
LATIN = "Times New Roman"
TWIPS = 1440 / 25.4
# Rounded down: 22 lines of a rounded-up pitch would not fit the block.
PITCH = int(layout.PITCH * TWIPS)
# 28 characters a line, in twentieths of a point, rounded so that they fit.
CLOSER = floor(layout.TRACKING * 20)
RIGHT, CENTER = WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.CENTER


def docx(report: Report) -> bytes:
    """The bytes of the file; the same report gives the same words and layout."""
    made = Document()
    _page(made)
    _normal(made)
    _head(made, report)
    _body(made, report)
    _end(made, report)
    _slip(made, report)
    properties = made.core_properties
    properties.title, properties.author, properties.comments = report.title, report.signer, ""
    at = datetime(report.day.year, report.day.month, report.day.day, tzinfo=UTC)
    properties.created = properties.modified = at
    into = BytesIO()
    made.save(into)
    return into.getvalue()


def _page(made: Doc) -> None:
    section = made.sections[0]
    section.page_width, section.page_height = Mm(layout.PAPER[0]), Mm(layout.PAPER[1])
    section.top_margin, section.bottom_margin = Mm(layout.TOP), Mm(layout.BOTTOM)
    section.left_margin, section.right_margin = Mm(layout.LEFT), Mm(layout.RIGHT)
    # Word measures from the edge of the paper: the number stands its distance below the block.
    section.footer_distance = Mm(layout.BOTTOM - layout.PAGE_NUMBER_BELOW - layout.FOOT * layout.POINT)
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    # Characters are set closer by the style: not every program heeds a grid of characters.
    _set(grid, type="lines", linePitch=PITCH)
    made.settings.odd_and_even_pages_header_footer = True
    _page_number(section.footer.paragraphs[0], RIGHT)
    _page_number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)


def _page_number(into: Paragraph, side: WD_ALIGN_PARAGRAPH) -> None:
    """— 1 —, one character from the edge (7.5)."""
    into.alignment = side
    indent = Pt(layout.FOOT)
    if side == RIGHT:
        into.paragraph_format.right_indent = indent
    else:
        into.paragraph_format.left_indent = indent
    _said(into, "— ", SONG, layout.FOOT)
    run = into.add_run()
    _font(run, SONG, layout.FOOT)
    for kind, text in (("begin", ""), ("", " PAGE "), ("end", "")):
        part = OxmlElement("w:instrText" if text else "w:fldChar")
        if text:
            part.text = text
        else:
            _set(part, fldCharType=kind)
        run._r.append(part)
    _said(into, " —", SONG, layout.FOOT)


def _normal(made: Doc) -> None:
    style: Any = made.styles["Normal"]
    _font(style, FANG, layout.BODY)
    spacing = style.paragraph_format
    spacing.space_before = spacing.space_after = Pt(0)
    spacing.line_spacing_rule, spacing.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(PITCH / 20)
    spacing.widow_control = False
    spacing.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    closer = OxmlElement("w:spacing")
    _set(closer, val=CLOSER)
    style.element.get_or_add_rPr().append(closer)
    _set(style.element.get_or_add_rPr().find(qn("w:rFonts")), ascii=LATIN, hAnsi=LATIN)


def _head(made: Doc, report: Report) -> None:
    marks = [mark for mark in (report.secrecy, report.urgency) if mark]
    for mark in marks:
        _line(made, mark, HEI)
    name = _line(made, report.head, TITLE, layout.head_size(report.head), CENTER)
    # The name has its place below the upper edge, however many marks stand there (7.2.4).
    name.paragraph_format.space_before = Mm(max(0.0, layout.HEAD_BELOW - len(marks) * layout.PITCH))
    name.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    for run in name.runs:
        run.font.color.rgb = RGBColor.from_string(layout.RED)
    for _ in range(layout.ABOVE_NUMBER):
        _line(made, "")
    number = _line(made, report.number, FANG, align=CENTER)
    _red_line(number)
    for _ in range(layout.ABOVE_TITLE):
        _line(made, "")
    title = _line(made, "\n".join(layout.title_lines(report.title)), TITLE, layout.TITLE, CENTER)
    title.paragraph_format.line_spacing = Pt(PITCH / 20 * 1.2)
    _line(made, "")


def _red_line(under: Paragraph) -> None:
    borders, below = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    _set(below, val="single", sz=12, space=round(layout.RED_LINE_BELOW / layout.POINT), color=layout.RED)
    borders.append(below)
    under._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _body(made: Doc, report: Report) -> None:
    _line(made, f"{report.to}：")
    for section in report.sections:
        heading = _indented(_line(made, section.heading, HEI))
        heading.paragraph_format.keep_with_next = True
        for words in section.paragraphs:
            _indented(_line(made, words))


def _end(made: Doc, report: Report) -> None:
    # A page with nothing but name and date is not allowed (7.3.5.4): the last words go with them.
    made.paragraphs[-1].paragraph_format.keep_with_next = True
    _line(made, "").paragraph_format.keep_with_next = True
    several = len(report.annexes) > 1
    for count, annex in enumerate(report.annexes, start=1):
        lead = "附件：" if count == 1 else "　　　"
        said = _line(made, f"{lead}{f'{count}. ' if several else ''}{annex}")
        said.paragraph_format.keep_with_next = True
        said.paragraph_format.left_indent = Pt(layout.BODY * 5)
        said.paragraph_format.first_line_indent = Pt(-layout.BODY * 3)
    for text in ("", ""):
        _line(made, text).paragraph_format.keep_with_next = True
    signer = _line(made, report.signer, align=RIGHT)
    signer.paragraph_format.keep_with_next = True
    date = _line(made, day(report.day), align=RIGHT)
    of_name, of_date = layout.signature(report.signer, day(report.day))
    signer.paragraph_format.right_indent = Pt(layout.BODY * of_name)
    date.paragraph_format.right_indent = Pt(layout.BODY * of_date)


def _slip(made: Doc, report: Report) -> None:
    """The slip is the last page, a section of its own, so that it can be torn off and copied."""
    made.add_section(WD_SECTION.NEW_PAGE)
    _line(made, "附件1" if len(report.annexes) > 1 else "附件", HEI)
    _line(made, "")
    _line(made, "专 报 回 执", TITLE, layout.TITLE, CENTER)
    rows = [(("来文文号", ""), report.number), (("联动号", ""), report.linkage), (("移交号", ""), report.transfer)]
    rows += [((f"□ {one.label}", blank), choices) for one in report.boxes for blank, choices in one.blanks]
    rows += [((label, ""), "") for label in SIGNED]
    table = made.add_table(rows=len(rows), cols=3, style="Table Grid")
    table.autofit = False
    made.paragraphs[-1].paragraph_format.space_after = Pt(layout.BODY)
    widths = (Mm(32), Mm(38), Mm(layout.BLOCK[0] - 70))
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for count, ((head, blank), value) in enumerate(rows):
        row = table.rows[count]
        row.height_rule, row.height = WD_ROW_HEIGHT_RULE.AT_LEAST, Mm(20 if blank in ("办理情况", "内容") else 9)
        cells = row.cells
        for cell, width in zip(cells, widths, strict=True):
            cell.width = width
        _cell(cells[2], value)
        if blank:
            _cell(cells[1], blank)
        first = count == 0 or rows[count - 1][0][0] != head
        if first:
            _cell(cells[0], head)
        if not blank:
            cells[0].merge(cells[1])
        elif not first:
            above = table.rows[count - 1].cells[0]
            above.merge(cells[0])
    _line(made, ON_THE_SLIP, FANG, layout.FOOT).paragraph_format.space_before = Pt(layout.BODY / 2)


def _cell(cell: _Cell, text: str) -> None:
    """The lines of a cell are as high as their type: on the grid of the page the slip would not fit it."""
    into, off = cell.paragraphs[0], OxmlElement("w:snapToGrid")
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    into.alignment = WD_ALIGN_PARAGRAPH.LEFT
    into.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    _set(off, val=0)
    into._p.get_or_add_pPr().insert_element_before(off, "w:spacing", "w:ind", "w:jc", "w:rPr")
    _said(into, text, FANG, layout.FOOT)


def _line(
    made: Doc,
    text: str,
    face: str = FANG,
    size: float = layout.BODY,
    align: WD_ALIGN_PARAGRAPH | None = None,
) -> Paragraph:
    line = made.add_paragraph()
    if align is not None:
        line.alignment = align
    _said(line, text, face, size)
    return line


def _indented(line: Paragraph) -> Paragraph:
    """Two characters (7.3.3), said in characters, so that it follows the size of type."""
    line.paragraph_format.first_line_indent = Pt(layout.BODY * 2)
    _set(line._p.get_or_add_pPr().find(qn("w:ind")), firstLineChars=200)
    return line


def _said(into: Paragraph, text: str, face: str, size: float) -> None:
    _font(into.add_run(text), face, size)


def _font(run: Any, face: str, size: float) -> None:
    """`face` for Chinese characters; figures and letters in their usual type."""
    run.font.size = Pt(size)
    run.font.name = LATIN if face == FANG else face
    _set(run.font.element.get_or_add_rPr().find(qn("w:rFonts")), eastAsia=face)


def _set(element: Any, **given: object) -> None:
    for name, value in given.items():
        element.set(qn(f"w:{name}"), str(value))
