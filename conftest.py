"""What holds for every test: nothing kept in the process from the test before."""

from __future__ import annotations

import pytest

from liandong.identity import queries


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    queries.forget()
