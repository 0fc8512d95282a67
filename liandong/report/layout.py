"""The layout of an official document after GB/T 9704-2012, in its own measures. Pure.

These are figures of the standard, the same for every city, and no numbers of the trade.
"""

from __future__ import annotations

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
