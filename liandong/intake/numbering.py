"""The numbers of intake: kinds of number, and the linkage number that a matter keeps for life. Pure."""

from __future__ import annotations

from datetime import datetime

from liandong.kernel.ids import BadNumber, compose, local_day, parse

LINKAGE, WORK, POLICE, TRANSFER = "L", "W", "P", "T"
KINDS = {LINKAGE: "联动号", WORK: "工单号", POLICE: "警单号", TRANSFER: "移交号"}
LETTER_OF_ORDER = {"work": WORK, "police": POLICE}


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
