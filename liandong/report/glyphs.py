"""Characters no font at hand has a shape for: they are named, never a silent box. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from liandong.report.content import Report, texts

# 3013 is what printers have always set for a character that is not in the case.
GETA = "〓"
# They have no shape by themselves; a font that lacks them loses nothing.
SHAPELESS = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc"})


def lacking(report: Report, covered: frozenset[int]) -> list[str]:
    """The characters of the report that no font covers, each once, in order."""
    found = dict.fromkeys(one for text in texts(report) for one in text if _lacks(one, covered))
    return list(found)


def named(one: str) -> str:
    """𬱖 as it is set where it cannot be drawn: the mark, and which it is, so that it can be written in by hand."""
    return f"{GETA}（U+{ord(one):04X}）"


def printable(report: Report, covered: frozenset[int]) -> Report:
    """The report with what cannot be drawn named. The words themselves stay as they are in the journal."""

    def told(text: str) -> str:
        return "".join(_told(one, covered) for one in text)

    changed: Report = _each(report, told)
    return changed


def _told(one: str, covered: frozenset[int]) -> str:
    if ord(one) in covered:
        return one
    if unicodedata.category(one) in ("Zs", "Zl", "Zp"):
        return " "
    return "" if _shapeless(one) else named(one)


def _lacks(one: str, covered: frozenset[int]) -> bool:
    return ord(one) not in covered and not _shapeless(one)


def _shapeless(one: str) -> bool:
    # Variation selectors only choose between shapes.
    return unicodedata.category(one) in SHAPELESS or 0xFE00 <= ord(one) <= 0xFE0F or 0xE0100 <= ord(one) <= 0xE01EF


def _each(value: Any, told: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return told(value)
    if isinstance(value, tuple):
        return tuple(_each(one, told) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _each(getattr(value, one.name), told) for one in fields(value)})
    return value


def in_words(missing: Iterable[str]) -> str:
    """What is said of them on the page: which they are, and what to do."""
    told = "、".join(f"“{one}”（U+{ord(one):04X}）" for one in missing)
    return f"字库中没有以下字，PDF 中以“{GETA}”代替，请在纸质件上手写补正，或由管理员补装字库：{told}。" if told else ""
