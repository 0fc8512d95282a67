"""The numbers of intake: kinds of number, and the linkage number that a matter keeps for life. Pure."""

from __future__ import annotations

from datetime import datetime

from liandong.kernel.ids import BadNumber, compose, local_day, parse

LINKAGE, WORK, POLICE, TRANSFER = "L", "W", "P", "T"
KINDS = {LINKAGE: "联动号", WORK: "工单号", POLICE: "警单号", TRANSFER: "移交号"}
LETTER_OF_ORDER = {"work": WORK, "police": POLICE}

# Numbers are taken in blocks. Of `NODES` blocks in a row each node has the one of its ordinal, so two nodes never give
# the same number although neither asks the other. NODES divides the blocks there are (10^8 / BLOCK), so that this also
# holds after the sequence went round: a node has two million numbers a day.
BLOCK = 1000
NODES = 50


def block(start: int, ordinal: int | None) -> range:
    """The numbers that belong to `start`, a value of the database sequence (1, 1001, 2001, …).

    `ordinal` is that of the node; None for a house that is alone and has them all.
    """
    if ordinal is None:
        return range(start, start + BLOCK)
    first = ((start - 1) // BLOCK * NODES + ordinal) * BLOCK + 1
    return range(first, first + BLOCK)


def number(division: str, letter: str, at: datetime, sequence: int) -> str:
    """The number of kind `letter` for the city's day of `at`."""
    return compose(division, letter, local_day(at), sequence)


def read(text: str, *letters: str) -> str:
    """The number as stored, from what somebody typed. Raises BadNumber, also for a number of another kind."""
    parsed = parse(text)
    if letters and parsed.kind not in letters:
        wanted = "或".join(KINDS[letter] for letter in letters)
        raise BadNumber(f"这里需要{wanted}，输入的是{KINDS.get(parsed.kind, '其他编号')}。")
    return str(parsed)


def looks_like_number(text: str) -> bool:
    """Whether `text` reads as a whole number with a right check character."""
    try:
        parse(text)
    except BadNumber:
        return False
    return True
