"""How a clock looks: time left or over, and whether it is calm, in its last third, or over. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LAST_THIRD = 3


@dataclass(frozen=True, slots=True)
class Face:
    """`state` is `calm`, `soon` or `over`; `text` is Chinese, to the minute, in seconds below two minutes."""

    state: str
    text: str


def face(started: datetime, due: datetime, now: datetime) -> Face:
    """The face at `now` of a clock that runs from `started` to `due`; the due moment itself is over."""
    left = due - now
    if left <= timedelta(0):
        return Face("over", f"超时 {span(-left)}")
    state = "soon" if left * LAST_THIRD <= due - started else "calm"
    return Face(state, f"剩 {span(left)}")


def span(length: timedelta) -> str:
    """`2天3小时`, `1小时20分`, `5分`, `45秒`: two units at most, rounded down: nobody is promised too much."""
    seconds = int(length.total_seconds())
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if seconds < 120:
        return f"{seconds}秒"
    parts = [f"{days}天" if days else "", f"{hours}小时" if hours else "", f"{minutes}分" if minutes else ""]
    return "".join([part for part in parts if part][:2])
