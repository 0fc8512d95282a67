"""Where the database is, for connections beside Django's: those of the event loop."""

from __future__ import annotations

from typing import Any

from django.conf import settings


def for_asyncpg() -> dict[str, Any]:
    """Arguments of `asyncpg.connect` and `create_pool` for the database Django works in."""
    given = settings.DATABASES["default"]
    return {
        "host": given["HOST"] or None,
        "port": int(given["PORT"]) if given["PORT"] else None,
        "user": given["USER"] or None,
        "password": given["PASSWORD"] or None,
        "database": given["NAME"],
    }
