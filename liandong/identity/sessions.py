"""Who is behind a session, asked for many sessions at once: for lines that stay open while requests come and go.

A page asks Django's middleware. An open line has no request any more, and a thousand of them must not cost a thousand
questions a minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import parse_cookie
from django.utils.crypto import constant_time_compare

from liandong.audit.by import By
from liandong.identity.models import Person
from liandong.identity.queries import by_person
from liandong.kernel import clock


def key_in(cookies: str) -> str:
    """The session's key in a Cookie header; empty when there is none."""
    return parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")


def signed_in(keys: Iterable[str]) -> dict[str, By]:
    """The actor behind each session that may work now: not expired, account open, first password changed.

    Keys without one are left out. As with pages, a session ends when the password changes.
    """
    rows = Session.objects.filter(session_key__in=set(keys), expire_date__gt=clock.now())
    held = {row.session_key: row.get_decoded() for row in rows}
    wanted = {str(kept[SESSION_KEY]) for kept in held.values() if kept.get(SESSION_KEY)}
    people = Person.objects.select_related("post").filter(pk__in=wanted, is_active=True, must_change_password=False)
    found = {str(person.pk): person for person in people}
    return {
        key: by_person(found[str(kept[SESSION_KEY])])
        for key, kept in held.items()
        if str(kept.get(SESSION_KEY)) in found and _holds(kept, found[str(kept[SESSION_KEY])])
    }


def _holds(kept: dict[str, Any], person: Person) -> bool:
    """Whether the session was made under the password the person has now, by a way of signing in that still counts."""
    if kept.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return False
    given = str(kept.get(HASH_SESSION_KEY, ""))
    hashes = (person.get_session_auth_hash(), *person.get_session_auth_fallback_hash())
    return any(constant_time_compare(given, one) for one in hashes)
