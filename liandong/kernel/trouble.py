"""What went wrong, as text that a database takes."""

from __future__ import annotations

LONGEST = 2000


def described(why: Exception) -> str:
    """`KeyError: 'x'`, at most 2,000 characters.

    An error often quotes what somebody typed; PostgreSQL refuses NUL and lone surrogates, and a note that cannot be
    written would stop the loop that wanted to put the row aside.
    """
    text = f"{type(why).__name__}: {why}".replace("\x00", "␀")
    return text.encode("utf-8", "replace").decode()[:LONGEST]
