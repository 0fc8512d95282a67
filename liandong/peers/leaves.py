"""A JSON document as its leaves by path, and back: how profiles name the fields of any interface. Pure.

A path is a JSON pointer, except that an item of an array is `#0` (`/list/#0/name`), so that the document can be put
together again; a name that begins with `#` is written `~2`. An empty object or array is a leaf.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Leaves = dict[str, Any]


def taken_apart(value: Any) -> Leaves:
    """The leaves of a document, in its order."""
    return dict(_walk(value, ""))


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and (value or not path):
        for name, inner in value.items():
            yield from _walk(inner, f"{path}/{_escaped(str(name))}")
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            yield from _walk(inner, f"{path}/#{place}")
    else:
        yield path, value


def put_together(leaves: Mapping[str, Any]) -> dict[str, Any]:
    """The document of these leaves. A leaf whose place is taken by another is left out (see `conflict`)."""
    root: dict[str, Any] = {}
    for path, value in leaves.items():
        _put(root, path.split("/")[1:], value)
    return {name: _arrays(inner) for name, inner in ((_plain(n), v) for n, v in root.items())}


def _put(root: dict[str, Any], names: list[str], value: Any) -> None:
    at = root
    for name in names[:-1]:
        inner = at.setdefault(name, _Branch())
        if not isinstance(inner, _Branch):
            return
        at = inner
    if names and not isinstance(at.get(names[-1]), _Branch):
        at[names[-1]] = value


class _Branch(dict[str, Any]):
    """A part that was put together here, unlike an empty object that came as a leaf."""


def _arrays(value: Any) -> Any:
    if not isinstance(value, _Branch):
        return value
    if all(name.startswith("#") for name in value):
        return [_arrays(value[name]) for name in sorted(value, key=lambda name: int(name[1:]))]
    return {_plain(name): _arrays(inner) for name, inner in value.items()}


def _escaped(name: str) -> str:
    name = name.replace("~", "~0").replace("/", "~1")
    return "~2" + name[1:] if name.startswith("#") else name


def _plain(name: str) -> str:
    name = "#" + name[2:] if name.startswith("~2") else name
    return name.replace("~1", "/").replace("~0", "~")
