"""Ask Lighthouse (of npm) what it thinks of one page, as the person whose session is given sees it at a desk.

Its preset for desktops: a window of 1350 × 940, the page loaded without a cache, its times as they would be over a line
of 40 ms and 10 Mbit/s (reckoned from what was really asked for), the processor as it is. A processor that does other
work at the same time costs marks, so who judges by speed asks several times.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.browser.chromium import FLAGS, NAMES, found
from tests.node import TOOLS, node

PATIENCE = 240  # seconds for one page on a busy machine
# What Playwright gives its browsers too: a small /dev/shm ends a tab.
MORE_FLAGS = ("--headless=new", "--disable-dev-shm-usage")
# The same window without what is waited for so that speed can be judged; a page that paints nothing is soon given up.
WITHOUT_SPEED = {
    "extends": "lighthouse:default",
    "settings": {
        "formFactor": "desktop",
        "screenEmulation": {"mobile": False, "width": 1350, "height": 940, "deviceScaleFactor": 1, "disabled": False},
        **dict.fromkeys(("pauseAfterFcpMs", "pauseAfterLoadMs", "networkQuietThresholdMs", "cpuQuietThresholdMs"), 0),
        "maxWaitForFcp": 5000,
        "disableFullPageScreenshot": True,
    },
}


class GaveUp(Exception):
    """Lighthouse came to no judgement; the sentence says why."""


def report(address: str, session: str, *categories: str, browsers: tuple[str, ...] = NAMES) -> dict[str, Any]:
    """Its report on the page, judged by `categories` ("accessibility", "performance" …), in the first of `browsers`
    that is there. Raises GaveUp."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.json"
        config.write_text(json.dumps(WITHOUT_SPEED), encoding="utf-8")
        command = [
            *(node(), str(TOOLS / "lighthouse" / "cli" / "index.js"), address),
            "--preset=desktop" if "performance" in categories else f"--config-path={config}",
            *("--quiet", "--output=json", f"--only-categories={','.join(categories)}"),
            f"--extra-headers={json.dumps({'Cookie': 'sessionid=' + session})}",
            f"--chrome-flags={' '.join([*MORE_FLAGS, *FLAGS])}",
        ]
        env = {**os.environ, "CHROME_PATH": str(found(browsers))}
        try:
            done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired as why:
            raise GaveUp(f"no report within {PATIENCE} s") from why
    if done.returncode != 0:
        raise GaveUp(f"exit code {done.returncode}: {(done.stderr or done.stdout).strip()[-400:]}")
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def marks(said: dict[str, Any]) -> dict[str, float]:
    """The score of each category, 1 is full."""
    return {name: category["score"] for name, category in said["categories"].items()}
