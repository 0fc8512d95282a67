"""Words of a text for search. Pure: text in, words out; the same cut for what is stored and what is asked.

Ideographs are cut into overlapping pairs, so that whatever run of two or more characters somebody remembers is found:
no dictionary has to know the name of an estate. Letters and digits stay whole and are found by their beginning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Longer runs (a pasted link, a row of digits) are cut: nobody types more into a search field.
LONGEST = 40
# A text of 10,000 characters has at most as many pairs; what lies beyond is found by its order, not by its words.
MOST = 4000
_IDEOGRAPHS = re.compile("([\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")
_LETTERS = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Full-width and compatibility forms made plain, lower case."""
    return (text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)).lower()


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    """(ideographs?, run) for every run of the text."""
    # Splitting at a group puts the runs of ideographs at the odd places.
    for place, piece in enumerate(_IDEOGRAPHS.split(fold(text))):
        if place % 2:
            yield True, piece
        else:
            yield from ((False, run) for run in _LETTERS.findall(piece))


def words(*texts: str) -> list[str]:
    """The distinct words to store, in order of first appearance, at most `MOST`."""
    found: dict[str, None] = {}
    for text in texts:
        for ideographs, run in _runs(text):
            if ideographs:
                # The last character stands alone too, so that one character can be asked for by its beginning.
                for pair in map(str.__add__, run, run[1:]):
                    found[pair] = None
                found[run[-1]] = None
            else:
                found[run[:LONGEST]] = None
        if len(found) > MOST:
            break
    return list(found)[:MOST]


def tsquery(asked: str) -> str:
    """PostgreSQL's `tsquery` text for what somebody typed: every run must occur. Empty when nothing can be asked."""
    terms: dict[str, None] = {}
    for ideographs, run in _runs(asked[:200]):
        if ideographs and len(run) > 1:
            for pair in map(str.__add__, run, run[1:]):
                terms[_quoted(pair)] = None
        else:
            terms[_quoted(run[:LONGEST]) + ":*"] = None
    return " & ".join(terms)


def _quoted(word: str) -> str:
    """A lexeme in quotes; a run of letters or ideographs holds neither quote nor backslash."""
    return f"'{word}'"
