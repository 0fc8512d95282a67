"""The catalogue of audit events as a page of the documentation. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from liandong.audit.catalogue import EventKind, Field

_HEAD = """# Audit events

Written by `liandong audit catalogue --write` from the kinds each area lists in its `facts.py` (`AUDITED`); a test
compares this page with the code. What an event looks like, and how chains and seals bind it, is told in
`liandong/audit/README.md`.

| code | 名称 | 含义 | detail |
|---|---|---|---|
"""


_FIELDS = """
## Fields of the details

What an auditor sees of a field on the screen and in an exported sheet. `masked`: long runs of digits are covered.
`withheld`: only the length is told. The trail itself holds what was written.

| code | 名称 | shown |
|---|---|---|
"""


def render(kinds: Sequence[EventKind], fields: Sequence[Field]) -> str:
    """The Markdown page over `kinds` and `fields`, one row each."""
    told = "".join(f"{_row(kind)}\n" for kind in kinds)
    return _HEAD + told + _FIELDS + "".join(f"| `{one.code}` | {one.label} | {one.shown} |\n" for one in fields)


def _row(kind: EventKind) -> str:
    fields = " ".join(f"`{field}`" for field in kind.fields) or "–"
    return f"| `{kind.code}` | {kind.label} | {kind.means or kind.label} | {fields} |"
