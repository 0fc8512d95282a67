"""A small trail with people in it, and somebody who has the owner's right over the tables."""

from __future__ import annotations

import pytest

from liandong.audit import catalogue
from liandong.audit.by import By
from liandong.audit.tests.written import DONE, SEEN


@pytest.fixture
def known_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds beside those of the house, for one test."""
    monkeypatch.setattr(catalogue, "_known", dict(catalogue._known))
    catalogue.register(DONE, SEEN)


@pytest.fixture
def clerk() -> By:
    return By(name="李受理", post="acceptor", desk="desk-a", person=7)


@pytest.fixture
def auditor() -> By:
    return By(name="赵审计", post="auditor", desk="desk-a", person=9, rights=frozenset({"audit.read"}))
