"""One address, `DATABASE_URL`, names the database: the embedded one or any PostgreSQL from 15 on."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# Our statements are short: compiling them would cost more than it saves, and preparing saves the parsing. Where one
# plan fits all values PostgreSQL keeps it, which saves half the time of a read by key; what wants a plan for its own
# value (a rare word, a common word) has that value in its text, see `intake.queries`.
PLANNING = "-c jit=off -c plan_cache_mode=auto"


def from_url(url: str) -> dict[str, Any]:
    """Return Django's settings for `postgresql://user:password@host:port/name?host=/socket/dir&sslmode=…`.

    A `host` in the query (a socket folder) overrules the one before the path, as libpq has it.
    Raises ImproperlyConfigured when the scheme is not PostgreSQL's or no database is named.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured(f"DATABASE_URL must start with postgresql://, not {parts.scheme}://")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured("DATABASE_URL names no database")
    query = dict(parse_qsl(parts.query))
    host = query.pop("host", None) or parts.hostname or ""
    port = query.pop("port", None) or (str(parts.port) if parts.port else "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        # A thread keeps its connection; a restarted database is noticed before the next request uses it.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "options": PLANNING,
            "server_side_binding": True,
            "prepare_threshold": 3,
            **query,
            "connect_timeout": 5,
        },
    }
