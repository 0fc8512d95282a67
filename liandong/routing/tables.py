"""Tables people hand us as files: bytes in, rows out, and a sentence a clerk can act on where that fails. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from liandong.routing.errors import BadTable

# An appeal of ten thousand characters is no mistake; a megabyte in one field is.
LONGEST_FIELD = 1_000_000
GB = "gb18030"


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file; `remark` is Chinese and not empty where something about it should be said."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    remark: str = ""


def read(raw: bytes, needed: Sequence[str], name: str = "输入") -> Table:
    """A CSV file with a header line in UTF-8 or GB18030. Raises BadTable."""
    text, remark = _text(raw, name)
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = tuple((column or "").strip() for column in reader.fieldnames or ())
        missing = [column for column in needed if column not in columns]
        if missing:
            given = "、".join(column for column in columns if column) or "无"
            raise BadTable(f"{name}缺少列 {'、'.join(missing)}（现有列：{given}）。第一行应为列名。")
        reader.fieldnames = columns
        rows = tuple(_row(row, reader.line_num, name) for row in reader)
    except csv.Error as why:
        raise BadTable(f"{name}第{reader.line_num}行附近不是有效的 CSV：{_chinese(why)}。") from None
    if not rows:
        raise BadTable(f"{name}只有列名，没有数据行。")
    return Table(columns, rows, remark)


def written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as the text of a CSV file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def _text(raw: bytes, name: str) -> tuple[str, str]:
    if not raw.strip():
        raise BadTable(f"{name}是空的：应为 CSV，第一行是列名。")
    if b"\0" in raw:
        raise BadTable(f"{name}含有空字节（NUL），可能存成了 UTF-16 或已损坏：请另存为 UTF-8 编码的 CSV。")
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode(GB), f"{name}不是 UTF-8 编码，已按 GB18030 读取。"
    except UnicodeDecodeError:
        raise BadTable(f"{name}的编码既不是 UTF-8 也不是 GB18030：请另存为 UTF-8 编码的 CSV。") from None


def _row(row: Mapping[str | None, str | Sequence[str] | None], line: int, name: str) -> Mapping[str, str]:
    if None in row:
        raise BadTable(f"{name}第{line}行的列数多于列名：含逗号、引号或换行的文字应放在双引号里。")
    return {str(column): str(value or "") for column, value in row.items()}


def _chinese(why: csv.Error) -> str:
    told = str(why)
    if "field larger" in told:
        return f"有一格超过{LONGEST_FIELD}个字符"
    if "unexpected end" in told:
        return "有双引号没有闭合"
    if "expected after" in told:
        return "双引号之后还有文字，文字里的双引号应写两遍"
    return told
