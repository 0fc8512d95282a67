"""The grants of docs/operations/database-roles.md, tried out as the roles they are given to."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from liandong.audit.actions import seal_waiting
from liandong.audit.by import By
from liandong.audit.tests.written import small_trail, verdict, write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_kinds")]

ROLES = ("liandong_app", "liandong_auditor")


def documented_grants() -> str:
    page = (Path(settings.BASE_DIR) / "docs" / "operations" / "database-roles.md").read_text(encoding="utf-8")
    found = re.search(r"```sql\n(.*?)```", page, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def roles() -> dict[str, str]:
    """The documented roles under names of their own, gone again with the test's transaction."""
    mark = uuid.uuid4().hex[:8]
    made = {role: f"{role}_{mark}" for role in ROLES}
    grants = re.sub("|".join(ROLES), lambda match: made[match[0]], documented_grants())
    with connection.cursor() as cursor:
        for role in made.values():
            cursor.execute(f"CREATE ROLE {role}")
        cursor.execute(grants)
    return made


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        yield
        cursor.execute("RESET ROLE")


def test_the_application_records_seals_and_verifies(roles: dict[str, str], clerk: By) -> None:
    with acting_as(roles["liandong_app"]):
        small_trail(clerk)
        assert seal_waiting() is not None
        assert verdict().intact


def test_the_auditor_verifies_and_cannot_write(roles: dict[str, str], clerk: By) -> None:
    small_trail(clerk)
    with acting_as(roles["liandong_auditor"]):
        assert verdict().intact
        with pytest.raises(ProgrammingError, match="permission denied"):
            write(clerk, "a", "")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET person = 1",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE audit_seal SET prev = hash",
        "DELETE FROM audit_seal",
        "TRUNCATE audit_seal",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only",
        "DROP TRIGGER audit_event_append_only ON audit_event",
        "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "SET LOCAL session_replication_role = replica",
        "DROP TABLE audit_event",
        "SELECT setval('audit_event_id_seq', 1)",
    ],
)
def test_the_application_cannot_touch_what_is_written(roles: dict[str, str], clerk: By, statement: str) -> None:
    small_trail(clerk)
    with (
        acting_as(roles["liandong_app"]),
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert verdict().intact
