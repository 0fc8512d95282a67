"""Words of a text for search. Pure: text in, words out; the same cut for what is stored and what is asked.

Ideographs are cut into overlapping pairs, so that whatever run of two or more characters somebody remembers is found:
no dictionary has to know the name of an estate. Letters and digits stay whole and are found by their beginning.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from itertools import pairwise

# Longer runs (a pasted link, a row of digits) are cut: nobody types more into a search field.
LONGEST = 40
# What lies beyond in a text of 10,000 characters is found by its order, not by its words.
MOST = 4000
_IDEOGRAPH = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# A run of ideographs in the first group, or one of letters and digits in the second.
_RUNS = re.compile(rf"([{_IDEOGRAPH}]+)|([^\W_{_IDEOGRAPH}]+)")
_LETTERS = re.compile(rf"[^\W_{_IDEOGRAPH}]+")
_NO_IDEOGRAPHS = re.compile(rf"[^{_IDEOGRAPH}]+")
# A pair whose first half is the end of a run: no word, its second half begins the next pair.
_ACROSS = re.compile("\n. ")
# The unsigned item of four bytes: one character in UTF-32.
_WIDE = "I"


# What nearly every text is made of. Folding would change only its punctuation, and that is no part of any word.
_EVERYDAY = re.compile("[\0-\x7f\u3001\u3002\u300a-\u3011\u3400-\u4dbf\u4e00-\u9fff，：；！？（）“”‘’…—]*")


def fold(text: str) -> str:
    """Full-width and compatibility forms made plain, lower case."""
    return (text if _EVERYDAY.fullmatch(text) else unicodedata.normalize("NFKC", text)).lower()


def words(*texts: str) -> str:
    """The words to store, a blank between two, some more than once; of the first `MOST` characters of all texts.

    Pairs of ideographs come first, among them the last character of each run alone, so that one character can be
    asked for by its beginning; then letters and digits.
    """
    text = fold("\n".join(texts))[:MOST]
    letters = [run[:LONGEST] for run in _LETTERS.findall(text)]
    return (_pairs(_NO_IDEOGRAPHS.sub("\n", text)) + " ".join(letters)).strip(" ")


def _pairs(runs: str) -> str:
    """Runs of ideographs, a line each, as pairs and last characters, a blank after each.

    Every order that comes in passes here: the text is laid beside itself, moved by one character, in whole columns.
    """
    columns = array(_WIDE, (runs + "\n").encode("utf-32-le"))
    beside = array(_WIDE, [ord(" ")]) * (3 * (len(columns) - 1))
    beside[0::3] = columns[:-1]
    beside[1::3] = columns[1:]
    return _ACROSS.sub("", beside.tobytes().decode("utf-32-le")).replace("\n\n ", "").replace("\n", "")


def tsquery(asked: str) -> str:
    """PostgreSQL's `tsquery` text for what somebody typed: every run must occur. Empty when nothing can be asked."""
    terms: dict[str, None] = {}
    for ideographs, letters in _RUNS.findall(fold(asked[:200])):
        if len(ideographs) > 1:
            for first, second in pairwise(ideographs):
                terms[_quoted(first + second)] = None
        else:
            terms[_quoted((ideographs or letters)[:LONGEST]) + ":*"] = None
    return " & ".join(terms)


def _quoted(word: str) -> str:
    """A lexeme in quotes; a run of letters or ideographs holds neither quote nor backslash."""
    return f"'{word}'"
