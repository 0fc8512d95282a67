"""Known answers written by others lie beside the repository, read in place and never copied in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def shared(*parts: str) -> Path:
    """A file or folder of `shared/` beside the repository (or of LIANDONG_SHARED); skips the test when absent."""
    root = Path(os.environ.get("LIANDONG_SHARED", REPOSITORY.parent / "shared"))
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(('shared', *parts))} is not beside the repository")
    return path
