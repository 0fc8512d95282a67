"""The evaluation sets of routing are whole: they parse, labels are of the agreed kinds, no two notes are alike,
and their README counts what is there.

Plain Python on the files; nothing here judges how well anything routes.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

SETS = Path(__file__).parent / "sets"
PACK = Path(__file__).resolve().parents[2] / "cities" / "xinzhou"
Row = dict[str, str]

HEADERS = {
    "danger": "id,text,danger,class,trap",
    "side": "id,text,side,item_hint,nature,lead,unit_kind,county,trap",
    "pairs": "id,a,b,same,kind",
    "pairs_dev": "id,a,b,same,kind",
    "escalation": "id,text,escalated,trap",
}
COUNTED = {
    "danger": ("danger", "trap", "class"),
    "side": ("side", "lead", "trap", "nature"),
    "pairs": ("same", "kind"),
    "pairs_dev": ("same", "kind"),
    "escalation": ("escalated", "trap"),
}
# What a reader would see at once; a note marked `plain` has none of them.
PLAIN_SPEECH = re.compile(
    "着火|起火|失火|火灾|煤气|燃气|天然气|漏电|触电|爆炸|塌|溺水|落水|淹死|撞|打架|打人|拿刀|持刀|菜刀|砍|捅|杀人|"
    "救命|自杀|跳楼|跳河|不想活|割腕|农药|走失|走丢|丢了孩子|被困|困在|昏迷|晕倒|流血|大出血|抢劫|被抢|小偷|偷东西|"
    "威胁|中毒|绑架|酒驾|醉驾|尾随|跟踪|泥石流|山洪|滑坡|追尾|翻车"
)
SAME_THIRDS = 0.5


def rows(name: str) -> list[Row]:
    with (SETS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def pack(name: str) -> list[Row]:
    with (PACK / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def notes() -> Iterator[tuple[str, str]]:
    """Every text of every set with the id of its row."""
    for name in HEADERS:
        for row in rows(name):
            for column in ("text", "a", "b"):
                if column in row:
                    yield row["id"], row[column]


def thirds(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 3] for at in range(len(text) - 2))


def counted() -> list[str]:
    """The lines of the README's tables, one a value of a counted column."""
    lines = []
    for name, columns in COUNTED.items():
        for column in columns:
            split = columns[0]
            found = Counter((row[column], row[split]) for row in rows(name))
            for value in sorted({value for value, _ in found}):
                parts = " · ".join(f"{split}={by}: {n}" for (v, by), n in sorted(found.items()) if v == value)
                total = sum(n for (v, _), n in found.items() if v == value)
                detail = parts if column != split else ""
                lines.append(f"| {name} | {column} | {value or '–'} | {total} | {detail} |")
    return lines


@pytest.mark.parametrize("name", HEADERS)
def test_a_set_is_utf_8_with_its_header_and_without_carriage_returns(name: str) -> None:
    raw = (SETS / f"{name}.csv").read_bytes()
    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.decode("utf-8").splitlines()[0] == HEADERS[name]
    assert all(None not in row and None not in row.values() for row in rows(name))


@pytest.mark.parametrize("name", HEADERS)
def test_ids_are_unique(name: str) -> None:
    ids = [row["id"] for row in rows(name)]
    assert ids
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("name", "column", "values"),
    [
        ("danger", "danger", {"0", "1"}),
        ("side", "side", {"12345", "110", "neither"}),
        ("side", "lead", {"0", "1"}),
        ("side", "trap", {"", "lead"}),
        ("pairs", "same", {"0", "1"}),
        ("pairs_dev", "same", {"0", "1"}),
        ("escalation", "escalated", {"0", "1"}),
    ],
)
def test_labels_are_of_the_agreed_kinds(name: str, column: str, values: set[str]) -> None:
    assert {row[column] for row in rows(name)} == values


def test_codes_stand_in_the_city_pack() -> None:
    codes = pack("codes")
    known = {
        "item_hint": {row["code"] for row in pack("list_items")}
        | {row["code"] for row in codes if row["code_table"] == "guide"},
        "nature": {row["code"] for row in codes if row["code_table"] == "nature"},
        "county": {row["code"] for row in pack("divisions")},
        "unit_kind": {row["code"] for row in pack("units")},
    }
    unknown = [
        (row["id"], column, row[column])
        for row in rows("side")
        for column, right in known.items()
        if not set(filter(None, row[column].split("|"))) <= right
    ]
    assert unknown == []


def test_a_lead_is_of_the_list_s_class_for_leads_and_no_trap() -> None:
    leads = [row for row in rows("side") if row["lead"] == "1"]
    assert [row["id"] for row in leads if row["side"] != "110" or not row["item_hint"].startswith("A07")] == []
    assert [row["id"] for row in leads if row["trap"]] == []


def test_a_plain_note_has_no_word_that_says_danger_at_once() -> None:
    spoken = [(row["id"], PLAIN_SPEECH.findall(row["text"])) for row in rows("danger") if row["trap"] == "plain"]
    assert [found for found in spoken if found[1]] == []


def test_notes_are_as_long_as_a_call_taker_types() -> None:
    assert [(key, len(text)) for key, text in notes() if not 8 <= len(text) <= 300] == []


def test_no_two_notes_are_alike() -> None:
    """Nor is any like a note or an example of the city pack. The sides of one pair may be: it is their point."""
    texts = list(notes())
    texts += [("pack", row["text"]) for name in ("notes", "natures") for row in pack(name)]
    texts += [("pack", example) for row in pack("list_items") for example in row["examples"].split("|")]
    pieces = [thirds(text) for _, text in texts]
    seen: defaultdict[str, list[int]] = defaultdict(list)
    alike = []
    for later, piece in enumerate(pieces):
        shared = Counter(earlier for third in piece for earlier in seen[third])
        for earlier, both in shared.items():
            if texts[earlier][0] != texts[later][0] and both > SAME_THIRDS * len(piece | pieces[earlier]):
                alike.append((texts[earlier], texts[later]))
        for third in piece:
            seen[third].append(later)
    assert alike == []


def test_the_readme_counts_what_is_there() -> None:
    said = (SETS / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in said if line.startswith(tuple(f"| {name} |" for name in HEADERS))] == counted()
