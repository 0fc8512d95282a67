"""kill -9 under load. LIANDONG_STORM_SEED repeats a run, LIANDONG_STORM_SECONDS makes it longer; `make bench` takes a
minute of it, without rest."""

from __future__ import annotations

import os
import random

import pytest

from tests.faults.node import node
from tests.faults.storm import storm

SECONDS, REST = 6.0, 0.2


@pytest.mark.slow
def test_no_accepted_order_is_lost_or_doubled_when_processes_are_killed() -> None:
    seed = int(os.environ.get("LIANDONG_STORM_SEED") or random.randrange(10**6))
    seconds = float(os.environ.get("LIANDONG_STORM_SECONDS") or SECONDS)
    with node("--no-calls") as whole:
        told = storm(whole, seconds=seconds, seed=seed, rest=REST)
    print(told)
    assert told.accepted > 0, told
    assert sum(told.kills.values()) > 0, told
    assert not told.wrong, told
