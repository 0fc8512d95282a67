"""`liandong routing pairs`: a table of pairs in, a table of answers out."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from liandong.routing import commands

ROOT = Path(__file__).resolve().parents[3]
TABLE = 'id,a,b\n1,和平小区3号楼停水了,和平小区三号楼没水一天了\n2,和平小区3号楼停水,"光明小区""停水""\n快来"\n'


def run(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> int:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    return commands.main(["pairs"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_each_pair_is_answered_and_other_columns_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    assert run(monkeypatch, TABLE.encode(encoding)) == 0
    said = capsys.readouterr()
    head, one, two = said.out.splitlines()
    assert head == "id,same,score"
    assert one.startswith("1,1,0.")
    assert two.startswith("2,0,0.")
    assert ("GB18030" in said.err) == (encoding == "gb18030")


def test_labels_of_the_input_give_way_and_a_word_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "same,b,a,备注\n1,停水,停电,甲\n".encode()) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "备注,same,score"
    assert said.out.splitlines()[1].startswith("甲,0,")
    assert "same" in said.err


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "空"),
        ("a,note\n停水,停电\n".encode(), "缺少列 b"),
        (b"a,b\nx\0,y\n", "NUL"),
        ('a,b\n"停水,停电\n'.encode(), "双引号"),
        (b"a,b\n", "没有数据行"),
        (b"\xff\xfea\x00,\x00", "NUL"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_sentence_and_nothing_goes_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], raw: bytes, word: str
) -> None:
    assert run(monkeypatch, raw) == 2
    said = capsys.readouterr()
    assert word in said.err
    assert said.out == ""


def test_it_needs_neither_database_nor_django() -> None:
    barred = (
        "import sys; sys.modules['django'] = None; from config.cli import main; sys.exit(main(['routing', 'pairs']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", barred],
        input=TABLE.encode(),
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().startswith("id,same,score\n1,1,")
