"""Where files for tests stand that may not be copied into the repository."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings


def shared_file(name: str) -> Path | None:
    """The file below `LIANDONG_SHARED`, else below the folder `shared` beside the repository; None where absent."""
    given = os.environ.get("LIANDONG_SHARED")
    folder = Path(given) if given else Path(settings.BASE_DIR).parent / "shared"
    path = folder / name
    return path if path.is_file() else None
