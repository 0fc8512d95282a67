"""Notices that the machine's clock was set back, and lets what waits by the wrong time wait no longer.

It shows in two ways: this process sees its own clock go back, or something waits that was told in the future (the clock
was wrong for less time than lies between two looks, or it was that of another process). Nothing else is touched: the
moments that stand written stay as they were told, and time limits are moments of law.
"""

from __future__ import annotations

import logging
import math
import time
from datetime import datetime, timedelta

from liandong.kernel import clock

log = logging.getLogger("liandong.worker")

LOOK = 2.0
TOLERATED = timedelta(seconds=2)  # by less a time service steps; a wait may be so much longer
AFTERWARDS = 30.0  # seconds; what was begun by the wrong time and is committed later would be overlooked


class Setback:
    """Each process of a node sees it for itself; what they do twice does no harm."""

    def __init__(self) -> None:
        self._last, self._again_until = clock.now(), -math.inf

    def look(self) -> int:
        """Returns 0: there is never more."""
        now = clock.now()
        if now < self._last - TOLERATED:
            self._again_until = time.monotonic() + AFTERWARDS
            log.warning("系统时间回拨了%d秒。", (self._last - now).total_seconds())
        if time.monotonic() < self._again_until or _is_ahead(now + TOLERATED):
            _wait_no_longer()
        self._last = now  # not before: what failed is done at the next look
        return 0


def _is_ahead(moment: datetime) -> bool:
    from liandong.kernel import outbox
    from liandong.peers.actions import setback

    return outbox.are_ahead(moment) or setback.are_ahead(moment)


def _wait_no_longer() -> None:
    from liandong.kernel.outbox import handle_no_later
    from liandong.peers.actions import wait_no_longer

    facts, messages = handle_no_later(), wait_no_longer()
    if facts or messages:
        log.warning("时间回拨：%d件内部事项、%d件待发报文不再等待。", facts, messages)
