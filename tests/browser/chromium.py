"""The browser of the tests: Chromium's headless shell, which is the same engine without the frame of a browser round it
and needs half the time, or else the machine's own Chromium.

`python -m tests.browser.chromium` installs it (root on Debian only) with type for Chinese; `make test` does the same
before it starts. Where that cannot be done the browser tests are skipped and say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

SHELL = "chromium-headless-shell"
WHOLE = ("chromium", "chromium-browser", "google-chrome")
NAMES = (SHELL, *WHOLE)
# For figures and pictures: the frame is part of what people wait for, and only the whole one speaks Chinese.
AS_PEOPLE_HAVE = (*WHOLE, SHELL)
TYPE = "fonts-noto-cjk"
# In this order; the second where a Debian has no package of the first.
PACKAGES = ((SHELL, TYPE), ("chromium", "chromium-l10n", TYPE))
# What the browser itself writes (an empty date, say) is Chinese too, as at a desk.
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
# A mirror that does not answer is soon given up, as there may be a browser to go on with.
APT = ["apt-get", "-qq", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"]


def found(names: tuple[str, ...] = NAMES) -> str | None:
    """Where the first of the browsers is that is there, None when there is none."""
    return next((path for name in names if (path := shutil.which(name))), None)


def ready() -> str:
    """Install the browser if it is missing and can be had; a sentence about what the tests will find."""
    if found((SHELL,)) is not None:
        return f"browser: {found()}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        why = f"as root on Debian: apt-get install {' '.join(PACKAGES[0])}"
    else:
        why = _install()
    if found() is None:
        return f"browser: none, its tests are skipped ({why})"
    return f"browser: {found()}" + (f", the slow one ({why})" if why else "")


def _install() -> str:
    """Why it failed, empty when there is a browser now."""
    why = _apt("update")
    for packages in PACKAGES:
        if found() is not None and packages != PACKAGES[0]:
            break  # the one that is there will do
        why = _apt("install", "--yes", "--no-install-recommends", *packages)
        if not why:
            break
    return why


def _apt(*command: str) -> str:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run([*APT, *command], env=env, stdout=subprocess.DEVNULL, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return f"apt-get {command[0]} took longer than {LONGEST} s"
    return f"apt-get {command[0]} failed" if done.returncode else ""


if __name__ == "__main__":
    print(ready())
    sys.exit(found() is None)
