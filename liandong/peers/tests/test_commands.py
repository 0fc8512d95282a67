"""The commands at a terminal: keys, a chain out of the database, and its check without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from liandong.audit.models import Event
from liandong.kernel.errors import NotFound
from liandong.kernel.keys import FolderKeys, PublicKeys
from liandong.peers.actions import export_chain
from liandong.peers.chain import check_chain
from liandong.peers.commands import BROKEN, DONE, REFUSED, main
from liandong.peers.tests.published import PUBLIC
from liandong.peers.tests.test_chain import HOMES, NUMBER, STEPS, bare, signed
from tests.cast import COUNTY, SUPERVISOR, fresh, hand_over, new_order, step

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    file = tmp_path / "chain.jsonl"
    file.write_bytes(b"".join(line + b"\n" for line in bare(STEPS)))
    return file


def test_keys_are_made_once_and_listed_with_their_fingerprint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANDONG_KEYS", str(tmp_path / "keys"))
    assert main(["keys", "make", "xz12345-2026"]) == DONE
    made = capsys.readouterr().out
    assert FolderKeys(tmp_path / "keys").public("xz12345-2026") in made
    assert "PRIVATE" not in made
    assert main(["keys", "make", "xz12345-2026"]) == REFUSED
    assert "已存在" in capsys.readouterr().err
    assert main(["keys", "list"]) == DONE
    key, fingerprint = capsys.readouterr().out.strip().split("  ")
    assert key == "xz12345-2026"
    assert fingerprint in made
    assert main(["keys", "make", "../x"]) == REFUSED


def test_a_chain_is_checked_and_the_broken_line_told(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(exported)]) == DONE
    assert f"移交{NUMBER}共8步" in capsys.readouterr().out
    exported.write_bytes(exported.read_bytes().replace("再办".encode(), "在办".encode()))
    assert main(["verify", str(exported), "--json"]) == BROKEN
    found = json.loads(capsys.readouterr().out)
    assert (found["intact"], found["broken_line"], found["code"], found["steps"]) == (False, 7, "hash_wrong", 6)
    assert main(["verify", str(exported.with_name("nowhere"))]) == REFUSED
    assert "无法读写" in capsys.readouterr().err


def test_signatures_are_checked_with_the_keys_of_a_folder(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for home in HOMES.values():
        (tmp_path / f"{home}.pub.pem").write_text(PUBLIC)
    assert main(["verify", str(exported), "--keys", str(tmp_path)]) == BROKEN
    exported.write_bytes(b"\n".join(signed(STEPS)))
    assert main(["verify", str(exported), "--keys", str(tmp_path)]) == DONE
    assert "8步签名有效" in capsys.readouterr().out


def test_a_folder_without_keys_and_a_line_without_end_are_told(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(exported), "--keys", str(tmp_path)]) == REFUSED
    assert "没有公钥文件" in capsys.readouterr().err
    exported.write_bytes(bare(STEPS)[0] + b"\n" + b"x" * (3 * 1024 * 1024))
    assert main(["verify", str(exported), "--json"]) == BROKEN
    found = json.loads(capsys.readouterr().out)
    assert (found["broken_line"], found["code"]) == (2, "too_large")


def test_a_file_is_checked_without_django_and_without_a_database(exported: Path) -> None:
    script = (
        "import sys; from config.cli import main; code = main(['exchange', 'verify', sys.argv[1]]);"
        "assert 'django' not in sys.modules and 'psycopg' not in sys.modules; sys.exit(code)"
    )
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    done = subprocess.run(
        [sys.executable, "-c", script, str(exported)], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "核验通过" in done.stdout


def walked() -> Any:
    row = hand_over(new_order())
    for verb in ("accept", "conclude", "not_solved", "conclude"):
        step(row, verb)
    return fresh(row)


@pytest.mark.usefixtures("city")
def test_a_chain_out_of_the_database_passes_alone_and_whoever_took_it_is_in_the_trail() -> None:
    row = walked()
    lines = export_chain(by=SUPERVISOR, number=row.number)
    found = check_chain(lines, PublicKeys(), head=bytes(row.head).hex())
    assert (found.intact, found.steps, found.state) == (True, 5, row.state)
    event = Event.objects.latest("id")
    assert (event.kind, event.subject) == ("chain.exported", row.matter.number)
    with pytest.raises(NotFound):
        export_chain(by=COUNTY, number=row.number)


@pytest.mark.usefixtures("city")
def test_the_command_writes_what_the_other_one_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row, file = walked(), tmp_path / "chain.jsonl"
    assert main(["export", row.number, "--out", str(file)]) == DONE
    assert main(["verify", str(file), "--head", bytes(row.head).hex()]) == DONE
    assert main(["export", "140900T2026112400000013A", "--out", str(file)]) == REFUSED
    assert main(["export", "no number"]) == REFUSED
    assert "编号有误" in capsys.readouterr().err
