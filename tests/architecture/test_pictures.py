"""Every picture of the docs is written by a test, and every picture a page shows is there."""

from __future__ import annotations

import re

from tests.architecture.source import ROOT

IMAGES = ROOT / "docs" / "images"


def test_every_picture_is_taken_by_a_test_and_every_picture_taken_is_kept() -> None:
    taken = {
        name
        for file in (ROOT / "tests" / "browser").glob("test_*.py")
        for name in re.findall(r'\.picture\("([a-z0-9-]+)"\)', file.read_text(encoding="utf-8"))
    }
    assert {file.stem for file in IMAGES.iterdir()} == taken


def test_what_the_pages_of_the_docs_show_is_there() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    shown = {name for page in pages for name in re.findall(r"images/([\w.-]+)\)", page.read_text(encoding="utf-8"))}
    assert shown
    assert shown <= {file.name for file in IMAGES.iterdir()}
