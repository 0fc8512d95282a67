"""One server for all tests that speak HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from liandong.exchange.tests.served import Served, serving
from liandong.exchange.tests.speaking import Program


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture(scope="session")
def hot(served: Served) -> Program:
    """The system of the city's 12345."""
    return Program(served.url, served.tokens["hot"])


@pytest.fixture(scope="session")
def police(served: Served) -> Program:
    """The system of the city's 110."""
    return Program(served.url, served.tokens["police"])


@pytest.fixture(scope="session")
def county(served: Served) -> Program:
    """The system of a county's 110."""
    return Program(served.url, served.tokens["county"])
