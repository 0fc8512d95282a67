"""The catalogue of audit events as a page of the documentation. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from liandong.audit.catalogue import EventKind

_HEAD = """# Audit events

Written by `liandong audit catalogue --write` from the kinds each area lists in its `facts.py` (`AUDITED`); a test
compares this page with the code. What an event looks like, and how chains and seals bind it, is told in
`liandong/audit/README.md`.

| code | 名称 | 含义 | detail |
|---|---|---|---|
"""


def render(kinds: Sequence[EventKind]) -> str:
    """The Markdown page over `kinds`, one row a kind."""
    return _HEAD + "".join(f"{_row(kind)}\n" for kind in kinds)


def _row(kind: EventKind) -> str:
    fields = " ".join(f"`{field}`" for field in kind.fields) or "–"
    return f"| `{kind.code}` | {kind.label} | {kind.means or kind.label} | {fields} |"
