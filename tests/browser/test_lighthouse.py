"""Lighthouse gives the homes full marks for accessibility and for good practice. Its marks for speed depend on the
machine and belong to the bench."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tests.browser.chromium import FLAGS, found
from tests.browser.conftest import People
from tests.node import TOOLS, node

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 240  # seconds for one page on a busy machine
ASKED = "accessibility,best-practices"


@pytest.mark.parametrize(("username", "path"), [("li-rexian", "/desk/"), ("chen-guanli", "/people/")])
def test_lighthouse_gives_a_home_full_marks(people: People, username: str, path: str) -> None:
    screen = people(username)
    (session,) = [one for one in screen.context.cookies() if one["name"] == "sessionid"]
    command = [
        *(node(), str(TOOLS / "lighthouse" / "cli" / "index.js"), screen.address + path),
        *("--quiet", "--output=json", "--preset=desktop", f"--only-categories={ASKED}"),
        f"--extra-headers={json.dumps({'Cookie': 'sessionid=' + session['value']})}",
        f"--chrome-flags=--headless=new {' '.join(FLAGS)}",
    ]
    env = {**os.environ, "CHROME_PATH": str(found())}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE, check=True)
    said = json.loads(done.stdout)
    assert said["finalDisplayedUrl"] == screen.address + path
    marks = {name: category["score"] for name, category in said["categories"].items()}
    lost = [audit["title"] for audit in said["audits"].values() if audit["score"] == 0]
    assert marks == {"accessibility": 1, "best-practices": 1}, lost
