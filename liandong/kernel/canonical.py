"""One byte form for every value that is hashed or signed: RFC 8785 (JSON Canonicalization Scheme)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
import rfc8785

# Beyond it a number is not the same in every reader (RFC 7493).
_WHOLE = 2**53
_LEAVES = frozenset({str, bool, int, float, type(None)})


def plain(value: Any) -> Any:
    """Turn moments, tuples and mappings into JSON values; a moment is UTC with microseconds and a `Z`."""
    if type(value) in _LEAVES:
        return value
    if isinstance(value, datetime):
        return moment(value)
    if type(value) is dict or isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(v) for v in value)
    return value


@lru_cache(maxsize=32)  # one write puts down the same moment again and again
def moment(value: datetime) -> str:
    """`2026-11-24T01:02:03.000004Z`. Raises ValueError for a naive datetime."""
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def canonical(value: Any) -> bytes:
    """The RFC 8785 bytes of `value`."""
    if not _written_alike(value):
        value = plain(value)
        if not _written_alike(value):
            return rfc8785.dumps(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _written_alike(value: Any) -> bool:
    """Whether orjson writes RFC 8785 for JSON values: but for fractions, long integers, names beyond ASCII it does."""
    kind = type(value)
    if kind is str:
        return True
    if kind is dict:
        return all(type(name) is str and name.isascii() for name in value) and all(map(_written_alike, value.values()))
    if kind is list:
        return all(map(_written_alike, value))
    if kind is int:
        return bool(-_WHOLE < value < _WHOLE)
    return value is None or kind is bool
