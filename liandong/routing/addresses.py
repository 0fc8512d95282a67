"""Which part of a place, whose, and how many: details by which two notes of one place differ. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from liandong.routing.gazetteer import digits

_NUMBER = "[0-9]{1,4}|[零一二三四五六七八九十百]{1,5}"
# What is numbered, and how it stands after the number.
_COUNTED = (
    ("楼", "号楼|栋|幢|座楼|#楼|号宿舍"),
    ("单元", "单元"),
    ("层", "层|楼(?![道梯栋顶])"),
    ("院", "号院"),
    ("排", "排"),
    ("期", "期"),
    ("班", "班(?!车)"),
    ("组", "组|队|车间|大队"),
    ("路", "路(?:公交|车|站)|(?<=[0-9])路"),
    ("中", "中(?![间午心秋旬])"),
    ("学校", "小学|小(?![时区学孩店卖]|朋友)|幼|校区|分校"),
    ("院区", "医院|院区"),
    ("村", "村"),
    ("街", "大街|街|马路|道巷|道街|胡同"),
    ("标段", "标段|标"),
    ("厂", "厂|矿|场|食堂|餐厅|分店"),
    ("台", "号(?:窗口|桌|台|看台|线|机|井|库|泵|站|池|矿|门|口|坑|塔|棚|炉)|站(?![起在着])"),
    ("号", "号|#"),
)
_KINDS = tuple(kind for kind, _ in _COUNTED)
_NUMBERED = re.compile(rf"(?<![0-9月初])({_NUMBER})\s*(?:{'|'.join(f'({form})' for _, form in _COUNTED)})")
# The numbers of the desks themselves are no rooms.
_ROOM = re.compile(r"(?<![0-9-])(?!1[12][0-9](?![0-9])|12345)([0-9]{3,4})(?![0-9元块米斤年-])")
_CHAIN = re.compile(r"([0-9]{1,3})\s*[-－–—]\s*([0-9]{1,2})(?:\s*[-－–—]\s*([0-9]{3,4}))?")
_SECTION = re.compile("([a-f])(?:座|区|栋|楼|馆|口|段|库|(?=[0-9]{1,2}))|([甲乙丙丁])(?:楼|座|栋|区)")
# Words of a pair, of which a thing has one: 东门 is not 西门, and 前院 not 后院. What stands behind says of what.
_SIDE = re.compile(
    "([东西南北])(侧|面|边|头|角|区|院|楼|排|门|口|广场|校区|关|站|部|塔|街|路|大街|巷|座|库|厅|馆|墙|房|坡|岸|桥)|"
    "([前后])(院|楼|排|门|座|街|巷)|([老新])(楼|院|区|桥|街|城|村|校|厂|馆|房|宿舍)|([大中小])(班)|([上下])(铺|游|行)|([初高])(中)"
)
_ONE_SIDE = {"面": "侧", "边": "侧", "头": "侧", "角": "侧", "大街": "街"}
_PARTS = re.compile(
    "住院|门诊|急诊|病房|老干楼|教学楼|实验楼|宿舍|办公楼|综合楼|行政楼|裙楼|主楼|副楼|配楼|塔楼|公寓楼|商住楼|培训楼|楼顶|天台|车库|图书馆|博物馆|体育馆|游泳馆|篮球|初中部|高中部|小学部|地下室|地库|顶层|商铺|门脸|"
    "厨房|卫生间|厕所|阳台|客厅|电梯|楼道|食堂|操场|单元门|外墙|大厅|车棚"
)
_COLOURS = re.compile(
    "[红黑白蓝黄绿灰紫粉](?=色?(?:的|壳|车|摩托|轿|面包|衣|裙|裤|袄|鞋|罐|狗|猫|桶|帽|包|皮卡|越野|夹克|衬衫|头发))"
)
# Of one's own family and house; a stranger on the line speaks of 孩子 and 老人 and is not here.
_KIN = re.compile(
    "(儿子|我儿|我娃)|(女儿|闺女)|(孙子)|(孙女)|(老婆|媳妇|妻子)|(老公|丈夫)|(前夫)|(我爸|父亲|爹)|(我妈|母亲|我娘)|(爷爷|姥爷)|"
    "(奶奶|姥姥)|(侄)|(弟)|(我哥|哥哥|大哥|堂哥|表哥)|(姐夫)|(我姐|姐姐)|(妹)|([大二三我]姨)|(舅)|(叔)|(亲家)|(婆婆)|(同学)|(同事)|"
    "(房东)|(租户|租客)|(儿媳)|(对门)|(邻居)"
)
_AMOUNT = re.compile(
    "([0-9]+(?:[.][0-9]+)?|[零一二三四五六七八九十两百千]+)([万千百])?(?![零一二三四五六七八九十两百千路街村道中])"
)


@dataclass(frozen=True, slots=True)
class Address:
    """`numbers` and `sides`: of what → which; the others as they stand; `amounts` without one and two."""

    numbers: dict[str, frozenset[str]]
    sides: dict[str, frozenset[str]]
    parts: frozenset[str]
    colours: frozenset[str]
    kin: frozenset[str]
    amounts: frozenset[str]


@lru_cache(maxsize=4096)
def address(text: str) -> Address:
    """Details the text (in small letters) names, written out numbers as digits."""
    return Address(
        _gather(_numbers(text)),
        _gather(_sides(text)),
        frozenset(_PARTS.findall(text)),
        frozenset(_COLOURS.findall(text)),
        frozenset(str(match.lastindex) for match in _KIN.finditer(text)),
        frozenset(_amounts(text)),
    )


def _gather(found: Iterator[tuple[str, str]]) -> dict[str, frozenset[str]]:
    kinds: dict[str, set[str]] = {}
    for kind, value in found:
        kinds.setdefault(kind, set()).add(value)
    return {kind: frozenset(values) for kind, values in kinds.items()}


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    for match in _NUMBERED.finditer(text):
        yield _KINDS[(match.lastindex or 2) - 2], digits(match[1])
    for match in _ROOM.finditer(text):
        yield "室", match[1]
    for match in _CHAIN.finditer(text):
        for kind, number in zip(("楼", "单元", "室"), match.groups(), strict=True):
            if number:
                yield kind, digits(number)
    for match in _SECTION.finditer(text):
        yield "区", (match[1] or match[2]).upper()


def _sides(text: str) -> Iterator[tuple[str, str]]:
    for match in _SIDE.finditer(text):
        which, what = (group for group in match.groups() if group)
        yield _ONE_SIDE.get(what, what), which


def _amounts(text: str) -> Iterator[str]:
    for match in _AMOUNT.finditer(text):
        number = match[1] if "." in match[1] else digits(match[1])
        if number not in ("0", "1", "2"):
            yield number + (match[2] or "")
