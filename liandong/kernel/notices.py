"""Notices from process to process, through the database: told with the commit, and waited for on one's own connection.

A notice may be lost (a process that does not listen yet), so nobody relies on it: it only makes the next look come
sooner.
"""

from __future__ import annotations

from django.db import connection


def tell(channel: str) -> None:
    """Wake who waits for `channel`, when the running transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [channel])


def wait_for(channel: str, seconds: float) -> None:
    """Until something was told on `channel` since this connection first asked, at most so long.

    Raises django.db.Error.
    """
    with connection.cursor() as cursor:
        # Repeated on the same connection it means nothing; on a new one it is needed.
        cursor.execute(f"LISTEN {channel}")
    with connection.wrap_database_errors:
        for _ in connection.connection.notifies(timeout=seconds, stop_after=1):
            break
