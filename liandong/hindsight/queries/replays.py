"""The doors to replays: who makes the list sees them."""

from __future__ import annotations

from django.db.models import QuerySet

from liandong.audit.by import By
from liandong.hindsight.models import Replay
from liandong.kernel.errors import NotAllowed, NotFound
from liandong.routing.models import ListVersion
from liandong.routing.queries import MAKING


def maker(by: By) -> None:
    """Raises NotAllowed for who neither edits nor proposes nor approves the list."""
    by.needs("order.read")
    if not any(by.may(right) for right in MAKING):
        raise NotAllowed(right=MAKING[0])


def visible_replays(by: By, version: ListVersion | None = None) -> QuerySet[Replay]:
    """Replays, newest first, without what they were made of. Raises NotAllowed."""
    maker(by)
    rows = Replay.objects.select_related("list_version").defer("items", "tally")
    return (rows.filter(list_version=version) if version is not None else rows).order_by("-pk")


def access_replay(by: By, replay: int) -> Replay:
    """Raises NotAllowed, NotFound."""
    found = visible_replays(by).filter(pk=replay).first()
    if found is None:
        raise NotFound("没有这次仿真。")
    return found
