"""The catalogue of audit events: what may stand in the trail, under which label, with which details.

The audit area knows no trade: each area lists its own kinds in its `facts.py` as `AUDITED`, the fields of their
details as `FIELDS`, and hands both over in its `AppConfig.ready()`. What is not listed cannot be recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

# Kinds with one of these endings answer the question who saw something.
SIGHTINGS = ("seen", "revealed", "searched", "exported")

# Phones, identity and account numbers, however they are spaced. Not dates, and not the tail of a number of ours.
_LONG_DIGITS = re.compile(r"(?<![0-9A-Z])(?!\d{4}-\d\d-\d\d)\d[\d -]{5,}\d[Xx]?")
_HEAD = 3


class CatalogueError(RuntimeError):
    """A programming error: an event the catalogue does not know, or one kind or field described in two ways."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event. `label` and `means` are Chinese; `fields` are the keys its detail may have.

    `values` names in Chinese what a field of this kind may hold, where that is a code.
    """

    code: str
    label: str
    fields: tuple[str, ...] = ()
    means: str = ""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)

    @property
    def is_sighting(self) -> bool:
        return self.code.rsplit(".", 1)[-1] in SIGHTINGS


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a detail. `shown` is how much of it who reads the trail sees.

    `masked`: typed by people, who may write a number into it: long runs of digits are covered. `withheld`: free text
    about a citizen's affair, of which only the length is told. The trail itself holds both as they were.
    """

    code: str
    label: str
    shown: Literal["plain", "masked", "withheld"] = "plain"


_known: dict[str, EventKind] = {}
_fields: dict[str, Field] = {}


def register(*kinds: EventKind) -> None:
    """Add kinds; the same kind twice is no harm. Raises CatalogueError when a code is described in two ways."""
    for kind in kinds:
        if _known.setdefault(kind.code, kind) != kind:
            raise CatalogueError(f"audit event {kind.code} is described twice")


def describe(*fields: Field) -> None:
    """Add fields; two areas may share one. Raises CatalogueError when it is described in two ways."""
    for one in fields:
        if _fields.setdefault(one.code, one) != one:
            raise CatalogueError(f"audit field {one.code} is described twice")


def kinds() -> tuple[EventKind, ...]:
    """All kinds, by code."""
    return tuple(_known[code] for code in sorted(_known))


def fields() -> tuple[Field, ...]:
    """All fields, by code."""
    return tuple(_fields[code] for code in sorted(_fields))


def sightings() -> list[str]:
    """The codes of the kinds that say who saw something."""
    return [kind.code for kind in kinds() if kind.is_sighting]


def label(code: str) -> str:
    """The kind's name; the code itself for a kind of an older release."""
    kind = _known.get(code)
    return kind.label if kind else code


def check(code: str, fields: Iterable[str]) -> None:
    """Raises CatalogueError when the kind is unknown or does not have one of the fields."""
    kind = _known.get(code)
    if kind is None:
        raise CatalogueError(f"audit event {code} is not in the catalogue; list it in the area's facts.AUDITED")
    strange = [field for field in fields if field not in kind.fields]
    if strange:
        raise CatalogueError(f"audit event {code} has no field {', '.join(strange)}")


def told(
    code: str, detail: Mapping[str, Any], called: Callable[[str, str], str] = lambda field, value: value
) -> list[tuple[str, str, str]]:
    """(field, label, text) of a detail as it may be read on a screen, in the order the kind lists its fields.

    A field nobody described is withheld.
    `called` gives the name of a code that stands in a table of the city and not in the catalogue.
    """
    kind = _known.get(code)
    named = kind.values if kind else {}
    found = []
    order = [*(kind.fields if kind else ()), *detail]
    for name in dict.fromkeys(name for name in order if name in detail):
        value = detail[name]
        described = _fields.get(name, Field(name, name, "withheld"))
        if name not in named:
            value = _called(name, value, called)
        found.append((name, described.label, _shown(described, value, named.get(name, {}))))
    return found


def _called(field: str, value: Any, called: Callable[[str, str], str]) -> Any:
    """The value with its codes, or those in a list, by their names."""
    if isinstance(value, str):
        return called(field, value)
    if isinstance(value, list):
        return [_called(field, one, called) for one in value]
    return value


def _shown(described: Field, value: Any, names: Mapping[str, str]) -> str:
    text = _text(value, names)
    if described.shown == "plain" or not text:
        return text
    return covered(text) if described.shown == "masked" else f"（{len(text)}字，不在此显示）"


def _text(value: Any, names: Mapping[str, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return "；".join(f"{name} {_text(one, names)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return "、".join(_text(one, names) for one in value)
    return names.get(str(value), str(value))


def covered(text: str) -> str:
    """The text with every long run of digits covered but for its head: phones and identity numbers."""
    return _LONG_DIGITS.sub(lambda run: run[0][:_HEAD] + "*" * (len(run[0]) - _HEAD), text)
