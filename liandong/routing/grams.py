"""A text as runs of a few characters (n-grams), each a number that holds the characters themselves. Pure.

Chinese needs no dictionary for this: 井盖 and 丢了 are features whoever wrote them, and a name no dictionary knows is
still a run of its characters. With sixteen bits a character a run of up to four is one 64-bit number, without any
collision: a vocabulary is a sorted array, and no word of it has to be kept as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Numbers = NDArray[np.int64]

# What stands for a character in a run. A pause ends a run: no n-gram reaches over it. A blank is a pause, but between
# two ideographs it is nothing: there it stands in texts that a program cut into words, or that came off a page.
PAUSE, BLANK, DIGIT, STRANGE = 0, 1, 0x30, 0xFFFF
_FIRST, _LAST = 0x3400, 0x9FFF  # ideographs
# A call-taker writes some hundred characters. Of what somebody pastes, head and tail say enough, in bounded time.
HEAD, TAIL = 3000, 1000
_BITS = np.uint64(16)
# A run this wide leaves room in its number for whose it is.
_ROOMY = 3
# A text of a batch ends with a pause.
_END = "\n"

_PAUSES = (
    *((0x00, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0xBF), (0x2000, 0x206F), (0x2500, 0x25FF), (0x3000, 0x3004)),
    *((0x3008, 0x3020), (0x302A, 0x3037), (0xD800, 0xF8FF), (0xFE00, 0xFE6F), (0xFF5F, 0xFF65), (0xFFF0, 0xFFFE)),
)


def _folding() -> Keys:
    """What each character of the first plane becomes: half width, small letters, one digit, one pause."""
    table = np.arange(0x10000, dtype=np.uint64)
    for first, last in _PAUSES:
        table[first : last + 1] = PAUSE
    table[[0x20, 0x3000]] = BLANK
    table[0x41:0x5B] += np.uint64(0x20)
    table[0x30:0x3A] = DIGIT
    table[0x2460:0x2474] = DIGIT  # ① to ⑳
    table[0xFF01:0xFF5F] = table[0x21:0x7F]
    return table


_FOLDED = _folding()


def folded(text: str) -> Keys:
    """One number a character of `text`, full and half width, large and small letters, all digits made one."""
    raw = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return _FOLDED[np.minimum(raw, STRANGE)]


def grams(text: str, widest: int) -> Keys:
    """All runs of one to `widest` (at most 4) characters of `text` without a pause in them; of a long one, its ends."""
    codes = folded(_ends(text))
    between = _between(codes)
    if between is not None:
        codes = _without_blanks(codes)[~between]
    return np.concatenate([keys for keys, _ in _by_width(codes, widest)])


@dataclass(frozen=True, slots=True)
class Runs:
    """The distinct runs of many texts, text by text, each text's in order: whose, which, how often.

    `begins` says where each text begins, and where the last ends.
    """

    owners: Numbers
    keys: Keys
    counts: Numbers
    begins: Numbers

    @property
    def texts(self) -> int:
        return len(self.begins) - 1

    def summed(self, values: NDArray[np.floating] | NDArray[np.bool_]) -> NDArray[np.float64]:
        """One sum a text of `values`, which are as many as the runs."""
        return np.bincount(self.owners, weights=values, minlength=self.texts).astype(np.float64)


def runs(texts: Sequence[str], widest: int) -> Runs:
    """The runs of each text as `grams` gives them, all texts walked through together."""
    cut = [_ends(text) for text in texts]
    codes = folded(_END.join([*cut, ""]))
    owners = np.repeat(np.arange(len(cut)), [len(text) + 1 for text in cut])
    between = _between(codes)
    if between is not None:
        codes, owners = _without_blanks(codes)[~between], owners[~between]
    found = _by_width(codes, widest)
    keys, whose = np.concatenate([one for one, _ in found]), np.concatenate([owners[at] for _, at in found])
    whose, keys = _in_order(whose, keys, widest)
    first = np.ones(len(keys), dtype=bool)
    first[1:] = (keys[1:] != keys[:-1]) | (whose[1:] != whose[:-1])
    at = np.flatnonzero(first)
    whose = whose[at]
    return Runs(whose, keys[at], np.diff(at, append=len(keys)), np.searchsorted(whose, np.arange(len(cut) + 1)))


def _in_order(owners: Numbers, keys: Keys, widest: int) -> tuple[Numbers, Keys]:
    """By owner, then by key; in one number where both have room in one."""
    if widest > _ROOMY or (len(owners) and int(owners.max()) > STRANGE):
        order = np.lexsort((keys, owners))
        return owners[order], keys[order]
    wide = np.uint64(16 * widest)
    whole = np.sort(owners.astype(np.uint64) << wide | keys)
    whose = whole >> wide
    return whose.astype(np.int64), whole ^ (whose << wide)


def _ends(text: str) -> str:
    return f"{text[:HEAD]}\n{text[-TAIL:]}" if len(text) > HEAD + TAIL else text


def _by_width(codes: Keys, widest: int) -> list[tuple[Keys, Numbers]]:
    """The runs of each width and where they begin."""
    at = np.flatnonzero(codes)
    key = codes[at]
    found = [(key, at)]
    for width in range(2, widest + 1):
        # A run goes on where the next character is no pause; the last run of the text has no next one.
        last = at + (width - 1)
        inside = int(np.searchsorted(last, len(codes)))
        at, key, following = at[:inside], key[:inside], codes[last[:inside]]
        goes_on = following != PAUSE
        at, key = at[goes_on], (key[goes_on] << _BITS) | following[goes_on]
        found.append((key, at))
    return found


def _between(codes: Keys) -> NDArray[np.bool_] | None:
    """Which codes are blanks between ideographs; None where there is no blank at all."""
    blank = codes == BLANK
    if not blank.any():
        return None
    ideograph = (codes >= _FIRST) & (codes <= _LAST)
    between: NDArray[np.bool_] = np.zeros_like(blank)
    between[1:-1] = blank[1:-1] & ideograph[:-2] & ideograph[2:]
    return between


def _without_blanks(codes: Keys) -> Keys:
    """All blanks as pauses."""
    return np.where(codes == BLANK, np.uint64(PAUSE), codes)


@lru_cache(maxsize=4096)
def spelled(key: int) -> str:
    """The characters of a run."""
    characters = []
    while key:
        characters.append(chr(key & 0xFFFF))
        key >>= 16
    return "".join(reversed(characters))
