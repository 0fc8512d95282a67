"""The layout of an official document after GB/T 9704-2012, in its own measures. Pure.

These are figures of the standard, the same for every city, and no numbers of the trade.
"""

from __future__ import annotations

from math import ceil
from unicodedata import east_asian_width

# Millimetres (5.1, 5.2.1): A4, margin above, margin at the binding side, text block.
PAPER = (210.0, 297.0)
TOP = 37.0
LEFT = 28.0
BLOCK = (156.0, 225.0)
RIGHT = PAPER[0] - LEFT - BLOCK[0]
BOTTOM = PAPER[1] - TOP - BLOCK[1]

# Lines of a page and characters of a line (5.2.3).
LINES = 22
CHARACTERS = 28

# Sizes of type in points: 小初 36, 二号 22, 三号 16, 四号 14.
HEAD, TITLE, BODY, FOOT = 36.0, 22.0, 16.0, 14.0

# 7.2.5, 7.3.1: blank lines above the number of the document, and between the red line and the title.
ABOVE_NUMBER, ABOVE_TITLE = 2, 2
# 7.3.5.1: characters from the edge to the date.
DATE_FROM_EDGE = 4.0

# 7.2.4: from the upper edge of the text block to the name of who issues.
HEAD_BELOW = 35.0
# 7.2.7: from the number of the document to the red line. 7.5: from the text block to the page number.
RED_LINE_BELOW, PAGE_NUMBER_BELOW = 4.0, 7.0
RED = "C00000"

POINT = 25.4 / 72
# What three 号 characters are moved by so that 28 of them, 448 points, fill the 442.2 points of the line.
TRACKING = BLOCK[0] / POINT / CHARACTERS - BODY
PITCH = BLOCK[1] / LINES


def head_size(name: str) -> float:
    """The size in which the name of who issues fills a line at most; a very long one takes more lines at 22 points."""
    return max(TITLE, min(HEAD, BLOCK[0] / POINT / max(1, len(name))))


def width(text: str) -> float:
    """In characters: figures and letters take half of one."""
    return sum(1.0 if east_asian_width(one) in "WFA" else 0.5 for one in text)


def signature(signer: str, date: str) -> tuple[float, float]:
    """How many characters who issues and the date stand from the right edge (7.3.5.1): the date four of them, the name
    in the middle above it; where that would reach over the edge, both further in.
    """
    if width(signer) > CHARACTERS - DATE_FROM_EDGE:
        return 0.0, DATE_FROM_EDGE  # a name of several lines
    over = (width(signer) - width(date)) / 2
    name = max(0.0, DATE_FROM_EDGE - over)
    return name, name + over


def title_lines(title: str) -> list[str]:
    """A title of several lines in lines of about one length (7.3.1), parted where a quotation ends or begins if it may.

    No line begins with a mark that closes, none ends with one that opens, and a number stays whole.
    """
    per_line = BLOCK[0] / POINT / TITLE
    lines = ceil(width(title) / per_line)
    found, rest = list[str](), title
    while lines > 1:
        cut = _cut(rest, width(rest) / lines, per_line)
        found, rest, lines = [*found, rest[:cut]], rest[cut:], lines - 1
    return [*found, rest]


_OPENING, _CLOSING = "“‘（〔《【「", "”’）〕》】」，。、；：！？"


def _cut(text: str, aim: float, most: float) -> int:
    """Where to part the text, near `aim` characters from its beginning."""
    fit = [at for at in range(1, len(text)) if width(text[:at]) <= most and not _torn(text[at - 1], text[at])]
    if not fit:
        return max(1, int(most))
    return min(fit, key=lambda at: abs(width(text[:at]) - aim) - (3.0 if _is_seam(text[at - 1], text[at]) else 0.0))


def _torn(before: str, after: str) -> bool:
    """A figure is not parted from what it counts either."""
    return before in _OPENING or after in _CLOSING or before.isdigit() or (before.isascii() and after.isascii())


def _is_seam(before: str, after: str) -> bool:
    return before in _CLOSING or after in _OPENING
