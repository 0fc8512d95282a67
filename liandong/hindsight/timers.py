"""What goes on by itself: replays that were asked for."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.db.models import Model

from liandong.hindsight.actions import go_on
from liandong.hindsight.models import Replay
from liandong.kernel.duework import DueColumn


def replay_goes_on(model: Model, now: datetime) -> None:
    """Another stretch; the row is due again until the last order of the period is reached."""
    go_on(cast(Replay, model), now)


DUE = (DueColumn(Replay, "run_by", replay_goes_on),)
