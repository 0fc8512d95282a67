"""Townships and streets, as a statistics office lists them: what a row must be, and what it becomes.

A code (统计用区划代码) has nine digits: six of the county, then 001-099 a street, 100-199 a town, 200-399 a township,
above that a farm or the like; or twelve, of which the last three are zeros. Others of twelve are villages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liandong.kernel.rows import Row

KINDS = frozenset({"township", "street"})
# What may stand at the end of a name and is left out when people speak.
ENDINGS = ("街道办事处", "街道", "办事处", "镇", "乡")
# A name of one character would be found in half of all addresses.
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Above:
    """A division a township may be in; `begins` are the digits its code must begin with."""

    code: str
    name: str
    begins: str


def columns(rows: Sequence[Row], divisions: Sequence[Above], source: str) -> list[tuple[Row, dict[str, Any]]]:
    """The columns of a division for each row (code, name, county). Raises BadRow."""
    by_word = {word: above for above in divisions for word in (above.name, above.code)}
    seen: dict[tuple[str, str], int] = {}
    wanted = []
    for row in rows:
        above = _above(row, by_word)
        name, code = row.text("name", longest=60), _code(row, above)
        if (first := seen.setdefault((above.code, name), row.line)) != row.line:
            raise row.bad("name", f"与第{first}行重复（{above.name}，{name}）")
        made = {
            "code": code,
            "name": name,
            "short": short(name),
            "parent_id": above.code,
            "kind": kind(code, name),
            "source": source,
        }
        wanted.append((row, made))
    return wanted


def _above(row: Row, by_word: Mapping[str, Above]) -> Above:
    word = row.text("county")
    if word not in by_word:
        raise row.bad("county", f"找不到 {word}，应为本市县（市、区）或开发区的代码或名称")
    return by_word[word]


def _code(row: Row, above: Above) -> str:
    text = row.text("code")
    if not re.fullmatch(r"[0-9]{9}([0-9]{3})?", text):
        raise row.bad("code", f"{text} 不是9位或12位数字的统计用区划代码")
    code, village = text[:9], text[9:]
    if village not in ("", "000"):
        raise row.bad("code", f"{text} 是村级代码，应为乡镇街道的代码（9位，或12位且末三位为000）")
    if code.endswith("000"):
        raise row.bad("code", f"{text} 是县级代码，应为乡镇街道的代码")
    if not code.startswith(above.begins):
        raise row.bad("code", f"{text} 不在{above.name}（代码应以 {above.begins} 开头）")
    return code


def kind(code: str, name: str) -> str:
    """`street` or `township`."""
    return "street" if int(code[6:]) < 100 or name.endswith(ENDINGS[:3]) else "township"


def short(name: str) -> str:
    """The name as people say it: without the ending, unless too little would be left."""
    for ending in ENDINGS:
        if name.endswith(ending) and len(name) - len(ending) >= SHORTEST:
            return name.removesuffix(ending)[:20]
    return name[:20]
