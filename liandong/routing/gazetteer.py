"""Places in a note: the county and township it names, and the spots people know (estates, roads, villages). Pure.

Names of divisions come in as values, from the pack and from the imported townships. Estates, roads and schools are
not
listed anywhere: a name is what stands before such an ending, or what the lexicon does not know at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from liandong.routing.lexicon import CONCEPTS, cut
from liandong.routing.verdicts import Reason

_COMPASS = frozenset("东西南北")
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
    """A place people know by name: `core` the name, `ending` (小区, 路) or "", `level` what such an ending makes
    it."""

    core: str
    ending: str = ""
    level: str = ""

    @property
    def name(self) -> str:
        return self.core + self.ending

    def same(self, other: Spot) -> bool:
        """Whether both may be one place: one name ends or begins the other, or is short for it (锦园 – 锦绣嘉园)."""
        if self.level and other.level and self.level != other.level:
            return False
        if self.core == other.core:
            return not (self.ending and other.ending) or self.ending[-1] == other.ending[-1]
        if len(self.name) == len(other.name):
            return False
        short, long = sorted((self.core, other.core), key=len)
        if self.level == other.level == "way" and long in {short + point for point in _COMPASS}:
            return False
        if len(short) > 1 and short in long:
            return True
        short, long = sorted((self.name, other.name), key=len)
        return len(short) > 1 and (long.endswith(short) or (short[0] == long[0] and _short_for(short, long)))

    def resembles(self, other: Spot) -> bool:
        """Whether the names are taken for each other and are two: 御龙湾 – 御龙山, 东冶镇 – 东楼乡, 城东 – 东城."""
        if self.same(other):
            return False
        if self.core == other.core:
            return len(self.core) > 1
        return _mistaken(self.core, other.core, bool(self.level or other.level)) or (
            self.ending != other.ending and _mistaken(self.name, other.name, True)
        )


def _short_for(short: str, long: str) -> bool:
    rest = iter(long)
    return all(character in rest for character in short)


def _mistaken(one: str, other: str, named: bool) -> bool:
    """Nearly one length, begun or ended alike; `named`: one is surely a name, else two characters are too few."""
    if one == other or abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < (2 if named else 3):
        return False
    short, long = sorted((one, other), key=len)
    if short in long or _short_for(short, long):
        return False
    return set(one) == set(other) or one[0] == other[0] or (one[-1] == other[-1] and len(short) > 2)


@dataclass(frozen=True, slots=True)
class Place:
    """What a note says of where. `county` and `township` are codes or ""."""

    county: str = ""
    township: str = ""
    spots: tuple[Spot, ...] = ()
    reasons: tuple[Reason, ...] = ()


_ENDINGS: dict[str, str] = {
    "town": "镇 乡 街道",
    "village": "村 庄",
    "estate": """小区 家园 花园 嘉园 佳园 佳苑 花苑 雅苑 新村 新城 公寓 家属院 家属楼 宿舍楼 华庭 华府 名邸 名城
    名都 公馆 社区
        水岸 壹号 苑""",
    "way": "大道 大街 胡同 国道 省道 高速 路 街 巷",
    "venue": """大厦 广场 商场 商厦 超市 市场 建材城 小学 中学 大学 学院 学校 幼儿园 医院 卫生院 卫生室 饭店 酒店
    宾馆 公园 客运站
        汽车站 火车站 车站 加油站 加气站 服务区 收费站 派出所 水库 大桥 桥 隧道 网吧 影院 影城 药店 药房 养老院 驾校
        温泉 景区 厂 矿
        店 馆 院 所 站 中心 公司 银行""",
}
LEVELS = tuple(_ENDINGS)
_LEVEL_OF = {ending: level for level, endings in _ENDINGS.items() for ending in endings.split()}
_ENDING = re.compile("|".join(sorted(_LEVEL_OF, key=len, reverse=True)))
# Words of one character that are parts of names too; all others end the name before them.
_NAMEABLE = frozenset(
    "大小长高老新里中内外前后上下东南西北头家口天光水河山石桥树林土沟塘泉坡岭湾湖岛岸坝井城庄庙寺塔"
    "碑古马牛羊鹅鱼金银红黄白黑青龙凤花果桃梨杏枣榆柳槐杨云雪雨雷星阳明春秋平安福康乐和文化正"
)
# Words of two characters that are names when such an ending follows.
_NAMING_WORDS = """
新建 建设 人民 和平 光明 胜利 文化 解放 工农 团结 幸福 公园 体育 学院 车站 桥头 东街 西街 南街 北街 城东 城西 城南
城北 东城 西城 南城 北城
河边 教师 科技 商贸 工业 实验 中心 古城 农贸 建材 步行 烧烤 烟囱 砖窑 东关 西关 南关 北关
"""
_NAMING = frozenset(_NAMING_WORDS.split())
# 东楼 is a name, 东面 is none.
_BESIDE = frozenset("面边头侧方部")
# Parts of names before an ending (二道巷, 三家店村) and else numbers.
_COUNTED = frozenset("一二三四五六七八九十百千万")
_LONGEST_CORE = 6
# 马路 and the like are no names of a road.
_NO_NAMES = {*"马道公铁线半一两农全本山上下老新大小前后里外内中家邻", "一条", "大马"}
_SINGLE = frozenset("村庄镇乡")


def find(text: str, areas: Iterable[Area]) -> Place:
    """Where the note is about: the area as `named` says, and the spots people know."""
    return replace(named(text, areas), spots=spots(text))


def named(text: str, areas: Iterable[Area]) -> Place:
    """The area the note names. The township decides the county; of several counties the one named first."""
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
    """The places named: those with an ending in the order of the text, then names without one; each once."""
    free = _free(text)
    found: dict[str, Spot] = {}
    for match in _ENDING.finditer(text):
        core = _before(text, match.start(), free)
        if core and core not in _NO_NAMES and (len(core) > 1 or match[0] in _SINGLE or core in _COMPASS):
            found.setdefault(core + match[0], Spot(core, match[0], _LEVEL_OF[match[0]]))
            start = match.start() - len(core)
            free[start : match.end()] = [0] * (match.end() - start)
    for run in _runs(text, free):
        found.setdefault(run, Spot(run))
    return tuple(found.values())


def _before(text: str, end: int, free: list[int]) -> str:
    """The name that ends there."""
    start = end
    while start and (free[start - 1] or text[start - 1] in _COUNTED) and end - start < _LONGEST_CORE:
        start -= 1
    if end - start < SHORTEST and start > 1:
        word = text[start - 2 : start]
        if word in _NAMING or (word[0] in _COMPASS and word[1] not in _BESIDE):
            start -= 2
    return text[start:end]


def _free(text: str) -> list[int]:
    """For each character: 2 it is of no known word, 1 of a word that may be part of a name, 0 it ends names."""
    free: list[int] = []
    for word, _ in cut(text):
        if len(word) > 1:
            free += [0] * len(word)
        elif word in CONCEPTS:
            free.append(int(word in _NAMEABLE))
        else:
            free.append(2 if "\u4e00" <= word <= "\u9fff" else 0)
    return free


def _runs(text: str, free: list[int]) -> Iterator[str]:
    """What no table knows, at least two characters of it side by side."""
    start = 0
    for at in range(len(text) + 1):
        if at < len(text) and free[at]:
            continue
        if at - start > 1 and free[start:at].count(2) > 1:
            yield text[start:at]
        start = at + 1


_DIGITS = {character: number for number, character in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}


def digits(text: str) -> str:
    """三 → 3, 十二 → 12, 二十 → 20, 一百零五 → 105, 一五〇二 → 1502; digits stay."""
    if text.isascii():
        return text.lstrip("0") or "0"
    if not _UNITS.keys() & set(text):
        return "".join(str(_DIGITS[character]) for character in text)
    total, last = 0, 0
    for character in text:
        if unit := _UNITS.get(character):
            total += (last or 1) * unit
            last = 0
        else:
            last = _DIGITS[character]
    return str(total + last)
