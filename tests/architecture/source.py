"""The source of the house as the architecture tests read it: areas, files, syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from config.areas import AREAS, STOREYS

ROOT = Path(__file__).parent.parent.parent
HOUSE = ROOT / "liandong"
STOREY_OF = {area: level for level, storey in enumerate(reversed(STOREYS)) for area in storey}


def files(area: str, *, tests: bool = False) -> list[Path]:
    """The area's own modules; migrations are made by Django and are left out."""
    found = sorted((HOUSE / area).rglob("*.py"))
    return [f for f in found if "migrations" not in f.parts and (tests or "tests" not in f.parts)]


def all_files() -> list[Path]:
    return [file for area in AREAS for file in files(area)]


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def imports(file: Path) -> Iterator[str]:
    """Dotted names of all modules the file imports, wherever in it."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
