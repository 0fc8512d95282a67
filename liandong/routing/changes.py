"""What differs between two versions of the diversion list, item by item and field by field. Pure.

An item is known by its code. What changes side stands first, then what gets there by another kind of transfer: those
decide who comes out; the rest follows by code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from liandong.routing.items import ItemValues

# In the order in which they are told.
COMPARED = (
    "side",
    "kind",
    "class_name",
    "text",
    "exceptions",
    "unit_type",
    "legal_basis",
    "clause",
    "signals",
    "examples",
)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field; signals and examples are tuples, the rest texts."""

    name: str
    before: str | tuple[str, ...]
    after: str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemChange:
    before: ItemValues
    after: ItemValues
    fields: tuple[FieldChange, ...]

    @property
    def code(self) -> str:
        return self.after.code

    @property
    def moved(self) -> bool:
        """Whether it belongs to the other side now."""
        return self.before.side != self.after.side


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How much of one class differs; a changed item counts under the class it has now. `moved` are among `changed`."""

    class_name: str
    added: int
    removed: int
    changed: int
    moved: int


@dataclass(frozen=True, slots=True)
class Differences:
    added: tuple[ItemValues, ...]
    removed: tuple[ItemValues, ...]
    changed: tuple[ItemChange, ...]
    by_class: tuple[ClassCount, ...]

    @property
    def moved(self) -> int:
        return sum(change.moved for change in self.changed)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def differences(before: Iterable[ItemValues], after: Iterable[ItemValues]) -> Differences:
    """What leads from `before` to `after`; within one of them no code occurs twice."""
    old = {item.code: item for item in before}
    new = {item.code: item for item in after}
    added = tuple(new[code] for code in sorted(new.keys() - old.keys()))
    removed = tuple(old[code] for code in sorted(old.keys() - new.keys()))
    changed = [
        ItemChange(old[code], new[code], _fields(old[code], new[code]))
        for code in old.keys() & new.keys()
        if old[code] != new[code]
    ]
    changed.sort(key=_first_what_decides)
    return Differences(added, removed, tuple(changed), _by_class(added, removed, changed))


def _fields(before: ItemValues, after: ItemValues) -> tuple[FieldChange, ...]:
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in COMPARED)
    return tuple(FieldChange(name, old, new) for name, old, new in pairs if old != new)


def _first_what_decides(change: ItemChange) -> tuple[bool, bool, str]:
    return (not change.moved, change.before.kind == change.after.kind, change.code)


def _by_class(
    added: Iterable[ItemValues], removed: Iterable[ItemValues], changed: Iterable[ItemChange]
) -> tuple[ClassCount, ...]:
    counts: dict[str, list[int]] = {}

    def count(class_name: str, *places: int) -> None:
        row = counts.setdefault(class_name, [0, 0, 0, 0])
        for place in places:
            row[place] += 1

    for item in added:
        count(item.class_name, 0)
    for item in removed:
        count(item.class_name, 1)
    for change in changed:
        count(change.after.class_name, 2, *([3] if change.moved else []))
    return tuple(ClassCount(name, *row) for name, row in sorted(counts.items()))
