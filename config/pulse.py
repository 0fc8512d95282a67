"""The pulse of a worker: writes down when each of its loops last came round, so that a scrape of another process sees
one that hangs. A loop that fails in every round has no round to tell of.
"""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta

from config.loops import ROUNDS

PULSE_LOOK = 10.0
# Without a round for as long, a loop is not counted as alive: three times the longest rest and some.
ALIVE = timedelta(seconds=90)
FORGOTTEN = timedelta(days=1)


def name_of_this() -> str:
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


def beat() -> int:
    """Write the rounds of this process; rows of processes long gone are removed. Returns 0: there is never more."""
    from liandong.kernel.models import WorkerLoop

    worker = name_of_this()
    rows = [WorkerLoop(worker=worker, loop=loop, round_at=at) for loop, at in list(ROUNDS.items())]
    WorkerLoop.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["worker", "loop"], update_fields=["round_at"]
    )
    WorkerLoop.objects.filter(round_at__lt=datetime.now(UTC) - FORGOTTEN).delete()
    return 0


def over() -> None:
    """A worker that ends in order is not missed."""
    from liandong.kernel.models import WorkerLoop

    WorkerLoop.objects.filter(worker=name_of_this()).delete()
