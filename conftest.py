"""What holds for every test."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import SettingsWrapper

from liandong.identity import queries

pytest_plugins = ["tests.flush"]


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """Nothing kept in the process from the test before."""
    queries.forget()


@pytest.fixture(autouse=True)
def _quick_hashes(settings: SettingsWrapper) -> None:
    """Passwords are hashed slowly on purpose; the tests make many and guard none."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
