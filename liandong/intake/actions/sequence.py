"""Numbers in blocks: a process takes a thousand from the database sequence and hands them out without asking again.

Numbers a stopped process did not use are gaps; that is no loss, as a number does not say how many there are.
"""

from __future__ import annotations

from collections import deque
from threading import Lock

from django.db import connection

from liandong.identity.queries import this_node
from liandong.intake.numbering import BLOCK, block

SKIPPED = 1000  # blocks: half of those a node has before the numbers come round

_lock = Lock()
_blocks: deque[range] = deque()


def take_numbers(count: int) -> list[int]:
    """`count` sequence numbers no other process has."""
    found = _kept(count)
    while len(found) < count:
        _fetch()
        found += _kept(count - len(found))
    return found


def set_numbers_forward() -> None:
    """Leave out half of the numbers a node has for a day: some were given after the backup that was put back was made,
    and nobody here knows which.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('intake_number', nextval('intake_number') + %s)", [BLOCK * SKIPPED])
    forget_numbers()


def forget_numbers() -> None:
    """Let go of what this process has: its next numbers are of another database."""
    with _lock:
        _blocks.clear()


def _kept(most: int) -> list[int]:
    """Of the numbers this process has, up to `most`. The lock is never held while the database is asked."""
    found: list[int] = []
    with _lock:
        while _blocks and len(found) < most:
            first = _blocks.popleft()
            share = first[: most - len(found)]
            found += share
            if len(share) < len(first):
                _blocks.appendleft(first[len(share) :])
    return found


def _fetch() -> None:
    node = this_node()
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('intake_number')")
        start = cursor.fetchone()[0]
    with _lock:
        _blocks.append(block(start, None if node is None else node.ordinal))
