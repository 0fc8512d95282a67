"""The address a request comes from, for the lock-out and the trail."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104 - a word for "not known", nothing is bound to it


def client_ip(request: HttpRequest) -> str:
    """The client's address. `X-Forwarded-For` is believed only as far as our own proxies wrote it.

    With `LIANDONG_PROXIES` = n the n-th address from the right is taken; what stands left of it anybody may have
    made up. A connection without an address (a socket) is UNKNOWN.
    """
    claimed = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < settings.PROXIES <= len(claimed):
        return _valid(claimed[-settings.PROXIES]) or UNKNOWN
    return _valid(request.META.get("REMOTE_ADDR", "")) or UNKNOWN


def _valid(text: str) -> str | None:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None
