"""A message as the journal keeps it: sealed whole, and named so that the same is never posted twice. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from liandong.kernel.canonical import canonical
from liandong.kernel.seals import seal, unseal


@dataclass(frozen=True, slots=True)
class Entry:
    """`mark` tells the messages of a kind about one subject apart."""

    kind: str
    subject: str
    mark: str
    urgent: bool
    data: Mapping[str, Any]

    @property
    def name(self) -> tuple[str, str, str]:
        return self.kind, self.subject, self.mark


def closed(entry: Entry, peer: str, key: bytes) -> bytes:
    """The data as it is stored: a caller stands in it in clear (PIPL)."""
    return seal(key, canonical(entry.data).decode(), bound_to=_place(peer, *entry.name))


def opened(document: bytes | memoryview, peer: str, kind: str, subject: str, mark: str, key: bytes) -> dict[str, Any]:
    """Raises SealBroken."""
    found: dict[str, Any] = orjson.loads(unseal(key, document, bound_to=_place(peer, kind, subject, mark)))
    return found


def _place(peer: str, kind: str, subject: str, mark: str) -> str:
    return f"journal:{peer}:{kind}:{subject}:{mark}"
