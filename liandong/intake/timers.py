"""What happens at a desk when a clock of one of its orders runs out."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.db.models import Model

from liandong.audit.by import clock_of
from liandong.intake import actions
from liandong.intake.models import Order
from liandong.kernel.duework import DueColumn


def answer_ran_out(row: Model, now: datetime) -> None:
    order = cast(Order, row)
    actions.overdue(by=clock_of(order.desk), order=order)


def followup_ran_out(row: Model, now: datetime) -> None:
    order = cast(Order, row)
    actions.silence(by=clock_of(order.desk), order=order)


DUE = (DueColumn(Order, "answer_by", answer_ran_out), DueColumn(Order, "followup_by", followup_ran_out))
