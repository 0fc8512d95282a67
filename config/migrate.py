"""Bring the database to the shape this version needs, one migrator at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.core.management import call_command
from django.db import connection
from django.db.backends.utils import CursorWrapper

# Any number will do, as long as nobody else takes it in this database: "LIANDONG" in ASCII, cut to 63 bits.
LOCK = int.from_bytes(b"LIANDONG") >> 1


# Seconds between two looks at the lock.
LOOK = 0.5


def main(argv: Sequence[str] = ()) -> int:
    """Two nodes that start at once do not migrate at once: the second waits, then finds nothing to do.

    It asks again and again and never waits inside a statement: an index that is built concurrently waits for every
    statement under way, and the two would wait for each other.
    """
    with connection.cursor() as cursor:
        while not _taken(cursor):
            time.sleep(LOOK)
        try:
            call_command("migrate", interactive=False, verbosity=1 if "-v" in argv else 0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return 0


def _taken(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
    return bool(cursor.fetchone()[0])
