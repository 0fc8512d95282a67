"""A spreadsheet opens again as it was written, and nothing in it is ever computed."""

from __future__ import annotations

from datetime import UTC, datetime

import openpyxl
import pytest

from liandong.kernel.seals import sm3
from liandong.kernel.sheets import LONGEST_CELL, Cell, Column, write_sheet


def written(*rows: list[Cell], mark: str = "某人 & 2026") -> list[list[object]]:
    sheet = write_sheet(title="清单", about=["甲"], mark=mark, columns=[Column("文"), Column("数")], rows=iter(rows))
    raw = sheet.file.read()
    assert sheet.digest == sm3(raw)
    assert sheet.size == len(raw)
    assert sheet.rows == len(rows)
    sheet.file.seek(0)
    book = openpyxl.load_workbook(sheet.file)
    assert book.active.oddHeader.center.text.replace("&&", "&") == mark
    return [list(row) for row in book.active.iter_rows(min_row=4)]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+86 138",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "http://x.example",
        "{=1}",
        "𠮷野家🔥",
        "_x0041_",
        "a\nb",
        " 前后 ",
        "'",
    ],
)
def test_text_stays_text(text: str) -> None:
    ((cell, _),) = written([text, 1])
    assert cell.data_type == "s"  # type: ignore[attr-defined]
    assert cell.value.replace("_x005F_", "_") == text  # type: ignore[attr-defined]
    assert cell.quotePrefix  # type: ignore[attr-defined]


def test_numbers_and_moments_are_what_they_are_in_the_citys_time() -> None:
    ((number, moment), (empty, last)) = written([7, datetime(2026, 3, 2, 1, 0, tzinfo=UTC)], ["", 3])
    assert number.value == 7  # type: ignore[attr-defined]
    assert moment.value == datetime(2026, 3, 2, 9, 0)  # type: ignore[attr-defined]  # noqa: DTZ001
    assert (empty.value, last.value) == (None, 3)  # type: ignore[attr-defined]


def test_what_a_cell_cannot_hold_is_left_out_or_cut_and_says_so() -> None:
    ((strange, _), (long, _)) = written(["a\x00\x01\ufffe\uffffb", None], ["𠮷" * LONGEST_CELL, None])
    assert strange.value == "ab"  # type: ignore[attr-defined]
    assert len(long.value.encode("utf-16-le")) // 2 <= LONGEST_CELL  # type: ignore[attr-defined]
    assert long.value.endswith("𠮷…")  # type: ignore[attr-defined]


def test_a_failure_while_rows_come_leaves_no_file_open() -> None:
    def rows() -> object:
        yield ["一", 1]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_sheet(title="x", about=[], mark="x", columns=[Column("a")], rows=rows())  # type: ignore[arg-type]
