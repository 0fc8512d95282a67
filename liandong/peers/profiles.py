"""Vendor profiles (厂商对照方案): data that says how the fields and codes of an existing platform are ours. Pure.

A profile is a TOML file, versioned and dated: documents of the platform, their fields, code tables. Whatever is wrong
in it is told with the document and the row. What is done with it is in `translation.py`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from liandong.kernel.errors import Invalid
from liandong.kernel.schemas import documents

PACKAGE = "liandong.peers"
FOLDER, SUFFIX = "vendors", ".toml"
FORMS = ("text", "number", "code", "moment", "flag")
KINDS = ("matter", "step", "note")
# Beside what the messages have: by what the platform names the matter it speaks of.
REFERENCE = "/reference/"
_TOP = {"name", "title", "version", "effective_from", "source", "documents", "tables"}
_DOCUMENT = {"name", "title", "kind", "when", "has", "set", "carries", "fields"}
_FIELD = {"theirs", "ours", "as", "table", "format", "otherwise", "title"}
_ROW = {"theirs", "ours", "name"}


class ProfileUnfit(Invalid):
    code = "profile_unfit"
    message = "厂商对照方案有误，请按说明更正。"

    def __init__(self, complaints: Sequence[str]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("；".join(self.complaints)[:2000], complaints=list(self.complaints))


@dataclass(frozen=True, slots=True)
class Row:
    """One code of a table: theirs as it stands in their document, ours, its name in Chinese."""

    theirs: Any
    ours: Any
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """`theirs`: one path, or several that make one moment. `otherwise`: what ours is when a code has no row.

    `number`: its row in the document, from 1, for messages.
    """

    theirs: tuple[str, ...]
    ours: str
    form: str
    number: int
    title: str
    table: str = ""
    format: str = ""
    otherwise: Any = None


@dataclass(frozen=True, slots=True)
class Document:
    """`when`: leaves by which theirs is known, `has`: those it must have; `set`: leaves that make ours.

    `carries`: the path of a text field of theirs in which what they have no field for goes along.
    """

    name: str
    title: str
    kind: str
    when: Mapping[str, Any]
    has: tuple[str, ...]
    set: Mapping[str, Any]
    carries: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    title: str
    version: str
    effective_from: date
    source: str
    documents: tuple[Document, ...]
    tables: Mapping[str, tuple[Row, ...]]


def shipped() -> list[str]:
    """The names of the profiles that come with the software."""
    folder = files(PACKAGE) / FOLDER
    return sorted(one.name.removesuffix(SUFFIX) for one in folder.iterdir() if one.name.endswith(SUFFIX))


@cache
def load(name: str) -> Profile:
    """A shipped profile. Raises ProfileUnfit."""
    if name not in shipped():
        raise ProfileUnfit([f"没有名为“{name}”的方案，可用的有：{'、'.join(shipped())}"])
    return read((files(PACKAGE) / FOLDER / f"{name}{SUFFIX}").read_text(encoding="utf-8"))


def read(text: str) -> Profile:
    """The profile of a TOML text. Raises ProfileUnfit with all that is wrong in it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as why:
        raise ProfileUnfit([f"方案文件的写法有误（{_place(why)}），请核对引号、括号和等号"]) from None
    if complaints := list(_complaints(table)):
        raise ProfileUnfit(complaints)
    return Profile(
        name=table["name"],
        title=table.get("title", table["name"]),
        version=table["version"],
        effective_from=table["effective_from"],
        source=table["source"],
        documents=tuple(_document(one) for one in table["documents"]),
        tables={
            name: tuple(Row(row["theirs"], row["ours"], row.get("name", "")) for row in rows)
            for name, rows in table.get("tables", {}).items()
        },
    )


def _place(why: tomllib.TOMLDecodeError) -> str:
    line = re.search(r"line (\d+)", str(why))
    return f"第{line[1]}行" if line else "文件末尾"


def _document(table: Mapping[str, Any]) -> Document:
    return Document(
        name=table["name"],
        title=table.get("title", table["name"]),
        kind=table["kind"],
        when=table.get("when", {}),
        has=tuple(table.get("has", ())),
        set=table.get("set", {}),
        carries=table.get("carries", ""),
        fields=tuple(_field(number, one) for number, one in enumerate(table["fields"], start=1)),
    )


def _field(number: int, table: Mapping[str, Any]) -> Field:
    return Field(
        theirs=_paths(table),
        ours=table["ours"],
        form=table.get("as", "text"),
        number=number,
        title=table.get("title", ""),
        table=table.get("table", ""),
        format=table.get("format", ""),
        otherwise=table.get("otherwise"),
    )


def _paths(table: Mapping[str, Any]) -> tuple[str, ...]:
    theirs = table.get("theirs")
    return tuple(theirs) if isinstance(theirs, list) else (theirs,) if isinstance(theirs, str) else ()


def _complaints(table: Mapping[str, Any]) -> Iterator[str]:
    yield from _strange("方案", table, _TOP)
    for name in ("name", "version", "source"):
        if not isinstance(table.get(name), str) or not table[name]:
            yield f"方案缺少“{name}”，应为一段文字"
    if type(table.get("effective_from")) is not date:
        yield "方案缺少“effective_from”，应为日期，如 2026-11-24"
    tables = table.get("tables", {})
    for name, rows in tables.items():
        yield from _table_complaints(name, rows)
    found = table.get("documents")
    if not isinstance(found, list) or not found:
        yield "方案没有单据（[[documents]]）"
        return
    names = [one.get("name") for one in found]
    for number, one in enumerate(found, start=1):
        where = f"第{number}种单据“{one.get('name', '')}”"
        if names.count(one.get("name")) > 1:
            yield f"{where}与另一种单据重名"
        yield from _document_complaints(where, one, tables)


def _document_complaints(where: str, one: Mapping[str, Any], tables: Mapping[str, Any]) -> Iterator[str]:
    yield from _strange(where, one, _DOCUMENT)
    if not isinstance(one.get("name"), str):
        yield f"{where}缺少“name”"
    if one.get("kind") not in KINDS:
        yield f"{where}的“kind”应为：{'、'.join(KINDS)}"
        return
    if not (one.get("when") or one.get("has")):
        yield f"{where}缺少“when”或“has”，无法识别对方的单据"
    for path in one.get("set", {}):
        yield from _ours_complaints(f"{where}的“set”", one["kind"], path)
    fields = one.get("fields")
    if not isinstance(fields, list) or not fields:
        yield f"{where}没有字段（[[documents.fields]]）"
        return
    taken: dict[str, int] = {}
    for number, field in enumerate(fields, start=1):
        row = f"{where}第{number}行"
        yield from _field_complaints(row, one["kind"], field, tables)
        for path in (*_paths(field), f"我方{field.get('ours')}"):
            if path in taken:
                yield f"{row}与第{taken[path]}行重复：{path}"
            taken.setdefault(path, number)


def _field_complaints(row: str, kind: str, field: Mapping[str, Any], tables: Mapping[str, Any]) -> Iterator[str]:
    yield from _strange(row, field, _FIELD)
    paths = _paths(field)
    if not paths or not all(isinstance(path, str) and path.startswith("/") for path in paths):
        yield f"{row}的“theirs”应为以“/”开头的路径，如 /BJNR 或 /data/title"
    form = field.get("as", "text")
    if form not in FORMS:
        yield f"{row}的“as”应为：{'、'.join(FORMS)}"
    if len(paths) > 1 and form != "moment":
        yield f"{row}有{len(paths)}个对方字段，只有日期时间（moment）可由几个字段合成"
    if form in ("code", "flag") and field.get("table") not in tables:
        yield f"{row}的代码表“{field.get('table', '')}”不存在（[[tables.…]]）"
    if form == "moment" and not isinstance(field.get("format"), str):
        yield f"{row}缺少“format”，如 %Y-%m-%d %H:%M:%S"
    yield from _ours_complaints(row, kind, str(field.get("ours", "")))


def _ours_complaints(where: str, kind: str, path: str) -> Iterator[str]:
    if not path.startswith(REFERENCE) and path not in _places(kind):
        yield f"{where}的我方字段“{path}”在 {kind} 报文中不存在"


def _table_complaints(name: str, rows: object) -> Iterator[str]:
    if not isinstance(rows, list) or not rows:
        yield f"代码表“{name}”没有行"
        return
    seen: dict[tuple[type, Any], int] = {}
    for number, row in enumerate(rows, start=1):
        where = f"代码表“{name}”第{number}行"
        yield from _strange(where, row, _ROW)
        if "theirs" not in row or "ours" not in row:
            yield f"{where}缺少“theirs”或“ours”"
            continue
        key = type(row["theirs"]), row["theirs"]
        if key in seen:
            yield f"{where}的对方代码“{row['theirs']}”与第{seen[key]}行重复"
        seen.setdefault(key, number)


def _strange(where: str, table: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    for name in sorted(set(table) - known):
        yield f"{where}中没有“{name}”这一项，可用的有：{'、'.join(sorted(known))}"


@cache
def _places(kind: str) -> frozenset[str]:
    """Every place of the message's schema that holds a single value."""
    found: set[str] = set()

    def walk(schema: Mapping[str, Any], path: str) -> None:
        for name, inner in schema.get("properties", {}).items():
            if inner.get("type") not in ("object", "array"):
                found.add(f"{path}/{name}")
            walk(inner, f"{path}/{name}")

    walk(documents(PACKAGE)[kind], "")
    return frozenset(found)
