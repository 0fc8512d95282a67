"""Words of a text for search. Pure: text in, words out; the same cut for what is stored and what is asked.

Ideographs are cut into overlapping pairs, so that whatever run of two or more characters somebody remembers is found:
no dictionary has to know the name of an estate. Letters and digits stay whole and are found by their beginning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from operator import add

# Longer runs (a pasted link, a row of digits) are cut: nobody types more into a search field.
LONGEST = 40
# A text of 10,000 characters has at most as many pairs; what lies beyond is found by its order, not by its words.
MOST = 4000
_IDEOGRAPH = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# A run of ideographs in the first group, or one of letters and digits in the second.
_RUNS = re.compile(rf"([{_IDEOGRAPH}]+)|([^\W_{_IDEOGRAPH}]+)")


# What nearly every text is made of. Folding would change only its punctuation, and that is no part of any word.
_EVERYDAY = re.compile("[\0-\x7f\u3001\u3002\u300a-\u3011\u3400-\u4dbf\u4e00-\u9fff，：；！？（）“”‘’…—]*")


def fold(text: str) -> str:
    """Full-width and compatibility forms made plain, lower case."""
    return (text if _EVERYDAY.fullmatch(text) else unicodedata.normalize("NFKC", text)).lower()


def _runs(text: str) -> list[tuple[str, str]]:
    """(ideographs, "") or ("", letters) for every run of the text."""
    return _RUNS.findall(fold(text))


def _pairs(run: str) -> Iterator[str]:
    return map(add, run, run[1:])


def words(*texts: str) -> list[str]:
    """The distinct words to store, in order of first appearance, at most `MOST`."""
    found: list[str] = []
    for ideographs, letters in _runs("\n".join(texts)):
        if ideographs:
            found += _pairs(ideographs)
            # The last character stands alone too, so that one character can be asked for by its beginning.
            found.append(ideographs[-1])
        else:
            found.append(letters[:LONGEST])
    return list(dict.fromkeys(found))[:MOST]


def tsquery(asked: str) -> str:
    """PostgreSQL's `tsquery` text for what somebody typed: every run must occur. Empty when nothing can be asked."""
    terms: dict[str, None] = {}
    for ideographs, letters in _runs(asked[:200]):
        if len(ideographs) > 1:
            for pair in _pairs(ideographs):
                terms[_quoted(pair)] = None
        else:
            terms[_quoted((ideographs or letters)[:LONGEST]) + ":*"] = None
    return " & ".join(terms)


def _quoted(word: str) -> str:
    """A lexeme in quotes; a run of letters or ideographs holds neither quote nor backslash."""
    return f"'{word}'"
