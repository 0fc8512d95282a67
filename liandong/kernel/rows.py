"""Rows of a city pack as they come out of a CSV file; each knows where it stands, so that an error can say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from liandong.kernel.errors import LiandongError


class BadRow(LiandongError):
    """A row of a pack cannot be taken; the message names file, line and column."""

    code = "bad_row"
    status = 422
    message = "数据包中有一行无法装载。"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of `file`; `line` counts from 1 with the header, as an editor shows it."""

    file: str
    line: int
    values: Mapping[str, str]

    def bad(self, column: str, why: str) -> BadRow:
        """The error to raise for this row; `why` is Chinese."""
        return BadRow(f"{self.file} 第{self.line}行 {column}：{why}", field=f"{self.file}:{self.line}:{column}")

    def optional(self, column: str, *, longest: int = 1000) -> str:
        """The trimmed text, or an empty one. Raises BadRow when the column is missing or the text too long."""
        if column not in self.values:
            raise self.bad(column, "缺少该列")
        text = self.values[column].strip()
        if len(text) > longest:
            raise self.bad(column, f"超过{longest}个字符")
        return text

    def text(self, column: str, *, longest: int = 1000) -> str:
        """The trimmed text. Raises BadRow when it is missing, empty or too long."""
        text = self.optional(column, longest=longest)
        if not text:
            raise self.bad(column, "不能为空")
        return text

    def words(self, column: str) -> list[str]:
        """The words of a field, separated by blanks, in the order of the file."""
        return self.optional(column).split()


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows were new, changed, or already as the pack has them."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
