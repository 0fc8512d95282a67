"""The server keeps to its own description, whatever is sent.

By its name it comes late: who waits until all is followed that was told would wait for what this has told."""

from __future__ import annotations

import pytest

from liandong.exchange.tests.fuzz import fuzz, seeded
from liandong.exchange.tests.served import Served
from liandong.exchange.tests.speaking import Program


@pytest.mark.slow
def test_the_fuzzer_finds_nothing(served: Served, hot: Program, police: Program) -> None:
    # The seed is fixed, so that a run that was green stays so; the long run looks further.
    done = fuzz(served, seeded(hot, police), "--max-examples", "20", "--seed", "20261124")
    assert done.returncode == 0, done.stdout[-6000:]
    assert "17 selected / 17 total" in done.stdout
