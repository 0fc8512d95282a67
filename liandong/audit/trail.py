"""The form of the trail: the bytes of an event, the link of a chain, the root of a batch, the hash of a seal. Pure.

Every hash is SM3 (GB/T 32905) over bytes that cannot be read in two ways: leaves and inner nodes of the Merkle tree
and the head of a seal carry different first bytes, so that none can pass for another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from liandong.audit import catalogue
from liandong.audit.by import By
from liandong.kernel.canonical import canonical, moment
from liandong.kernel.seals import sm3
from liandong.kernel.trace import current, trace_id

HASH_BYTES = 32
GENESIS = bytes(HASH_BYTES)

_LEAF, _NODE, _SEAL = b"\x00", b"\x01", b"\x02"


class Entry(NamedTuple):
    """The columns of one `audit_event`, in the order of the table, without its id."""

    at: datetime
    kind: str
    subject: str
    person: int | None
    party: str
    body: str
    prev: bytes
    hash: bytes


def entry(kind: str, *, by: By, subject: str, at: datetime, detail: Mapping[str, Any], prev: bytes = GENESIS) -> Entry:
    """An event ready to be inserted, linked to `prev`, the hash of the subject's event before it.

    Without `prev` it opens the subject's chain. Raises CatalogueError when the catalogue does not know the kind or
    one of the detail's fields.
    """
    catalogue.check(kind, detail)
    body = compose(kind, by, subject, at, detail)
    return Entry(at, kind, subject, by.person, by.party, body, prev, link(prev, body))


def compose(kind: str, by: By, subject: str, at: datetime, detail: Mapping[str, Any]) -> str:
    """The canonical JSON (RFC 8785) of the whole event, with the number of the trace it belongs to, if any.

    Raises ValueError for a naive `at`.

    Every action of the house comes through here, so the object is put together from two canonical parts: `at` and
    `by` sort before the other keys, and an actor's part is the same for a whole shift.
    """
    trace = trace_id(current())
    told = {"detail": detail, "kind": kind, "subject": subject, **({"trace": trace} if trace else {})}
    rest = canonical(told).decode()
    return f'{{"at":"{moment(at)}","by":{_actor(by)},{rest[1:]}'


@lru_cache(maxsize=1024)
def _actor(by: By) -> str:
    return canonical(by.described()).decode()


def link(prev: bytes, body: str) -> bytes:
    """The event's hash: SM3 over the 32 bytes of the hash before and the body in UTF-8."""
    return sm3(prev + body.encode())


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over at least one leaf; a node without a partner moves up as it is. Raises ValueError for none."""
    if not leaves:
        raise ValueError("a Merkle tree needs a leaf")
    level = [sm3(_LEAF + leaf) for leaf in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [sm3(_NODE + left + right) for left, right in pairs] + odd
    return level[0]


def seal_hash(number: int, at: datetime, root: bytes, prev: bytes, events: Sequence[int]) -> bytes:
    """The seal's hash: over its number, moment, root, the seal before it and the ids of the events it binds."""
    ids = b"".join(event.to_bytes(8, "big") for event in events)
    return sm3(_SEAL + number.to_bytes(8, "big") + moment(at).encode() + root + prev + ids)
