"""The fonts a report is set in: those of a folder the site names, before the one that comes with the house."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import typst
from fontTools.ttLib import TTCollection, TTFont

BUNDLED = Path(__file__).parent.parent / "fonts"
ENDINGS = frozenset({".ttf", ".otf", ".ttc", ".otc"})


class FontsMissing(RuntimeError):
    """The house was set up without its font, and the site has named no folder with one."""


def files(folder: str) -> tuple[Path, ...]:
    """The font files of the site's folder and the bundled ones. Raises FontsMissing."""
    places = [Path(folder)] if folder else []
    found = [
        file for place in (*places, BUNDLED) for file in sorted(place.rglob("*")) if file.suffix.lower() in ENDINGS
    ]
    if not found:
        raise FontsMissing(str(BUNDLED))
    return tuple(found)


@lru_cache(maxsize=4)
def covered(paths: tuple[Path, ...]) -> frozenset[int]:
    """Every character for which one of the fonts has a shape."""
    return frozenset(code for path in paths for font in _fonts(path) for code in font.getBestCmap() or ())


def _fonts(path: Path) -> list[TTFont]:
    if path.suffix.lower() in (".ttc", ".otc"):
        return list(TTCollection(path, lazy=True).fonts)
    return [TTFont(path, lazy=True)]


@lru_cache(maxsize=4)
def loaded(paths: tuple[Path, ...]) -> typst.Fonts:
    """The fonts as the typesetter takes them; none of the machine's own, so that every machine sets the same page."""
    folders = sorted({str(path.parent) for path in paths})
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
