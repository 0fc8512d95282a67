"""The short faults between two real nodes; `python -m tests.faults.pair` tries all. LIANDONG_STORM_SEED repeats."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.faults.couple import Couple, couple
from tests.faults.trial import trial

MATTERS = 6
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def both() -> Iterator[Couple]:
    with couple("ferry") as made:
        yield made


@pytest.mark.parametrize("fault", ["cut-both", "kill-worker-110"])
def test_two_nodes_are_equal_after_a_fault_and_nothing_is_lost_or_doubled(both: Couple, fault: str) -> None:
    seed = int(os.environ.get("LIANDONG_STORM_SEED") or random.randrange(10**6))
    told = trial(both, fault, seed=seed, matters=MATTERS)
    print(f"seed {seed}: {told}")
    assert not told.skipped, told
    assert not told.wrong, told
    assert told.messages > 0, told
