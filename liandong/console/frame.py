"""What every page's frame needs: who is signed in, where, what the post may open, and in which colours."""

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
from liandong.kernel import clock
from liandong.transfer.pages.alarms import alarm_lines

THEMES = {"light": "浅色", "dark": "深色", "auto": "跟随系统"}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Template variables `by`, `person`, `place` (desk or unit), `navigation`, `own_pages`, `theme`, `try_mode`,
    `server_time` (milliseconds, for the clocks); no `by` when signed out.

    `live` is there for who may hear what happens: the address of the line, and how far it was heard when the page was
    made; `alarms` are the dangers nobody at the desk knows of yet, asked only when a page shows them.
    Who must change the first password sees no navigation: there is nowhere to go before that.
    """
    always = {
        "try_mode": settings.TRY_MODE,
        "theme": "auto",
        "themes": THEMES.items(),
        "server_time": int(clock.now().timestamp() * 1000),
    }
    person = getattr(request, "user", None)
    by = actor(request) if isinstance(person, Person) else None
    if by is None or not isinstance(person, Person):
        return always
    free = not person.must_change_password
    hears = free and live.running() and live.may_listen(by)
    entries = open_to(by) if free else ()
    chosen = request.COOKIES.get(f"theme-{person.pk}", "auto")
    return {
        **always,
        "live": {"address": live.LIVE, "after": live.mark()} if hears else None,
        "alarms": partial(alarm_lines, by) if free else (),
        "by": by,
        "person": with_kept_place(person),
        "place": person.place,
        "navigation": [entry for entry in entries if not entry.own],
        "own_pages": [entry for entry in entries if entry.own],
        "theme": chosen if chosen in THEMES else "auto",
    }
