"""The report as PDF, set by typst from `paper.typ`: the same words give the same bytes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import typst

from liandong.report import layout
from liandong.report.channels import fonts
from liandong.report.content import ON_THE_SLIP, SIGNED, Report, day
from liandong.report.glyphs import lacking, printable

SOURCE = Path(__file__).parent.parent / "paper.typ"
# Official names of the type first, as a site with the licensed fonts has them; then what comes with the house.
FAMILIES = {
    "body": ("FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "STFangsong", "Noto Serif SC"),
    "head": ("FZXiaoBiaoSong-B05S", "方正小标宋简体", "FZXiaoBiaoSong-B05", "Noto Serif SC"),
    "hei": ("SimHei", "黑体", "STHeiti", "Noto Serif SC"),
    "foot": ("SimSun", "宋体", "NSimSun", "Noto Serif SC"),
}


@dataclass(frozen=True, slots=True)
class Printed:
    """`missing`: characters that are named in the page because no font has them."""

    pdf: bytes
    missing: tuple[str, ...]


def pdf(report: Report, folder: str = "") -> Printed:
    """Set the report. `folder`: fonts of the site. Raises FontsMissing."""
    paths = fonts.files(folder)
    covered = fonts.covered(paths)
    made = _compiler(report, paths, covered).compile(format="pdf", timestamp=0)
    assert isinstance(made, bytes)
    return Printed(made, tuple(lacking(report, covered)))


def missing(report: Report, folder: str = "") -> tuple[str, ...]:
    """The characters no font has, without setting anything. Raises FontsMissing."""
    return tuple(lacking(report, fonts.covered(fonts.files(folder))))


def _compiler(report: Report, paths: tuple[Path, ...], covered: frozenset[int]) -> typst.Compiler:
    shown = printable(report, covered)
    loaded = fonts.loaded(paths)
    known = set(loaded.families())
    said = {**asdict(shown), "day": day(shown.day), "head_size": layout.head_size(shown.head)}
    said |= {"signed": SIGNED, "on_the_slip": ON_THE_SLIP, "title_lines": layout.title_lines(shown.title)}
    said["signature"] = layout.signature(shown.signer, day(shown.day))
    measures = {
        "paper": layout.PAPER, "top": layout.TOP, "left": layout.LEFT, "right": layout.RIGHT, "bottom": layout.BOTTOM,
        "title": layout.TITLE, "body": layout.BODY, "foot": layout.FOOT, "pitch": layout.PITCH,
        "tracking": layout.TRACKING, "head_below": layout.HEAD_BELOW,
        "above_number": layout.ABOVE_NUMBER, "above_title": layout.ABOVE_TITLE, "red_line_below": layout.RED_LINE_BELOW,
        "page_number_below": layout.PAGE_NUMBER_BELOW, "red": layout.RED,
    }  # fmt: skip
    families = {part: [name for name in names if name in known] or sorted(known) for part, names in FAMILIES.items()}
    given = {"said": json.dumps(said), "measures": json.dumps(measures), "families": json.dumps(families)}
    return typst.Compiler(SOURCE.read_bytes(), font_paths=loaded, ignore_system_fonts=True, sys_inputs=given)
