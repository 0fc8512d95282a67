"""`liandong routing …` as somebody runs it: in a pipe, without a database, with tables as people really have them."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from liandong.routing.commands import COLUMNS

ROOT = Path(__file__).resolve().parents[2]
# Without an address of a database and with one that answers to nobody: whoever asks for it fails.
ENV = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "DATABASE"))}


def run(*given: str, put: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "config.cli", "routing", *given]
    return subprocess.run(command, cwd=ROOT, env=ENV, input=put, capture_output=True, timeout=240, check=False)


def table(out: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(out.decode()), strict=True))


def test_notes_go_in_and_decisions_come_out_in_order() -> None:
    long = "我们小区停水，" * 1500
    notes = [
        ("a", "小区停水三天了没人管"),
        ("b", ""),
        ("c", long),
        ("d", '他说："停电了"，\n第二行，逗号,也有'),
        ("e", "😀ＨＥＬＬＯ"),
    ]
    put = io.StringIO()
    csv.writer(put).writerows([("id", "text"), *notes])
    done = run("decide", put=put.getvalue().encode())
    assert (done.returncode, done.stderr) == (0, b"")
    found = table(done.stdout)
    assert tuple(found[0]) == COLUMNS
    assert [row["id"] for row in found] == [number for number, _ in notes]
    assert (found[0]["side"], found[0]["item"]) == ("12345", "B0401")
    assert all(0 <= float(row["confidence"]) <= 1 for row in found)
    assert {row["danger"] for row in found} | {row["lead"] for row in found} <= {"0", "1"}
    assert all(row["reason"] for row in found)


def test_a_table_saved_by_an_office_program_is_read_and_that_is_said() -> None:
    done = run("decide", put="id,text\r\n1,路灯坏了一个月\r\n".encode("gb18030"))
    assert done.returncode == 0
    assert len(table(done.stdout)) == 1
    assert "GB18030" in done.stderr.decode()


def test_a_mark_at_the_head_of_the_file_and_more_columns_do_no_harm() -> None:
    done = run("decide", put="\ufeffid,who,text\n1,甲,路灯坏了一个月\n".encode())
    assert done.returncode == 0
    assert table(done.stdout)[0]["id"] == "1"


@pytest.mark.parametrize(
    ("put", "told"),
    [
        (b"", "空的"),
        (b"\n\n", "空的"),
        (b"id,text\n", "没有数据行"),
        (b"id,words\n1,a\n", "缺少列 text"),
        (b"id,text\n1,a\0b\n", "NUL"),
        ("id,text\n1,停水\n".encode("utf-16"), "NUL"),
        (b"id,text\n1,\xff\xfe\xfd\n", "编码"),
        (b'id,text\n1,"abc\n', "双引号没有闭合"),
        (b"id,text\n1,a,b\n", "列数多于列名"),
        (b"id,text\n1," + b"x" * 1_000_001 + b"\n", "有一格超过"),
    ],
)
def test_a_table_that_cannot_be_taken_is_refused_with_a_sentence_and_nothing_is_written(put: bytes, told: str) -> None:
    done = run("decide", put=put)
    assert (done.returncode, done.stdout) == (2, b"")
    assert told in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize("options", [("--city", "nowhere"), ("--city", "../xinzhou"), ("--day", "2019-01-01")])
def test_a_pack_or_list_that_is_not_there_is_named(options: tuple[str, ...]) -> None:
    done = run("decide", *options, put="id,text\n1,停水\n".encode())
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().strip()


def labelled(path: Path, rows: list[tuple[str, str]], columns: str = "raw_text,label") -> Path:
    put = io.StringIO()
    put.write(f"{columns}\n")
    csv.writer(put, lineterminator="\n").writerows(rows)
    path.write_text(put.getvalue(), encoding="utf-8")
    return path


WATER = ["小区停水两天", "自来水没有了", "水管爆裂停水", "楼上水压太低", "水表走得太快", "水里有沙子"]
BUS = ["公交车不停站", "公交司机态度差", "末班公交太早", "公交站牌坏了", "公交线路绕远", "公交车上没空调"]


def test_the_learner_is_measured_on_any_labelled_file(tmp_path: Path) -> None:
    train = labelled(tmp_path / "train.csv", [(text, "水") for text in WATER] + [(text, "公交") for text in BUS])
    test = labelled(tmp_path / "test.csv", [("停水了", "水"), ("等公交等了一小时", "公交"), ("", "水")])
    columns = ("--text-column", "raw_text", "--label-column", "label")
    done = run("evaluate", "--train", str(train), "--test", str(test), *columns, "--json")
    assert done.returncode == 0
    (line,) = done.stdout.decode().splitlines()
    told = json.loads(line)
    assert (told["accuracy"], told["macro_f1"], told["train"], told["test"]) == (1.0, 1.0, 12, 2)


@pytest.mark.parametrize(
    ("columns", "options", "told"),
    [
        ("raw_text,label", ("--text-column", "words"), "缺少列 words"),
        ("raw_text,label", (), "缺少列 text"),
        ("text,other", (), "缺少列 label"),
    ],
)
def test_a_labelled_file_without_the_column_is_refused(
    columns: str, options: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    file = str(labelled(tmp_path / "one.csv", [("停水了", "水")], columns))
    done = run("evaluate", "--train", file, "--test", file, *options, "--json")
    assert (done.returncode, done.stdout) == (2, b"")
    assert told in done.stderr.decode()


def test_training_and_testing_go_together(tmp_path: Path) -> None:
    file = str(labelled(tmp_path / "one.csv", [("停水了", "水")]))
    assert run("evaluate", "--train", file).returncode == 2
    assert run("evaluate", "--train", file, "--test", str(tmp_path / "missing.csv")).returncode == 2


def test_the_report_is_written_from_what_is_there_and_names_what_is_not(tmp_path: Path) -> None:
    sets, out = tmp_path / "sets", tmp_path / "docs" / "page.md"
    sets.mkdir()
    head = "id,text,side,item_hint,nature,lead,unit_kind,county,trap"
    side = [head, "1,小区停水三天了,12345,B0401,help,0,,,", "2,判决下来不给钱,neither,enforcement,help,0,,140902,"]
    (sets / "side.csv").write_text("\n".join(side) + "\n", encoding="utf-8")
    where = ("--sets", str(sets), "--data", str(tmp_path / "none"), "--out", str(out))
    done = run("evaluate", "--quick", "--folds", "2", *where)
    assert done.returncode == 0, done.stderr.decode()
    page = out.read_text(encoding="utf-8")
    assert "## Side, unit, nature, leads" in page
    assert "## The list on itself" in page
    assert "Absent in this run" in page
    assert all(name in page.split("Absent in this run")[1].split("\n")[0] for name in ("labelled", "danger", "pairs"))
