"""A version as a file: what was written is read back, and what cannot be taken is named by its line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.routing import sheet
from liandong.routing.items import FIELDS, LABELS, ItemValues, faults

GOOD = ItemValues(
    "P01", "治安", "聚众赌博", "110", "divert", signals=("赌博",), examples=("有人赌博", "打牌赌钱", "开设赌场")
)
LINE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"], exclude_characters="|=+-@"), max_size=9)
SOLID = LINE.filter(bool)
ITEM = st.builds(
    ItemValues,
    code=st.from_regex(r"[A-Z][0-9]{2,6}", fullmatch=True),
    class_name=SOLID,
    text=SOLID,
    side=st.just("110"),
    kind=st.sampled_from(["divert", "danger", "clue", "mediate"]),
    unit_type=LINE,
    exceptions=LINE,
    legal_basis=LINE,
    clause=st.sampled_from(["", "S3.1", "S3.4"]),
    signals=st.lists(SOLID, max_size=4, unique=True).map(tuple),
    examples=st.lists(SOLID, min_size=3, max_size=5, unique=True).map(tuple),
)


@given(st.lists(ITEM, min_size=1, max_size=6, unique_by=lambda item: item.code))
def test_what_was_written_is_read_back(items: list[ItemValues]) -> None:
    assert [faults(item) for item in items] == [{}] * len(items)
    assert sheet.parse("甲.csv", sheet.write("2026-2", items)) == sheet.Sheet(tuple(items), ())


def test_a_file_saved_by_a_spreadsheet_in_gbk_is_read_too() -> None:
    content = sheet.write("2026-2", [GOOD]).decode("utf-8-sig").replace("\n", "\r\n").encode("gbk")
    assert sheet.parse("甲.csv", content).items == (GOOD,)


def lines(*items: ItemValues) -> list[str]:
    return sheet.write("2026-2", items).decode("utf-8-sig").splitlines()


def problems(*given: str) -> tuple[str, ...]:
    return sheet.parse("甲.csv", "\n".join(given).encode()).problems


def test_every_line_that_cannot_be_taken_is_named_with_its_reason() -> None:
    bad = [
        replace(GOOD, code="P02", kind="teleport"),
        replace(GOOD, code="P03", examples=GOOD.examples[:2]),
        replace(GOOD, code="p4"),
        replace(GOOD, code="P05", side="119"),
        replace(GOOD, code="P06", side="12345", kind="danger"),
        GOOD,
    ]
    said = problems(*lines(GOOD, *bad))
    assert [one.split("：")[0] for one in said] == [
        "甲.csv 第3行 kind",
        "甲.csv 第4行 examples",
        "甲.csv 第5行 code",
        "甲.csv 第6行 side",
        "甲.csv 第7行 kind",
        "甲.csv 第8行 code",
    ]
    assert "现有2个" in said[1]
    assert "与第2行重复" in said[5]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "缺少列"),
        (["version,code"], "缺少列：class、text"),
        ([lines(GOOD)[0] + ",extra"], "多出列：extra"),
        ([lines(GOOD)[0]], "没有条目"),
        ([lines(GOOD)[0], "2026-2,P01"], "第2行 整行：列数与表头不一致"),
        ([lines(GOOD)[0], lines(GOOD)[1] + ",再多一列"], "列数与表头不一致"),
        ([lines(GOOD)[0], '2026-2,"P01'], "不是有效的 CSV"),
        ([*lines(GOOD), lines(replace(GOOD, code="P02"))[1].replace("2026-2", "2023-1")], "多个版本（2026-2、2023-1）"),
    ],
)
def test_a_file_of_another_shape_is_refused_in_words(given: list[str], said: str) -> None:
    assert said in problems(*given)[0]


@given(st.binary(max_size=300))
def test_no_file_makes_it_stumble(content: bytes) -> None:
    found = sheet.parse("甲.csv", content)
    assert found.items or found.problems


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("text", "", "不能为空"),
        ("text", "字" * 201, "超过200个字符"),
        ("text", "一\n二", "控制字符"),
        ("text", "=HYPERLINK(1)", "公式"),
        ("clause", "三（三）", "条款编号"),
        ("signals", ("赌博", "赌博"), "重复"),
        ("signals", ("字" * 31,), "超过30个字符"),
        ("examples", ("甲", "乙", "甲"), "重复"),
        ("examples", ("甲|乙", "丙", "丁"), "含有“|”"),
        ("examples", ("字" * 501, "丙", "丁"), "第1个例句超过500个字符"),
    ],
)
def test_what_is_wrong_with_an_item_is_said_by_its_field(field: str, value: Any, said: str) -> None:
    found = faults(replace(GOOD, **{field: value}))
    assert list(found) == [field]
    assert said in found[field]


def test_every_field_has_a_name_for_people() -> None:
    assert set(LABELS) == set(FIELDS)
