"""THE list of due columns: every moment at which something must happen by itself, and what happens then."""

from __future__ import annotations

from liandong.hindsight import timers as hindsight
from liandong.intake import timers as intake
from liandong.kernel.duework import DueColumn
from liandong.routing import timers as routing
from liandong.transfer import timers as transfer

CLOCKS: tuple[DueColumn, ...] = (*transfer.DUE, *routing.DUE, *intake.DUE, *hindsight.DUE)
