"""Places in a note: the county and township it names, and the spots people know (estates, roads, houses). Pure.

Names of divisions come in as values, from the pack and from the imported townships. Estates, roads and schools are not
listed anywhere: they are read by how such names end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from liandong.routing.verdicts import Reason

# A name of one character would be found in half of all texts.
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Area:
    """A division as a text may call it. `county`: the code it lies in, its own for a county, "" for the city."""

    code: str
    name: str
    short: str
    county: str
    county_name: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place people know by name: `name` with its ending as read, `ending` (小区, 路), `core` the name without it."""

    name: str
    core: str
    ending: str

    def same(self, other: Spot) -> bool:
        """Whether both may be one place: the text before a name is often read along with it, so the ends count."""
        return self.ending == other.ending and (self.core.endswith(other.core) or other.core.endswith(self.core))


@dataclass(frozen=True, slots=True)
class Place:
    """What a note says of where. `county` is a code or ""; `house` and `entrance` are numbers as digits."""

    county: str = ""
    township: str = ""
    spots: tuple[Spot, ...] = ()
    house: str = ""
    entrance: str = ""
    room: str = ""
    reasons: tuple[Reason, ...] = ()


_AREA_ENDINGS = (
    "小区",
    "家园",
    "花园",
    "嘉园",
    "佳园",
    "花苑",
    "新村",
    "新城",
    "公寓",
    "家属院",
    "华庭",
    "公馆",
    "社区",
)
_HOUSE_ENDINGS = ("大厦", "广场", "商场", "超市", "市场", "小学", "中学", "大学", "学校", "幼儿园", "医院", "卫生院")
_MORE_ENDINGS = ("饭店", "酒店", "宾馆", "公园", "车站", "工地", "水库", "大桥", "厂", "村", "镇", "乡", "苑", "桥")
_WAY_ENDINGS = ("大道", "大街", "胡同", "国道", "省道", "高速", "路口", "路", "街", "巷")
ENDINGS = (*_AREA_ENDINGS, *_HOUSE_ENDINGS, *_WAY_ENDINGS, *_MORE_ENDINGS)
# What stands before a name and is no part of it. 和 and 平 are parts of names and not here.
_BEFORE = (
    "来电人|反映|市民|群众|居民|住户|业主|位于|住在|家住|就在|因为|关于|附近|旁边|对面|门口|有人|说是|我们|他们|这个|那个|"
    "[在到的我你他她是有说称去从往把被了过给让家住个这那就离跟及某各本该咱俺]"
)
_SPOT = re.compile(rf"([\u4e00-\u9fff]{{1,7}}?)({'|'.join(ENDINGS)})")
_CUT = re.compile(rf".*(?:{_BEFORE})")
# 路上, 街道 and the like are no names of a road; 消防路 may be, and is read as one.
_NO_NAMES = frozenset(
    {"马", "道", "公", "铁", "线", "电", "网", "半", "一", "两", "整条", "这条", "那条", "农", "全", "本"}
)
_NUMBER = "[0-9]{1,4}|[一二三四五六七八九十]{1,3}"
_HOUSE = re.compile(rf"({_NUMBER})\s*(?:号楼|栋|幢|#楼|#|座楼)")
_ENTRANCE = re.compile(rf"({_NUMBER})\s*单元")
_ROOM = re.compile(r"([0-9]{3,4})(?:室|户|房)")
_DIGITS = {character: number for number, character in enumerate("零一二三四五六七八九")}


def find(text: str, areas: Iterable[Area]) -> Place:
    """Where the note is about. The township decides the county; of several counties the one named first."""
    known = tuple(areas)
    township = _first(text, [area for area in known if area.county and area.county != area.code])
    county = _first(text, [area for area in known if area.county == area.code])
    reasons = []
    if township:
        area, word = township
        reasons.append(Reason("place", area.code, f"提到“{word}”，属{area.county_name}", (word,)))
    elif county:
        area, word = county
        reasons.append(Reason("place", area.code, f"提到“{word}”，即{area.name}", (word,)))
    return Place(
        county=township[0].county if township else county[0].code if county else "",
        township=township[0].code if township else "",
        spots=spots(text),
        house=_number(_HOUSE, text),
        entrance=_number(_ENTRANCE, text),
        room=_number(_ROOM, text),
        reasons=tuple(reasons),
    )


def _first(text: str, areas: Iterable[Area]) -> tuple[Area, str] | None:
    """The area named first and the word; of names that begin at one place the longest (五台山 before 五台)."""
    found = [
        (at, -len(word), area, word)
        for area in areas
        for word in {area.name, area.short}
        if len(word) >= SHORTEST and (at := text.find(word)) >= 0
    ]
    if not found:
        return None
    _, _, area, word = min(found, key=lambda hit: hit[:2])
    return area, word


@lru_cache(maxsize=4096)
def spots(text: str) -> tuple[Spot, ...]:
    """The places named, in the order of the text, each once."""
    found: dict[str, Spot] = {}
    for match in _SPOT.finditer(text):
        core = _CUT.sub("", match[1])
        if core and core not in _NO_NAMES:
            found.setdefault(core + match[2], Spot(core + match[2], core, match[2]))
    return tuple(found.values())


def _number(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return digits(match[1]) if match else ""


def digits(text: str) -> str:
    """三 → 3, 十二 → 12, 二十 → 20; digits stay."""
    if text.isascii():
        return text.lstrip("0") or "0"
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return "".join(str(_DIGITS[character]) for character in text)
    return str((_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0))
