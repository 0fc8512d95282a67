"""The address of the database the tests are connected to, for processes they start."""

from __future__ import annotations

from urllib.parse import quote

from django.db import connection


def database_url() -> str:
    """`DATABASE_URL` for another process; works for a socket's folder and for a host."""
    given = connection.settings_dict
    secret = f":{quote(given['PASSWORD'], safe='')}" if given["PASSWORD"] else ""
    place = f"host={quote(given['HOST'], safe='')}&port={given['PORT']}"
    return f"postgresql://{given['USER']}{secret}@/{given['NAME']}?{place}"
