"""A spreadsheet (XLSX) written row by row in little memory, and its digest.

Every cell that is text is written as text: what a caller said may begin with "=", and must never be computed by the
program that opens the file. Lines about the sheet (who, when, of what) stand above the table and in the page header.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

import xlsxwriter
from cryptography.hazmat.primitives import hashes

from liandong.kernel.ids import CITY_ZONE

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cell = str | int | datetime | None

# A cell holds this many UTF-16 units and a page header 255; the program that opens the file refuses more.
LONGEST_CELL = 32_767
LONGEST_HEADER = 240
_CHUNK = 1 << 16
# Characters that XML cannot hold in any form.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and its width in characters."""

    title: str
    width: int = 16


@dataclass(frozen=True, slots=True)
class Sheet:
    """A finished file, opened at its beginning; `digest` is its SM3. Who takes it closes it."""

    file: IO[bytes]
    rows: int
    digest: bytes
    size: int


def write_sheet(
    *, title: str, about: Sequence[str], mark: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]
) -> Sheet:
    """Write `rows` below `title`, the lines `about` and the headings; `mark` is repeated on every printed page.

    `rows` may be a stream: one row at a time is in memory. The file lies in the temporary folder, without a name.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the caller, who closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    try:
        with xlsxwriter.Workbook(file, options) as book:
            written = _Writer(book, title, mark).write(about, columns, rows)
        size = file.seek(0, 2)
        return Sheet(file, written, _digest(file), size)
    except BaseException:
        file.close()
        raise


class _Writer:
    def __init__(self, book: xlsxwriter.Workbook, title: str, mark: str) -> None:
        self.title = title
        self.sheet = book.add_worksheet("清单")
        self.head = book.add_format({"bold": True, "font_size": 14})
        self.dim = book.add_format({"font_color": "#555555"})
        self.heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        # The quote prefix keeps a text a text also when somebody edits the cell or saves the sheet in another form.
        self.text = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True, "num_format": "@"})
        self.number = book.add_format({"valign": "top"})
        self.moment = book.add_format({"valign": "top", "num_format": "yyyy-mm-dd hh:mm"})
        book.set_properties({"title": title, "comments": mark})
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_header("&C" + mark[:LONGEST_HEADER].replace("&", "&&"))
        self.sheet.set_footer("&C第 &P 页，共 &N 页")

    def write(self, about: Sequence[str], columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> int:
        for at, column in enumerate(columns):
            self.sheet.set_column(at, at, column.width)
        self.sheet.write_string(0, 0, self.title, self.head)
        for line, text in enumerate(about, start=1):
            self.sheet.write_string(line, 0, _fit(text), self.dim)
        top = len(about) + 1
        for at, column in enumerate(columns):
            self.sheet.write_string(top, at, column.title, self.heading)
        self.sheet.repeat_rows(top)
        self.sheet.freeze_panes(top + 1, 0)
        written = 0
        for written, row in enumerate(rows, start=1):
            for at, cell in enumerate(row):
                self._cell(top + written, at, cell)
        return written

    def _cell(self, row: int, at: int, cell: Cell) -> None:
        if isinstance(cell, datetime):
            self.sheet.write_datetime(row, at, cell.astimezone(CITY_ZONE).replace(tzinfo=None), self.moment)
        elif isinstance(cell, int):
            self.sheet.write_number(row, at, cell, self.number)
        elif cell:
            self.sheet.write_string(row, at, _fit(cell), self.text)


def _fit(text: str) -> str:
    clean = _NOT_XML.sub("", text)
    if len(clean.encode("utf-16-le")) // 2 <= LONGEST_CELL:
        return clean
    return clean.encode("utf-16-le")[: 2 * (LONGEST_CELL - 1)].decode("utf-16-le", "ignore") + "…"


def _digest(file: IO[bytes]) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.finalize()
