"""A text as runs of a few characters (n-grams), each a number that holds the characters themselves. Pure.

Chinese needs no dictionary for this: 井盖 and 丢了 are features whoever wrote them, and a name no dictionary knows is
still a run of its characters. With sixteen bits a character a run of up to four is one 64-bit number, without any
collision: a vocabulary is a sorted array, and no word of it has to be kept as text.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

# What stands for a character in a run. A pause ends a run: no n-gram reaches over it. A blank is a pause, but between
# two ideographs it is nothing: there it stands in texts that a program cut into words, or that came off a page.
PAUSE, BLANK, DIGIT, STRANGE = 0, 1, 0x30, 0xFFFF
_FIRST, _LAST = 0x3400, 0x9FFF  # ideographs
# A call-taker writes some hundred characters. Of what somebody pastes, head and tail say enough, in bounded time.
HEAD, TAIL = 3000, 1000
_BITS = np.uint64(16)

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
    if len(text) > HEAD + TAIL:
        text = f"{text[:HEAD]}\n{text[-TAIL:]}"
    codes = _closed(folded(text))
    at = np.flatnonzero(codes)
    key = codes[at]
    keys = [key]
    for width in range(2, widest + 1):
        # A run goes on where the next character is no pause; the last run of the text has no next one.
        last = at + (width - 1)
        inside = int(np.searchsorted(last, len(codes)))
        at, key, following = at[:inside], key[:inside], codes[last[:inside]]
        goes_on = following != PAUSE
        at, key = at[goes_on], (key[goes_on] << _BITS) | following[goes_on]
        keys.append(key)
    return np.concatenate(keys)


def _closed(codes: Keys) -> Keys:
    """Without blanks between ideographs; all other blanks are pauses."""
    blank = codes == BLANK
    if not blank.any():
        return codes
    ideograph = (codes >= _FIRST) & (codes <= _LAST)
    between = np.zeros_like(blank)
    between[1:-1] = blank[1:-1] & ideograph[:-2] & ideograph[2:]
    closed: Keys = np.where(blank, np.uint64(PAUSE), codes)[~between]
    return closed


def spelled(key: int) -> str:
    """The characters of a run."""
    characters = []
    while key:
        characters.append(chr(key & 0xFFFF))
        key >>= 16
    return "".join(reversed(characters))
