"""The text of a token: `ld_`, 43 characters of chance (256 bits), 4 of check. Pure but for the chance.

The check characters let a mistyped or cut token be refused without asking the database; they prove nothing.
"""

from __future__ import annotations

import re
import secrets
from base64 import b32encode

from liandong.kernel.seals import sm3

SHAPE = re.compile(r"ld_[A-Za-z0-9_-]{43}[a-z2-7]{4}", re.ASCII)


def make() -> str:
    """A new token."""
    body = f"ld_{secrets.token_urlsafe(32)}"
    return body + _check(body)


def well_formed(raw: str) -> bool:
    """Whether shape and check characters are right; says nothing about whether there is such a token."""
    return SHAPE.fullmatch(raw) is not None and _check(raw[:-4]) == raw[-4:]


def digest(raw: str) -> bytes:
    """What is kept of a token (32 bytes, SM3). 256 bits of chance need no salt and no slow hash."""
    return sm3(raw.encode())


def _check(body: str) -> str:
    return b32encode(sm3(b"check:" + body.encode())[:3])[:4].decode().lower()
