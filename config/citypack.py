"""`liandong city load <name>`: brings the rows of `cities/<name>/` into the database, all of them or none.

`liandong city townships <file>` adds the townships and streets of the city, which no pack carries.

Who writes a new area with rows of its own adds one line to LOADERS, after the files its rows point to.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.identity import actions as identity
from liandong.identity.hosting import load_nodes
from liandong.identity.queries import this_node
from liandong.identity.rights import INSTALLER
from liandong.intake import actions as intake
from liandong.kernel import clock
from liandong.kernel.actions import seed_workdays
from liandong.kernel.errors import LiandongError, NotFound
from liandong.kernel.ids import local_day
from liandong.kernel.rows import BadRow, Loaded, Row
from liandong.routing import actions as routing

CITIES = Path(settings.BASE_DIR) / "cities"


class Loader(Protocol):
    """Brings the rows of one file into the database and says how many were new, changed, the same."""

    def __call__(self, *, by: By, rows: Sequence[Row]) -> Loaded: ...


LOADERS: tuple[tuple[str, Loader], ...] = (
    ("divisions.csv", identity.load_divisions),
    ("desks.csv", identity.load_desks),
    ("nodes.csv", load_nodes),
    ("units.csv", identity.load_units),
    ("posts.csv", identity.load_posts),
    ("codes.csv", intake.load_codes),
    ("limits.csv", intake.load_limits),
    ("parameters.csv", intake.load_parameters),
    ("list_versions.csv", routing.load_versions),
    ("list_items.csv", routing.load_items),
    ("duties.csv", routing.load_duties),
    ("guides.csv", routing.load_guides),
    ("notes.csv", routing.load_examples),
    ("natures.csv", routing.load_natures),
)
DEMO_PEOPLE = "people.csv"


@dataclass(frozen=True)
class LoadedCity:
    """What a load did: counts by file, and the years the working calendar does not know yet."""

    name: str
    files: dict[str, Loaded] = field(default_factory=dict)
    unknown_years: list[int] = field(default_factory=list)


def load_city(name: str) -> LoadedCity:
    """Load the pack `name` in one transaction. Raises NotFound (no such pack), BadRow, NodeUnknown."""
    folder = CITIES / name
    facts = _city(folder)
    with transaction.atomic():
        files = {file: load(by=INSTALLER, rows=read_rows(folder / file)) for file, load in LOADERS}
        if settings.TRY_MODE:
            people = read_rows(folder / DEMO_PEOPLE)
            files[DEMO_PEOPLE] = identity.load_people(by=INSTALLER, rows=people, password=facts["demo_password"])
        this_node()  # LIANDONG_NODE is one of them, or nothing is loaded
        year = local_day(clock.now()).year
        unknown_years = seed_workdays(year - 1, year + 1)
        counts = {file: [done.created, done.updated, done.unchanged] for file, done in files.items()}
        detail = {"city": facts["code"], "files": counts}
        record("city.loaded", by=INSTALLER, subject=f"city:{facts['code']}", detail=detail)
    return LoadedCity(facts["name"], files, unknown_years)


def read_rows(path: Path) -> list[Row]:
    """The rows of a CSV file in UTF-8 with a header. Raises BadRow: missing, wrong width."""
    top = Row(path.name, 1, {})
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise top.bad("文件", f"找不到该文件（{path.parent}）") from None
    except UnicodeDecodeError:
        raise top.bad("文件", "不是 UTF-8 编码") from None
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    rows = []
    try:
        for values in reader:
            if None in values or None in values.values():
                raise Row(path.name, reader.line_num, {}).bad("整行", "列数与表头不一致")
            rows.append(Row(path.name, reader.line_num, values))
    except csv.Error as why:
        raise Row(path.name, reader.line_num, {}).bad("整行", f"不是有效的 CSV（{why}）") from None
    return rows


def _city(folder: Path) -> dict[str, Any]:
    path = folder / "city.toml"
    if folder.parent != CITIES or not path.is_file():
        raise NotFound(f"没有城市数据包 {folder.name}（应有文件 cities/{folder.name}/city.toml）。")
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as why:
        raise BadRow(f"city.toml 无法读取：{why}") from None
    needed = ["code", "name", *(["demo_password"] if settings.TRY_MODE else [])]
    if missing := [key for key in needed if not isinstance(facts.get(key), str)]:
        raise BadRow(f"city.toml 缺少 {'、'.join(missing)}")
    return facts


def import_townships(path: Path) -> Loaded:
    """Bring the townships and streets of `path` into the divisions. Raises BadRow, Conflict (no city yet)."""
    rows = read_rows(path)
    if not rows:
        raise Row(path.name, 1, {}).bad("文件", "没有数据行")
    return identity.load_townships(by=INSTALLER, rows=rows, source=f"{path.name}（{local_day(clock.now())}导入）")


def main(argv: Sequence[str]) -> int:
    """Returns the exit status: 0 loaded, 1 refused with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="liandong city", description="城市数据包")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("load", help="装载或更新一个城市的数据").add_argument(
        "name", help="cities/ 下的目录名，如 xinzhou"
    )
    verbs.add_parser("townships", help="导入或更新本市的乡镇、街道").add_argument(
        "file", type=Path, help="UTF-8 编码的 CSV 文件，列为 code,name,county"
    )
    asked = parser.parse_args(argv)
    try:
        return _load(asked.name) if asked.verb == "load" else _townships(asked.file)
    except LiandongError as why:
        print(f"{'未装载' if asked.verb == 'load' else '未导入'}，数据库未改动：{why.message}", file=sys.stderr)
        return 1


def _load(name: str) -> int:
    city = load_city(name)
    print(f"已装载{city.name}：")
    for file, done in city.files.items():
        print(f"  {file:<20} 新增 {done.created}，更新 {done.updated}，未变 {done.unchanged}")
    for year in city.unknown_years:
        print(f"警告：工作日历没有{year}年的数据，该年度的期限无法计算；国务院办公厅公布放假安排后请导入。")
    return 0


def _townships(path: Path) -> int:
    done = import_townships(path)
    print(f"已导入乡镇、街道：新增 {done.created}，更新 {done.updated}，未变 {done.unchanged}")
    return 0
