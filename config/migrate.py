"""Bring the database to the shape this version needs, one migrator at a time."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.management import call_command
from django.db import connection

# Any number will do, as long as nobody else takes it in this database: "LIANDONG" in ASCII, cut to 63 bits.
LOCK = int.from_bytes(b"LIANDONG") >> 1


def main(argv: Sequence[str] = ()) -> int:
    """Two nodes that start at once do not migrate at once: the second waits, then finds nothing to do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            call_command("migrate", interactive=False, verbosity=1 if "-v" in argv else 0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return 0
