"""What a replay came to as spreadsheets: its figures, and the orders shown as examples. No personal data in either."""

from __future__ import annotations

from collections.abc import Iterable

from liandong.audit.by import By
from liandong.hindsight.models import Replay
from liandong.hindsight.pages.figures import DAYS, Figures
from liandong.kernel.ids import CITY_ZONE
from liandong.kernel.sheets import Cell, Column, Sheet, write_sheet


def figures_sheet(by: By, found: Replay, made: Figures) -> Sheet:
    """One line a figure: which part, of what, which count."""
    columns = [Column("部分", 14), Column("对象", 46), Column("改为", 46), Column("指标", 18), Column("件数", 10)]
    return write_sheet(
        title=_title(found), about=_about(found), mark=_mark(by, found), columns=columns, rows=_figures(made)
    )


def orders_sheet(by: By, found: Replay, made: Figures) -> Sheet:
    """The examples the reader may see."""
    titles = {
        "单号": 26,
        "受理时间": 17,
        "属地": 12,
        "变化": 16,
        "归口": 30,
        "条目": 50,
        "承办单位": 40,
        "移交结果": 10,
        "理由": 60,
    }
    rows = (
        (one.number, one.at, one.county, one.what, one.way, one.items, one.units, one.state, one.why)
        for one in made.samples
        if one.number
    )
    columns = [Column(title, width) for title, width in titles.items()]
    return write_sheet(
        title=f"{_title(found)}（示例单）", about=_about(found), mark=_mark(by, found), columns=columns, rows=rows
    )


def _title(found: Replay) -> str:
    return f"清单{found.list_version.code}变更仿真"


def _about(found: Replay) -> list[str]:
    moment = f"{found.asked_at.astimezone(CITY_ZONE):%Y-%m-%d %H:%M}"
    return [
        f"回放期间：{found.since}至{found.until}，共{found.result['orders']}件，其中结果改变{found.result['moved']}件",
        f"发起：{found.asked_name}，{moment}；条目内容SM3：{found.sm3}",
        f"对照：当时施行的清单{'、'.join(sorted(found.result['versions']))}",
    ]


def _mark(by: By, found: Replay) -> str:
    return f"{by.name}导出，清单{found.list_version.code}仿真{found.pk}"


def _figures(made: Figures) -> Iterable[tuple[Cell, ...]]:
    for what, count in made.whats:
        yield "合计", "", "", what, count
    for before, after, count in made.sides:
        yield "归口", before, after, "件数", count
    for part, lines in (("条目", made.items), ("属地", made.counties)):
        for line in lines:
            for label, count in zip(made.labels, line.counts, strict=True):
                if count:
                    yield part, line.before or line.name, line.after, label, count
    for part, parties in (("归口方", made.desks), ("承办单位", made.units)):
        for one in parties:
            yield part, one.name, "", "减少", one.lost
            yield part, one.name, "", "增加", one.gained
            for hour, count in sorted(one.hours.items(), key=lambda pair: int(pair[0])):
                yield part, one.name, "", f"{DAYS[int(hour) // 24]}{int(hour) % 24}时净增减", count
    for delay in made.delays:
        yield "险情", delay.label, f"中位数{delay.median}，最多{delay.most}" if delay.known else "", "件数", delay.count
