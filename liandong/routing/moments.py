"""When, as far as a note says; and whether the matter is over, was told before, came anew, or is set apart. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# How far back a word of time lies, in days.
_AGES: tuple[tuple[int, str], ...] = (
    (
        0,
        "今天|今早|今晚|今儿|今日|今晨|今夜|刚才|刚刚|现在|此刻|这会儿|正在|这几天|这两天|眼下|当下|如今|本周|这周|这礼拜|这星期|"
        "这个月|本月|这回|这次|这学期|这个冬天|这个夏天|今年",
    ),
    (1, "昨天|昨晚|昨夜|昨儿|昨日|头天"),
    (2, "大?前[天日儿晚夜]|前[几两]天|那天"),
    (7, "上周|上礼拜|上星期|周[一二三四五六日]|(?:星期|礼拜)[一二三四五六日天]|[一两几]周前"),
    (30, "上个?月|[几两三半]个?月前|月[初底]|[一二三四五六七八九十]{1,2}月|[0-9]{1,2}月"),
    (
        90,
        "春天|夏天|秋天|冬天|入[秋冬]|开春|春节|清明|五一|端午|六一|[暑寒]假|中秋|国庆|立冬|冬至|元旦|年前|年初|过完年|过年|"
        "初[一二三四五六七八九十]|十五晚|正月|腊月|上学期|上届",
    ),
    (365, "大?[去前]年|旧年|往年|那年|早年|头年|[两三四五几]年前"),
)
_WHEN = tuple((age, re.compile(words)) for age, words in _AGES)
_OVER = re.compile(
    "处理完|修好|修通|换[成了]新|修了|解决了|处理了|发清|结清|结案|结了|立过案|[拉清]走了|清理了|取过样|到账|到位|"
    "(?:他|对方|都|已经|老板)赔|赔过|赔完|赔了[我一二三四五六七八九两]|打了药|打过针|追回|写了协议|签过字|调解|私了|扑灭|验收|合格|"
    "补[发过上]|找[着到]了|[领取]回|疏导开|重建|查清|抢修|换[好了]|治好|出院|已经?.{0,3}(?:好了|完了|清了|办完|修|换|结|发放|查清)|"
    "当[晚天日].{0,3}(?:好|找|修)|着过|发生过|出过|反映的.{0,8}换|那[次回年起]|整改过|修过|填了|自己回来|查了|扣了车|通报过"
)
_AGAIN = re.compile(
    "刚才[报打说]|刚[报打反]|我又[来问打报]|还是(?:那|我|刚|上|前|昨)|上次|上回|那个单|那单|单号|工单|再[报催打反举]|催|报过|打过|说过|"
    "反映过|投诉过|登记过|来说过|你们[说联查让]|等了|到[今现][天在]|还[没不在]|没人来|没来|没下文|进度|第[二三四五]次|是我|"
    "老[\u4e00-\u9fff](?:家|头)?[，。]"
)
_APART = re.compile(
    "不是[^，。]{1,6}[那这][起个家条只回次栋]|跟[^，。]{1,8}(?:不沾边|不一样|不是一|隔|没谈)|另外?[一两几]|不沾边|不是一家|"
    "隔着?[一两三四五]|换了(?:[一两几]?[桌拨批家]|人)|别的|隔壁那|不是楼|是另|在另|比那"
)
_ANEW = re.compile(
    "这[次回]|又一|又[开爆来堵着掉塌没坏断变不让被]|同一|新来的|新的?[一项]|还是那[家辆]|照样|再次|又[^，。]{0,4}了|今年又"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """`words` of time and their `ages` in days; the rest: the words that mark it, or ""."""

    words: frozenset[str]
    ages: frozenset[int]
    over: str
    again: str
    apart: str
    anew: str


@lru_cache(maxsize=4096)
def moment(text: str) -> Moment:
    """What the text says of when."""
    found = {word: age for age, pattern in _WHEN for word in pattern.findall(text)}
    marks = (_mark(pattern, text) for pattern in (_OVER, _AGAIN, _APART, _ANEW))
    return Moment(frozenset(found), frozenset(found.values()), *marks)


def _mark(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[0] if found else ""
