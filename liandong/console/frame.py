"""What every page's frame needs: who is signed in, where, and what the post may open."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from liandong.console.navigation import open_to
from liandong.identity.gate import actor
from liandong.identity.models import Person


def frame(request: HttpRequest) -> dict[str, Any]:
    """Template variables `by`, `person`, `place` (desk or unit), `navigation`, `try_mode`; no `by` when signed out.

    Who must change the first password sees no navigation: there is nowhere to go before that.
    """
    always = {"try_mode": settings.TRY_MODE}
    person = getattr(request, "user", None)
    by = actor(request) if isinstance(person, Person) else None
    if by is None or not isinstance(person, Person):
        return always
    return {
        **always,
        "by": by,
        "person": person,
        "place": person.place,
        "navigation": () if person.must_change_password else open_to(by),
    }
