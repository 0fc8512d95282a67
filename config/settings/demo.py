"""The try mode shows its demo accounts on the sign-in page; their password stands in the city pack."""

from __future__ import annotations

import tomllib
from pathlib import Path


def demo_password(pack: Path) -> str:
    """`demo_password` of the pack's city.toml; empty when there is no such pack."""
    path = pack / "city.toml"
    if not path.is_file():
        return ""
    return str(tomllib.loads(path.read_text(encoding="utf-8")).get("demo_password", ""))
