"""In which matters a node may not act now: it was put back to a backup and its peers may know more (ADR 0023)."""

from __future__ import annotations

from datetime import timedelta

from liandong.identity.errors import HeldBack
from liandong.identity.queries import held_back_since, is_here
from liandong.intake.models import Matter
from liandong.intake.queries import rulebook
from liandong.kernel import clock


def is_held_back(matter: Matter) -> bool:
    """Whether the matter may be one of before the backup was put back, with what was said of it since not all here.

    Of what others opened after the new life began the former one can have said nothing; clocks differ by what the city
    allows, each of the two.
    """
    since = held_back_since()
    if since is None:
        return False
    if not is_here(matter.first_desk):
        since += 2 * timedelta(seconds=rulebook().parameter("peer_clock_skew_seconds", clock.now()))
    return matter.opened_at <= since


def must_not_be_held_back(matter: Matter) -> None:
    """Raises HeldBack."""
    if is_held_back(matter):
        raise HeldBack
