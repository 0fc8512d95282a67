"""The catalogue of audit events: what may stand in the trail, under which label, with which details.

The audit area knows no trade: each area lists its own kinds in its `facts.py` as `AUDITED` and hands them over in its
`AppConfig.ready()`. What is not listed cannot be recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class CatalogueError(RuntimeError):
    """A programming error: an event the catalogue does not know, or one kind described in two ways."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event. `label` and `means` are Chinese; `fields` are the keys its detail may have.

    Kinds of which the code ends in `.seen` or `.revealed` answer the question who saw something.
    """

    code: str
    label: str
    fields: tuple[str, ...] = ()
    means: str = ""


_known: dict[str, EventKind] = {}


def register(*kinds: EventKind) -> None:
    """Add kinds; the same kind twice is no harm. Raises CatalogueError when a code is described in two ways."""
    for kind in kinds:
        if _known.setdefault(kind.code, kind) != kind:
            raise CatalogueError(f"audit event {kind.code} is described twice")


def kinds() -> tuple[EventKind, ...]:
    """All kinds, by code."""
    return tuple(_known[code] for code in sorted(_known))


def check(code: str, fields: Iterable[str]) -> None:
    """Raises CatalogueError when the kind is unknown or does not have one of the fields."""
    kind = _known.get(code)
    if kind is None:
        raise CatalogueError(f"audit event {code} is not in the catalogue; list it in the area's facts.AUDITED")
    strange = [field for field in fields if field not in kind.fields]
    if strange:
        raise CatalogueError(f"audit event {code} has no field {', '.join(strange)}")
