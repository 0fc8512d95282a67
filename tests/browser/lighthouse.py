"""Ask Lighthouse (of npm) what it thinks of one page, as the person whose session is given sees it at a desk."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from tests.browser.chromium import FLAGS, found
from tests.node import TOOLS, node

PATIENCE = 240  # seconds for one page on a busy machine


def report(address: str, session: str, *categories: str) -> dict[str, Any]:
    """Its report on the page, judged by `categories` ("accessibility", "performance" …). Raises CalledProcessError."""
    command = [
        *(node(), str(TOOLS / "lighthouse" / "cli" / "index.js"), address),
        *("--quiet", "--output=json", "--preset=desktop", f"--only-categories={','.join(categories)}"),
        f"--extra-headers={json.dumps({'Cookie': 'sessionid=' + session})}",
        f"--chrome-flags=--headless=new {' '.join(FLAGS)}",
    ]
    env = {**os.environ, "CHROME_PATH": str(found())}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE, check=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def marks(said: dict[str, Any]) -> dict[str, float]:
    """The score of each category, 1 is full."""
    return {name: category["score"] for name, category in said["categories"].items()}
