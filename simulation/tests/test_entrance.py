"""What a call is on the wire, and a whole run from the command line whose calls come in through the API."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from liandong.exchange.messages import ACCEPT
from simulation.entrance import Entering, message
from tests.address import database_url


@pytest.mark.parametrize(
    "call",
    [
        Entering("work", "题", "内容\n两行", phone="19912345678", name="模拟来电人1", external_id="x-1"),
        Entering("police", "题", "内容", level="larger", urgency="danger", danger="打起来了", address="某路"),
    ],
)
def test_a_call_is_a_valid_accept_message(call: Entering) -> None:
    ACCEPT.require(message(call))


@pytest.mark.django_db
def test_a_run_through_the_api_holds_its_promises_and_leaves_no_database_behind() -> None:
    asked = ["--days", "0.05", "--api", "app", "--check", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "simulation.run", *asked],
        env={**os.environ, "DATABASE_URL": database_url(), "LIANDONG_MODE": "try"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["violations"] == 0
    assert figures["matters"] > 10
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{settings_name()}_sim_%"])
        assert cursor.fetchall() == []


def settings_name() -> str:
    return str(connection.settings_dict["NAME"])
