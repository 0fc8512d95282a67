"""`make check`: style, types, storeys, templates, scripts, migrations. Runs them all and names those that failed.

Side by side, as many as there are cores, the longest first; what each said is told in this order.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.node import TOOLS, node

ROOT = Path(__file__).resolve().parent.parent
TYPED = ("config", "liandong", "simulation", "bench", "tests")


def checks() -> dict[str, list[str]]:
    """Name and command of each check. Commands are of this Python's environment."""
    python, here = sys.executable, Path(sys.executable).parent
    typed = [name for name in TYPED if any((ROOT / name).rglob("*.py"))]
    found = {
        "types": [python, "-m", "mypy", *typed],
        "scripts": eslint(),
        "migrations": [
            python,
            "-m",
            "django",
            "makemigrations",
            "--check",
            "--dry-run",
            "--settings",
            "config.settings",
        ],
        "storeys": [python, str(here / "lint-imports"), "--no-cache"],
        "style": [python, "-m", "ruff", "check", "."],
        "format": [python, "-m", "ruff", "format", "--check", "."],
    }
    if any((ROOT / "liandong").rglob("templates/**/*.html")):
        found["templates"] = [python, "-m", "djlint", "liandong", "--lint", "--quiet"]
    return found


def eslint() -> list[str]:
    """The command that looks at our own scripts."""
    return [node(), str(TOOLS / "eslint" / "bin" / "eslint.js"), "--config", "assets/eslint.config.mjs", "."]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """The command with what it said, both streams as one."""
    env = {**os.environ, "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        command, cwd=ROOT, env=env, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def main() -> int:
    failed, found = [], checks()
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        for name, done in zip(found, side_by_side.map(run, found.values()), strict=True):
            if done.returncode != 0:
                failed.append(name)
            print(f"check: {name}\n{done.stdout}", flush=True)
    print("check: " + (f"failed: {', '.join(failed)}" if failed else "all passed"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
