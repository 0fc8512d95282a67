"""`make check`: style, types, storeys, templates, scripts, migrations. Runs them all and names those that failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.node import TOOLS, node

ROOT = Path(__file__).resolve().parent.parent
TYPED = ("config", "liandong", "simulation", "bench", "tests")


def checks() -> dict[str, list[str]]:
    """Name and command of each check. Commands are of this Python's environment."""
    python, here = sys.executable, Path(sys.executable).parent
    typed = [name for name in TYPED if any((ROOT / name).rglob("*.py"))]
    found = {
        "style": ["-m", "ruff", "check", "."],
        "format": ["-m", "ruff", "format", "--check", "."],
        "types": ["-m", "mypy", *typed],
        "storeys": [str(here / "lint-imports"), "--no-cache"],
        "migrations": ["-m", "django", "makemigrations", "--check", "--dry-run", "--settings", "config.settings"],
    }
    if any((ROOT / "liandong").rglob("templates/**/*.html")):
        found["templates"] = ["-m", "djlint", "liandong", "--lint", "--quiet"]
    return {name: [python, *command] for name, command in found.items()} | {"scripts": eslint()}


def eslint() -> list[str]:
    """The command that looks at our own scripts."""
    return [node(), str(TOOLS / "eslint" / "bin" / "eslint.js"), "--config", "assets/eslint.config.mjs", "."]


def main() -> int:
    failed = []
    for name, command in checks().items():
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONWARNINGS": "ignore"}, check=False)
        if done.returncode != 0:
            failed.append(name)
            print(f"check: {name} failed", file=sys.stderr)
    print("check: " + (f"failed: {', '.join(failed)}" if failed else "all passed"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
