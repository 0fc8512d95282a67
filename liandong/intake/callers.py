"""Personal fields of a caller: sealed, found by blind index, masked. Pure: keys come in as values.

PIPL and GB/T 22239 level 3: what is stored cannot be read without the key, what is shown is masked unless a purpose
is given.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from liandong.kernel.seals import blind, seal, unseal


@dataclass(frozen=True, slots=True)
class Caller:
    name: str = ""
    phone: str = ""
    identity_number: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class SealedCaller:
    """What is stored: three sealed fields, two blind indexes (32 bytes each), or None where nothing was given."""

    name: bytes | None
    phone: bytes | None
    identity_number: bytes | None
    phone_blind: bytes | None
    identity_blind: bytes | None


def plain_phone(text: str) -> str:
    """Digits only, without the country's prefix: the one form in which phones are compared."""
    digits = text if text.isascii() and text.isdigit() else re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
    return digits if len(digits) < 13 else re.sub(r"^(0086|86)(?=1\d{10}$)", "", digits)


def phone_index(key: bytes, phone: str) -> bytes | None:
    """The blind index of a phone, None when it has no digit."""
    digits = plain_phone(phone)
    return blind(key, f"phone:{digits}") if digits else None


def identity_index(key: bytes, identity_number: str) -> bytes | None:
    tidy = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", identity_number)).upper()
    return blind(key, f"identity:{tidy}") if tidy else None


def protect(caller: Caller, order: str, *, seal_key: bytes, blind_key: bytes) -> SealedCaller:
    """Seal the fields for the order of number `order`; a sealed value moved to another order does not open."""

    def closed(field: str, text: str) -> bytes | None:
        return seal(seal_key, text, bound_to=f"{order}:{field}") if text else None

    return SealedCaller(
        name=closed("name", caller.name),
        phone=closed("phone", caller.phone),
        identity_number=closed("identity_number", caller.identity_number),
        phone_blind=phone_index(blind_key, caller.phone),
        identity_blind=identity_index(blind_key, caller.identity_number),
    )


def reveal(sealed: SealedCaller, order: str, *, seal_key: bytes, secret: bool) -> Caller:
    """Open the fields again. Raises SealBroken."""

    def opened(field: str, value: bytes | None) -> str:
        return unseal(seal_key, bytes(value), bound_to=f"{order}:{field}") if value else ""

    return Caller(
        name=opened("name", sealed.name),
        phone=opened("phone", sealed.phone),
        identity_number=opened("identity_number", sealed.identity_number),
        secret=secret,
    )


# A long name is covered by no more: how long it is says something of who it is, and the stars fill a row.
MOST_STARS = 6


def masked(caller: Caller) -> Caller:
    """What everybody with access may see: surname, first three and last four digits, ends of the identity number."""
    return Caller(
        name=caller.name[:1] + "*" * min(max(1, len(caller.name) - 1), MOST_STARS) if caller.name else "",
        phone=_middle_hidden(caller.phone, 3, 4),
        identity_number=_middle_hidden(caller.identity_number, 4, 2),
        secret=caller.secret,
    )


def _middle_hidden(text: str, head: int, tail: int) -> str:
    if not text:
        return ""
    if len(text) <= head + tail:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]
