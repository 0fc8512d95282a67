"""The verifier stands alone."""

from __future__ import annotations

import subprocess
import sys

ALONE = """
import sys
from datetime import datetime, timedelta, UTC
from liandong.audit.verifier import verify
found = verify([], [], [], now=datetime.now(UTC), patience=timedelta(minutes=1))
assert found.intact and found.head is None
print([name for name in sys.modules if name.split('.')[0] in ('django', 'psycopg')])
"""


def test_the_verifier_runs_without_the_framework_and_the_driver() -> None:
    ran = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
