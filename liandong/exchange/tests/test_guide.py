"""What the guide tells an integrator to type works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config.documents import ROOT
from liandong.exchange.tests.served import Served
from liandong.exchange.tests.speaking import keeps

GUIDE = (ROOT / "docs/guides/api.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_the_lines_of_the_guide_run_as_they_stand(served: Served, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl on this machine")
    script = "set -euo pipefail\n" + "\n".join(blocks("bash"))
    env = {**os.environ, "LIANDONG": served.url, "TOKEN": served.tokens["hot"]}
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=env, check=False, text=True, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr
    keeps("order-accepted", json.loads((tmp_path / "accepted.json").read_text()))
    keeps("transfer", json.loads((tmp_path / "transfer.json").read_text()))
    assert '"status":201' in done.stdout
    assert '"code":"code_unknown"' in done.stdout


def test_the_problem_shown_in_the_guide_is_one() -> None:
    for block in blocks("json"):
        keeps("problem", json.loads(block))


def test_what_the_guide_refers_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", GUIDE):
        assert (ROOT / "docs/guides" / link).exists(), link
