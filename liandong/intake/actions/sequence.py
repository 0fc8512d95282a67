"""Numbers in blocks: a process takes a thousand from the database sequence and hands them out without asking again.

Numbers a stopped process did not use are gaps; that is no loss, as a number does not say how many there are.
"""

from __future__ import annotations

from threading import Lock

from django.db import connection

BLOCK = 1000
_lock = Lock()
_block: range = range(0)


def take_numbers(count: int) -> list[int]:
    """`count` sequence numbers no other process has."""
    global _block
    found: list[int] = []
    with _lock:
        while len(found) < count:
            if not _block:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT nextval('intake_number')")
                    start = cursor.fetchone()[0]
                _block = range(start, start + BLOCK)
            share = _block[: count - len(found)]
            found += share
            _block = _block[len(share) :]
    return found
