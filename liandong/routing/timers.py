"""What happens when an approved version of the list reaches its day."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.db.models import Model

from liandong.kernel.duework import DueColumn
from liandong.routing.actions import reach_effect
from liandong.routing.models import ListVersion


def effect_reached(model: Model, now: datetime) -> None:
    """Writes down what the dates already say, so that a worker that was away changes nobody's answer."""
    reach_effect(cast(ListVersion, model), now)


DUE = (DueColumn(ListVersion, "effective_by", effect_reached),)
