"""Which request something belongs to: the W3C trace context (`traceparent`), from a request through facts, messages
between nodes and the trail, to the log lines of every process that had a part in it.

It is carried along in the running context and says nothing about anybody: two random numbers.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_FORM = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_NOTHING = ("0" * 32, "0" * 16)
_current: ContextVar[str] = ContextVar("traceparent", default="")


def read(text: str) -> str:
    """The trace context as it came; empty where it is none, which is no reason to refuse what it came with."""
    found = _FORM.fullmatch(text)
    return "" if found is None or found[1] == _NOTHING[0] or found[2] == _NOTHING[1] else text


def new() -> str:
    """The beginning of a trace of our own."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def current() -> str:
    """The trace context of what runs now; empty outside of any."""
    return _current.get()


def trace_id(traceparent: str) -> str:
    """The part that is the same in every process; empty of no trace."""
    return traceparent[3:35]


@contextmanager
def following(traceparent: str) -> Iterator[None]:
    """Let what runs inside belong to the trace that `traceparent` belongs to, as a part of its own; to a new one where
    it is empty or no trace context.
    """
    known = read(traceparent)
    token = _current.set(f"00-{trace_id(known)}-{secrets.token_hex(8)}-{known[-2:]}" if known else new())
    try:
        yield
    finally:
        _current.reset(token)
