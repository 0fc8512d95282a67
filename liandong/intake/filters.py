"""What a list of orders is narrowed by: read from an address, written back into one, told in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Protocol
from urllib.parse import urlencode

from liandong.intake.states import ORDER
from liandong.kernel.errors import Invalid
from liandong.kernel.ids import CITY_ZONE

KINDS = {"work": "工单", "police": "警单"}
LISTINGS = {"orders": "全部单", "work": "本台在办"}
LONGEST_CODE = 40
LONGEST_TEXT = 200
# The desk value that stands for every desk the actor may see.
EVERY_DESK = "all"

LABELS = {
    "kind": "单别",
    "state": "状态",
    "nature": "性质",
    "urgency": "紧急程度",
    "division": "属地",
    "desk": "承办台",
    "since": "受理时间起",
    "until": "受理时间止",
    "over": "超时",
    "text": "文字",
}


class Names(Protocol):
    """How codes are called: `names("nature", "help")` is 求助."""

    def __call__(self, table: str, code: str, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """What is empty does not narrow. `since` and `until` are days in the city, both included."""

    kind: str = ""
    state: str = ""
    nature: str = ""
    urgency: str = ""
    division: str = ""
    desk: str = ""
    since: date | None = None
    until: date | None = None
    over: bool = False
    text: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        """Name and value of what narrows, always in the same order: equal filters have equal addresses."""
        found = []
        for name in LABELS:
            value = getattr(self, name)
            if value:
                found.append((name, "1" if value is True else str(value)))
        return found

    def address(self, **more: str) -> str:
        """The query part of an address; `more` is added where it is not empty."""
        return urlencode([*self.pairs(), *((name, value) for name, value in more.items() if value)])

    def described(self, names: Names) -> str:
        """The filter in words; 全部 when nothing narrows."""
        told = []
        for name, value in self.pairs():
            if name == "over":
                told.append("只看超时")
            elif name in ("since", "until", "text"):
                told.append(f"{LABELS[name]} {value}")
            else:
                told.append(f"{LABELS[name]} {names(name, value)}")
        return "；".join(told) or "全部"

    @property
    def begins(self) -> datetime | None:
        return None if self.since is None else _midnight(self.since)

    @property
    def ends(self) -> datetime | None:
        return None if self.until is None else _midnight(self.until + timedelta(days=1))


def read_filter(asked: Mapping[str, str]) -> Filter:
    """The filter an address asks for. Raises Invalid, naming the field, for what cannot be one."""
    codes = {name: _code(asked, name) for name in ("kind", "state", "nature", "urgency", "division", "desk")}
    if codes["kind"] and codes["kind"] not in KINDS:
        raise Invalid("没有这种单别，请重新选择。", field="kind")
    if codes["state"] and codes["state"] not in ORDER.states:
        raise Invalid("没有这种状态，请重新选择。", field="state")
    since, until = _day(asked, "since"), _day(asked, "until")
    if since and until and since > until:
        raise Invalid("受理时间的起日晚于止日，请调整。", field="until")
    text = asked.get("text", "").replace("\0", "").strip()
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"检索文字不得超过{LONGEST_TEXT}个字。", field="text")
    return Filter(**codes, since=since, until=until, over=asked.get("over", "") == "1", text=text)


def is_asked(asked: Mapping[str, str]) -> bool:
    """Whether the address narrows by anything, or chooses columns or a page: then no default view takes its place."""
    return any(name in asked for name in (*(f.name for f in fields(Filter)), "cols", "after", "before", "view"))


def _code(asked: Mapping[str, str], name: str) -> str:
    code = asked.get(name, "").strip()
    if len(code) > LONGEST_CODE or not code.isprintable():
        raise Invalid(f"所选的{LABELS[name]}不存在，请重新选择。", field=name)
    return code


def _day(asked: Mapping[str, str], name: str) -> date | None:
    text = asked.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("日期请按“年-月-日”填写，如 2026-03-01。", field=name) from None
    if not 2000 <= day.year <= 2100:
        raise Invalid("日期超出范围，请检查年份。", field=name)
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=CITY_ZONE)
