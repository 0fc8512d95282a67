"""An item of the diversion list as plain values: its fields, what they are called, and what must hold of each. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

from liandong.kernel.rows import Row

SIDES = {"12345": "12345热线", "110": "110报警服务台"}
# The kinds of transfer by which a matter of the list gets to its side. The others have no item: a notice follows what
# was done, a relay passes on what came in, and what is unclear has no item yet.
KINDS = {"divert": "分流", "danger": "联动派警", "clue": "涉稳线索", "mediate": "联合调处"}
# S3.4, S3.6: these go to the police only.
TO_110 = frozenset({"danger", "clue"})
FEWEST_EXAMPLES = 3

LABELS = {
    "code": "代码",
    "class_name": "类别",
    "text": "事项",
    "side": "归口",
    "kind": "移交方式",
    "unit_type": "承办单位类型",
    "exceptions": "例外情形",
    "legal_basis": "法律依据",
    "clause": "条款",
    "signals": "提示词",
    "examples": "例句",
}
LONGEST = {
    "code": 20,
    "class_name": 60,
    "text": 200,
    "unit_type": 60,
    "exceptions": 1000,
    "legal_basis": 300,
    "clause": 20,
}
LONGEST_SIGNAL, LONGEST_EXAMPLE, LONGEST_SIGNALS, LONGEST_EXAMPLES = 30, 500, 1000, 5000
NEEDED = ("code", "class_name", "text")
BETWEEN_EXAMPLES = "|"

_CODE = re.compile(r"[A-Z][0-9]{2,6}")
_CLAUSE = re.compile(r"S[0-9]{1,2}(\.[0-9]{1,2})?")
_CONTROLS = re.compile("[\x00-\x1f\x7f\u0085\u2028\u2029]")
# What a spreadsheet would take for a formula.
_FORMULA = re.compile(r"[=+\-@]")


@dataclass(frozen=True, slots=True)
class ItemValues:
    """What an item says, without the version it stands in."""

    code: str
    class_name: str
    text: str
    side: str
    kind: str
    unit_type: str = ""
    exceptions: str = ""
    legal_basis: str = ""
    clause: str = ""
    signals: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


FIELDS = tuple(field.name for field in fields(ItemValues))
# A column of the file is named as the field, but for the class.
COLUMNS = {name: "class" if name == "class_name" else name for name in FIELDS}


def faults(item: ItemValues) -> dict[str, str]:
    """What is wrong with the item, by field, in Chinese; empty when nothing is."""
    found: dict[str, str] = {}
    for name, said in _saying(item):
        found.setdefault(name, said)
    return found


def _saying(item: ItemValues) -> Iterator[tuple[str, str]]:
    for name in NEEDED:
        if not getattr(item, name):
            yield name, "不能为空"
    for name, longest in LONGEST.items():
        text = getattr(item, name)
        if len(text) > longest:
            yield name, f"超过{longest}个字符"
        if strange := _strange(text):
            yield name, strange
    if not _CODE.fullmatch(item.code):
        yield "code", "应为一个大写字母加2至6位数字，如 A0101"
    if item.side not in SIDES:
        yield "side", f"只能是 {'、'.join(SIDES)}"
    if item.kind not in KINDS:
        yield "kind", f"没有这一移交方式，只能是 {'、'.join(f'{code}（{label}）' for code, label in KINDS.items())}"
    elif item.kind in TO_110 and item.side == "12345":
        yield "kind", f"“{KINDS[item.kind]}”只用于归口110的事项"
    if item.clause and not _CLAUSE.fullmatch(item.clause):
        yield "clause", "应为条款编号，如 S3.1"
    yield from _words(item)


def _words(item: ItemValues) -> Iterator[tuple[str, str]]:
    if len(item.examples) < FEWEST_EXAMPLES:
        yield "examples", f"至少要有{FEWEST_EXAMPLES}个例句，现有{len(item.examples)}个"
    if len(set(item.examples)) < len(item.examples):
        yield "examples", "有重复的例句"
    if sum(map(len, item.examples)) > LONGEST_EXAMPLES:
        yield "examples", f"例句合计超过{LONGEST_EXAMPLES}个字符"
    for number, example in enumerate(item.examples, start=1):
        if not example or BETWEEN_EXAMPLES in example:
            yield "examples", f"第{number}个例句为空或含有“{BETWEEN_EXAMPLES}”"
        if len(example) > LONGEST_EXAMPLE:
            yield "examples", f"第{number}个例句超过{LONGEST_EXAMPLE}个字符"
        if strange := _strange(example):
            yield "examples", f"第{number}个例句{strange}"
    if sum(map(len, item.signals)) > LONGEST_SIGNALS:
        yield "signals", f"提示词合计超过{LONGEST_SIGNALS}个字符"
    for word in item.signals:
        if len(word) > LONGEST_SIGNAL:
            yield "signals", f"提示词“{word[:10]}…”超过{LONGEST_SIGNAL}个字符"
        if strange := _strange(word):
            yield "signals", f"提示词{strange}"
    if len(set(item.signals)) < len(item.signals):
        yield "signals", "有重复的提示词"


def _strange(text: str) -> str:
    if _CONTROLS.search(text):
        return "含有换行或控制字符"
    if _FORMULA.match(text):
        return "不能以 = + - @ 开头（表格软件会当作公式）"
    return ""


def read(row: Row) -> ItemValues:
    """The item a row of list_items.csv tells. Raises BadRow: a missing column, or the first fault."""
    plain: dict[str, str] = {name: row.optional(COLUMNS[name], longest=10_000) for name in FIELDS}
    item = _item(plain, plain["examples"].split(BETWEEN_EXAMPLES))
    for name, said in faults(item).items():
        raise row.bad(COLUMNS[name], said)
    return item


def _item(plain: Mapping[str, str], examples: Iterable[str]) -> ItemValues:
    values: dict[str, Any] = {
        **plain,
        "signals": tuple(plain["signals"].split()),
        "examples": tuple(text for one in examples if (text := one.strip())),
    }
    return ItemValues(**values)


def typed(said: Callable[[str], str]) -> ItemValues:
    """The item of a form: `said` gives a field's text; signals are apart by blanks, examples by lines."""
    plain = {name: said(name).strip() for name in FIELDS}
    return _item(plain, plain["examples"].splitlines())


def cells(item: ItemValues) -> dict[str, str]:
    """The item as the columns of list_items.csv tell it; `read` gives it back."""
    found = {COLUMNS[name]: str(getattr(item, name)) for name in FIELDS}
    return {**found, "signals": " ".join(item.signals), "examples": BETWEEN_EXAMPLES.join(item.examples)}


def fingerprint(item: ItemValues) -> str:
    """Tells whether an item is still as somebody saw it."""
    said = "\x00".join(f"{name}={text}" for name, text in cells(item).items())
    return sha256(said.encode()).hexdigest()[:16]
