"""The shortest fault between two real nodes; `python -m tests.faults.pair` tries all. LIANDONG_STORM_SEED repeats."""

from __future__ import annotations

import os
import random

import pytest

from tests.faults.couple import couple
from tests.faults.trial import trial

MATTERS = 6


@pytest.mark.slow
def test_two_nodes_are_equal_after_a_cut_and_a_kill_and_nothing_is_lost_or_doubled() -> None:
    seed = int(os.environ.get("LIANDONG_STORM_SEED") or random.randrange(10**6))
    with couple("ferry") as both:
        told = trial(both, "cut-and-kill", seed=seed, matters=MATTERS)
    print(f"seed {seed}: {told}")
    assert not told.skipped, told
    assert not told.wrong, told
    assert told.messages > 0, told
