"""SPIN, which checks the Promela model of the protocol: found, or installed on Debian, or its tests are skipped.

`python -m tests.model.spin` installs it (root on Debian only); `make test` does the same before it starts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.browser.chromium import APT

MODEL = Path(__file__).parents[2] / "docs" / "protocols" / "model" / "linkage.pml"
LONGEST = 120  # seconds
DEPTH = 1_000_000


def missing() -> str:
    """What is not there, empty when the model can be checked."""
    return " ".join(name for name in ("spin", "gcc") if shutil.which(name) is None)


def ready() -> str:
    """Install SPIN if it is missing and can be had; a sentence about what the tests will find."""
    lacking = missing()
    if lacking and os.geteuid() == 0 and shutil.which("apt-get") is not None:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = [*APT, "install", "--yes", "--no-install-recommends", *lacking.split()]
        subprocess.run(command, env=env, stdout=subprocess.DEVNULL, timeout=LONGEST, check=False)
    lacking = missing()
    return (
        f"model checker: none, its tests are skipped (apt-get install {lacking})" if lacking else "model checker: spin"
    )


@dataclass(frozen=True, slots=True)
class Checked:
    """`errors`: how many violations were found (the search stops at the first); `whole`: every state was seen."""

    errors: int
    states: int
    whole: bool
    said: str


def check(folder: Path, *defined: str, quickly: str = "-O1") -> Checked:
    """Check the model with the names `defined` set, in a folder of its own; `quickly`: -O0 where little is searched."""
    flags = [f"-D{name}" for name in defined]
    _run(folder, "spin", "-a", *flags, str(MODEL))
    _run(folder, "gcc", quickly, "-DSAFETY", "-o", "pan", "pan.c")
    said = _run(folder, "./pan", f"-m{DEPTH}")
    errors, states = (
        re.search(pattern, said) for pattern in (r"errors: (\d+)", r"(\d+)(?:\.\d+e\+\d+)? states, stored")
    )
    if errors is None or states is None:
        raise AssertionError(f"the model checker said nothing to the point: {said}")
    return Checked(int(errors[1]), int(states[1]), "max search depth too small" not in said, said)


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LONGEST, check=True)
    return done.stdout


if __name__ == "__main__":
    print(ready())
    sys.exit(bool(missing()))
