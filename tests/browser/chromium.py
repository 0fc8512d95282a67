"""The browser of the tests: the machine's own Chromium, or Debian's, installed when that is possible.

`python -m tests.browser.chromium` installs it (root on Debian only) with type for Chinese; `make test` does the same
before it starts. Where that cannot be done the browser tests are skipped and say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
# With its translations: what the browser itself writes (an empty date, say) is Chinese too, as at a desk.
PACKAGES = ("chromium", "chromium-l10n", "fonts-noto-cjk")
CHINESE = {"LANGUAGE": "zh_CN"}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--lang=zh-CN",
]
LONGEST = 900  # seconds an installation may take


def found() -> str | None:
    """Where the browser is, None when there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def ready() -> str:
    """Install the browser if it is missing and can be had; a sentence about what the tests will find."""
    if found() is not None:
        return f"browser: {found()}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return "browser: none, its tests are skipped (as root on Debian: apt-get install chromium fonts-noto-cjk)"
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        try:
            done = subprocess.run(
                ["apt-get", "-qq", *command],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.DEVNULL,
                timeout=LONGEST,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"browser: none, its tests are skipped (apt-get {command[0]} took longer than {LONGEST} s)"
        if done.returncode != 0:
            return f"browser: none, its tests are skipped (apt-get {command[0]} failed)"
    return f"browser: {found()}"


if __name__ == "__main__":
    print(ready())
    sys.exit(found() is None)
