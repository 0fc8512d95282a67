"""Numbers people read out over the phone: `140900W2026112400000012M`.

Six characters division code, one letter kind, eight digits local date, eight digits sequence, one check character
(ISO 7064 MOD 37,36), which catches every single mistyped character and nearly every swap of neighbours.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from liandong.kernel.errors import Invalid

CITY_ZONE = ZoneInfo("Asia/Shanghai")
SEQUENCE_LIMIT = 100_000_000
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_SHAPE = re.compile(r"([0-9A-Z]{6})([A-Z])([0-9]{8})([0-9]{8})([0-9A-Z])")


class BadNumber(Invalid):
    code = "bad_number"
    message = "编号有误：请核对编号的每一位（末位为校验位）。"


@dataclass(frozen=True, slots=True)
class Number:
    division: str
    kind: str
    day: date
    sequence: int

    def __str__(self) -> str:
        return compose(self.division, self.kind, self.day, self.sequence)


def compose(division: str, kind: str, day: date, sequence: int) -> str:
    """The 24-character number. `sequence` comes from a database sequence and wraps at 10^8 (never twice on a day)."""
    head, total = _head(division, kind, day)
    digits = f"{sequence % SEQUENCE_LIMIT:08d}"
    return head + digits + _ALPHABET[(1 - _doubled(_sum(digits, total))) % 36]


def _doubled(total: int) -> int:
    return (total or 36) * 2 % 37


def _sum(text: str, total: int = 18) -> int:
    """The running sum of ISO 7064 MOD 37,36 after `text`; starting at 18 stands for the first 36."""
    for character in text:
        total = (_doubled(total) + _VALUES[character]) % 36
    return total


@lru_cache(maxsize=256)
def _head(division: str, kind: str, day: date) -> tuple[str, int]:
    """The head and its sum: the same for all numbers of a kind and day."""
    head = f"{division}{kind}{day:%Y%m%d}"
    return head, _sum(head)


@lru_cache(maxsize=32)  # one write asks for the day of the same moment again and again
def local_day(moment: datetime) -> date:
    """The day in the city (UTC+8) on which `moment` falls."""
    return moment.astimezone(CITY_ZONE).date()


@lru_cache(maxsize=32)
def city_time(moment: datetime) -> str:
    """`moment` as the standard writes it: ISO 8601 on the city's clock (`2026-11-24T09:02:03+08:00`)."""
    return moment.astimezone(CITY_ZONE).isoformat()


def tidy(text: str) -> str:
    """Full-width forms, lower case, blanks and hyphens as people type them, made plain."""
    folded = text.translate({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})
    return re.sub(r"[\s\-_]", "", folded).upper()


def parse(text: str) -> Number:
    """Read a number as typed. Raises BadNumber when the shape, the date or the check character is wrong."""
    match = _SHAPE.fullmatch(tidy(text))
    if match is None or _sum(match[0]) != 1:
        raise BadNumber
    try:
        day = datetime.strptime(match[3], "%Y%m%d").replace(tzinfo=CITY_ZONE).date()
    except ValueError:
        raise BadNumber from None
    return Number(division=match[1], kind=match[2], day=day, sequence=int(match[4]))


def uuid7(moment: datetime) -> UUID:
    """A UUID of version 7 (RFC 9562): the milliseconds of `moment`, then chance."""
    milliseconds = int(moment.timestamp() * 1000)
    chance = secrets.randbits(74)
    return UUID(int=milliseconds << 80 | 7 << 76 | (chance >> 62) << 64 | 2 << 62 | chance & ((1 << 62) - 1))
