"""The folder that holds everything this installation makes: database, secrets, logs."""

from __future__ import annotations

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(os.environ.get("LIANDONG_STATE", BASE_DIR / ".liandong")).absolute()
