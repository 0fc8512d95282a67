"""Rows of a city pack as they come out of a CSV file; each knows where it stands, so that an error can say so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

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

    def day(self, column: str) -> date:
        """A date as YYYY-MM-DD. Raises BadRow."""
        try:
            return date.fromisoformat(self.text(column))
        except ValueError:
            raise self.bad(column, "应为 YYYY-MM-DD 格式的日期") from None

    def optional_day(self, column: str) -> date | None:
        return self.day(column) if self.optional(column) else None

    def number(self, column: str) -> Decimal:
        """A decimal number. Raises BadRow."""
        try:
            return Decimal(self.text(column))
        except InvalidOperation:
            raise self.bad(column, "应为数字") from None

    def one_of(self, column: str, allowed: Collection[str]) -> str:
        """A text out of `allowed`. Raises BadRow."""
        text = self.text(column)
        if text not in allowed:
            raise self.bad(column, f"只能是 {'、'.join(sorted(allowed))}")
        return text

    def ticked(self, column: str) -> bool:
        """Whether a 1 stands there. A pack written before there was the column has none. Raises BadRow."""
        return column in self.values and bool(self.optional(column)) and self.one_of(column, {"1"}) == "1"

    def words(self, column: str) -> list[str]:
        """The words of a field, separated by blanks, in the order of the file."""
        return self.optional(column).split()


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows were new, changed, or already as the pack has them."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
