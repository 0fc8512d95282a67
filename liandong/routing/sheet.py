"""A version of the list as the file people exchange it by: the columns of the pack's list_items.csv. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from liandong.kernel.rows import BadRow, Row
from liandong.routing.items import COLUMNS, ItemValues, cells, read

HEADER = ("version", *COLUMNS.values())
# What a spreadsheet program in Chinese writes, beside UTF-8.
ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds. With `problems` (Chinese, in the order of the lines) the items are not to be used."""

    items: tuple[ItemValues, ...]
    problems: tuple[str, ...]


def write(version: str, items: Iterable[ItemValues]) -> bytes:
    """The file, with the mark by which spreadsheet programs know UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows({"version": version, **cells(item)} for item in items)
    return text.getvalue().encode("utf-8-sig")


def parse(name: str, content: bytes) -> Sheet:
    """The items of a file called `name`, or every line that cannot be taken with its reason."""
    text = _decoded(content)
    if text is None:
        return Sheet((), ("文件既不是 UTF-8 也不是 GBK 编码，请另存为 CSV 后再导入。",))
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        header = tuple(reader.fieldnames or ())
        if wrong := _wrong_header(header):
            return Sheet((), (wrong,))
        rows = list(_rows(name, reader))
    except csv.Error as why:
        return Sheet((), (f"第{reader.line_num}行不是有效的 CSV（{why}），其后的行无法读取。",))
    return _items(rows)


def _decoded(content: bytes) -> str | None:
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _wrong_header(header: tuple[str, ...]) -> str:
    missing = [name for name in HEADER if name not in header]
    strange = [name for name in header if name not in HEADER]
    said = [f"缺少列：{'、'.join(missing)}"] if missing else []
    said += [f"多出列：{'、'.join(name[:30] or '（空）' for name in strange)}"] if strange else []
    said += ["有重复的列"] if len(set(header)) < len(header) else []
    return f"表头不符，{'；'.join(said)}。" if said else ""


def _rows(name: str, reader: csv.DictReader[str]) -> Iterator[tuple[Row, bool]]:
    """Each row, and whether it has as many cells as the header."""
    for values in reader:
        whole = None not in values and None not in values.values()
        kept: Mapping[str, str] = values if whole else {}
        yield Row(name, reader.line_num, kept), whole


def _items(rows: Iterable[tuple[Row, bool]]) -> Sheet:
    items: dict[str, tuple[ItemValues, int]] = {}
    problems: list[str] = []
    versions: dict[str, None] = {}
    for row, whole in rows:
        if not whole:
            problems.append(row.bad("整行", "列数与表头不一致").message)
            continue
        versions[row.values["version"].strip()] = None
        try:
            item = read(row)
        except BadRow as why:
            problems.append(why.message)
            continue
        if item.code in items:
            problems.append(row.bad("code", f"与第{items[item.code][1]}行重复（{item.code}）").message)
            continue
        items[item.code] = (item, row.line)
    if len(versions) > 1:
        problems.append(f"文件中有多个版本（{'、'.join(versions)}），请只保留一个版本的行。")
    if not items and not problems:
        problems.append("文件中没有条目。")
    return Sheet(tuple(item for item, _ in items.values()), tuple(problems))
