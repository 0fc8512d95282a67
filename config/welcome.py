"""What `liandong up` says once the pages answer: one address and who may sign in."""

from __future__ import annotations

import csv
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

COLUMNS = {"username": "账号", "name": "姓名", "post": "岗位", "place": "单位"}
SHOWN = 12


def text(address: str, pack: Path | None, logs: Path) -> str:
    """The greeting; with the demo sign-ins of the city pack in the try mode (`pack` None: without)."""
    lines = ["", f"联动系统已启动：{address}", ""]
    if pack is not None:
        lines += list(_sign_ins(pack))
    lines += [f"日志在 {logs}，按 Ctrl-C 停止。", ""]
    return "\n".join(lines)


def _sign_ins(pack: Path) -> Iterable[str]:
    people, city = pack / "people.csv", pack / "city.toml"
    if not people.exists() or not city.exists():
        return
    password = tomllib.loads(city.read_text(encoding="utf-8")).get("demo_password")
    if not password:
        return
    posts, desks, units = (_names(pack / f"{name}.csv") for name in ("posts", "desks", "units"))
    with people.open(encoding="utf-8-sig", newline="") as rows:
        table = [
            {
                **row,
                "post": posts.get(row["post"], row["post"]),
                "place": desks.get(row["desk"]) or units.get(row.get("unit") or "") or row["desk"],
            }
            for row in csv.DictReader(rows)
        ]
    yield f"演示账号（口令都是 {password}）："
    yield from _aligned([COLUMNS, *table[:SHOWN]], list(COLUMNS))
    if len(table) > SHOWN:
        yield f"  其余 {len(table) - SHOWN} 个账号见 {people}"
    yield ""


def _names(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as rows:
        return {row["code"]: row["name"] for row in csv.DictReader(rows)}


def _aligned(rows: Sequence[dict[str, str]], columns: Sequence[str]) -> Iterable[str]:
    widths = {column: max(_width(row[column]) for row in rows) for column in columns}
    for row in rows:
        cells = (row[column] + " " * (widths[column] - _width(row[column])) for column in columns)
        yield ("  " + "  ".join(cells)).rstrip()


def _width(cell: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in cell)
