"""What every page's frame needs: who is signed in, where, and what the post may open."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from liandong.console import live
from liandong.console.navigation import open_to
from liandong.identity.gate import actor
from liandong.identity.models import Person
from liandong.identity.queries import with_kept_place
from liandong.transfer.pages.alarms import alarm_lines


def frame(request: HttpRequest) -> dict[str, Any]:
    """Template variables `by`, `person`, `place` (desk or unit), `navigation`, `try_mode`; no `by` when signed out.

    `live` is there for who may hear what happens: the address of the line, and how far it was heard when the page was
    made; `alarms` are the dangers nobody at the desk knows of yet, asked only when a page shows them.
    Who must change the first password sees no navigation: there is nowhere to go before that.
    """
    always = {"try_mode": settings.TRY_MODE}
    person = getattr(request, "user", None)
    by = actor(request) if isinstance(person, Person) else None
    if by is None or not isinstance(person, Person):
        return always
    free = not person.must_change_password
    return {
        **always,
        "live": {"address": live.LIVE, "after": live.mark()} if free and by.may("order.read") else None,
        "alarms": partial(alarm_lines, by) if free else (),
        "by": by,
        "person": with_kept_place(person),
        "place": person.place,
        "navigation": open_to(by) if free else (),
    }
