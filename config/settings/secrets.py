"""Secrets come from the environment; only the try mode may make its own, once, in a file only its owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def secret(name: str, state_dir: Path, *, may_create: bool) -> str:
    """Return the secret `name`: environment first, then `<state_dir>/secrets/<name>`.

    A made secret is 16 random bytes in hex. Two processes starting together agree: the file is linked into place
    whole, and who comes second reads the first one's. Raises ImproperlyConfigured when it is missing and may not
    be made.
    """
    given = os.environ.get(name)
    if given:
        return given
    path = state_dir / "secrets" / name
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    if not may_create:
        raise ImproperlyConfigured(f"{name} is not set (outside the try mode every secret must be given)")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(secrets.token_hex(16))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii").strip()
