"""Telling open screens what happened: written by who follows facts, heard by `hearing.Hub` in each web server.

A message is a row, so that a screen whose line was cut gets what it missed; the notice that wakes the web servers
carries only the highest id of its batch. What concerns an account (signed out, closed) is a notice without a row: a
session is asked again every minute anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

import orjson
from django.db import connection

from liandong.kernel import clock
from liandong.kernel.live import ACCOUNT, CHANNEL, Message
from liandong.kernel.models import LiveMessage

KEPT_FOR = timedelta(days=1)
TIDIED_AT_ONCE = 1000
# Any fixed number will do, as long as nobody else takes it: "live" in ASCII.
_IN_ORDER = 0x6C697665


def write(messages: Sequence[Message]) -> None:
    """Write the messages of one batch in the running transaction; web servers are woken by its commit.

    Ids are handed out before a commit, so of two workers side by side the later id could be seen first, and who
    remembers the highest id it saw would never look for the earlier one. The lock makes them be seen in order: it is
    taken before the ids and held until the commit.
    """
    if not messages:
        return
    rows = orjson.dumps([asdict(message) for message in messages]).decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_IN_ORDER])
        cursor.execute(_WRITE, [clock.now(), rows, CHANNEL])


# The notice is sent in the same round trip.
_WRITE = """
WITH written AS (
    INSERT INTO kernel_livemessage (at, kind, topics, matter, "order", transfer, danger, needs)
    SELECT %s, kind, topics, matter, "order", transfer, danger, needs
    FROM ROWS FROM (jsonb_to_recordset(%s::jsonb) AS (
        kind text, topics text[], matter text, "order" text, transfer text, danger boolean, needs text
    )) WITH ORDINALITY AS message (kind, topics, matter, "order", transfer, danger, needs, place)
    ORDER BY place
    RETURNING id
)
SELECT pg_notify(%s, max(id)::text) FROM written
"""


def tell_account(person: int) -> None:
    """With the commit of the running transaction: ask again whether this person's open screens may stay open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"{ACCOUNT}{person}"])


def tidy() -> int:
    """Remove messages older than `KEPT_FOR`, some at a time, and return how many; the newest row always stays.

    It is kept so that a web server can tell what was removed from what never was.
    """
    newest = LiveMessage.objects.order_by("-id").values_list("id", flat=True).first()
    oldest = LiveMessage.objects.order_by("id").values_list("id", "at")[:TIDIED_AT_ONCE]
    # The oldest stand first under the key, so no index on the moment is needed.
    gone = [pk for pk, at in oldest if at < clock.now() - KEPT_FOR and pk != newest]
    return LiveMessage.objects.filter(id__in=gone).delete()[0] if gone else 0
