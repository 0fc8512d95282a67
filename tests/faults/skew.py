"""A node whose clock is wrong, its database's too: a library before each of its processes reads by how much in a file.

What measures how long something takes is left as it is, as on a machine whose clock somebody has set.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


class NoSkew(Exception):
    """No clock can be put wrong here; the sentence says why."""


class Skew:
    """`folder` is one that everybody may pass through."""

    def __init__(self, folder: Path) -> None:
        self._library, self._file = folder / "skew.so", folder / "skew"
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise NoSkew("there is no C compiler for the library that does it")
        command = (compiler, "-O2", "-shared", "-fPIC", "-o", str(self._library), str(SOURCE), "-ldl")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoSkew(f"{SOURCE.name} is not compiled: {done.stderr[-200:]}")
        self._file.write_bytes(struct.pack("<q", 0))
        self._file.chmod(0o644)
        self._library.chmod(0o755)

    def put(self, seconds: int) -> None:
        """So much before the right time, at once and for all."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("<q", seconds))

    def given(self) -> Mapping[str, str]:
        return {"LD_PRELOAD": str(self._library), "SKEW_FILE": str(self._file)}
