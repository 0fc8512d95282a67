"""What a vendor profile does to one document: theirs to ours and back, with nothing lost and every doubt told. Pure.

Whatever has no place on the other side goes along: a leaf of theirs in our `extensions` (`<profile>:<path>`), a leaf of
ours as JSON text in the field the profile names (`carries`). It also goes along where the way there and back would
change it (`2026-1-4` for `2026-01-04`). What goes along counts only as long as the value beside it still says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson

from liandong.kernel.errors import Invalid, LiandongError
from liandong.kernel.jsontext import parse_json
from liandong.peers.leaves import Leaves, put_together, taken_apart
from liandong.peers.profiles import Document, Field, Profile

CITY = timezone(timedelta(hours=8))
EXTENSIONS = {"matter": "/order/extensions", "step": "/body/extensions", "note": "/body/extensions"}
MOST, LONGEST_NAME, LONGEST = 50, 64, 2000
CARRIED = 1024 * 1024
_NOTHING = object()


class NotOfTheProfile(Invalid):
    code = "not_of_the_profile"
    message = "无法识别这份单据：不符合方案中任何一种单据的特征。"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something a person should look at. `field`: the path; `row`: document and row of the profile; Chinese message."""

    field: str
    row: str
    message: str


@dataclass(frozen=True)
class Translation:
    """`document`: of the profile. `left`: what was too large to go along; hand it back to come to the same."""

    document: str
    kind: str
    data: Mapping[str, Any]
    doubts: tuple[Doubt, ...] = ()
    left: Leaves = field(default_factory=dict)


def inward(profile: Profile, theirs: Mapping[str, Any], left: Mapping[str, Any] | None = None) -> Translation:
    """Our draft of their document. `left`: what the way out left of ours. Raises NotOfTheProfile."""
    leaves = taken_apart(theirs)
    found = next((one for one in profile.documents if _fits(one, leaves)), None)
    if found is None:
        raise NotOfTheProfile(f"无法识别这份单据：不符合方案“{profile.title}”中任何一种单据的特征。")
    doubts: list[Doubt] = []
    told = _carried(leaves, found)
    carried = {**told, **(left or {})}
    ours, used = dict(found.set), {path for path, value in found.when.items() if _same(leaves[path], value)}
    for one in found.fields:
        given = tuple(leaves.get(path, _NOTHING) for path in one.theirs)
        # What went along, as long as it says the same as what stands there.
        before = carried.pop(one.ours, _NOTHING)
        if before is not _NOTHING and _equal(_to_theirs(profile, found, one, before, []), given):
            ours[one.ours] = before
            used.update(one.theirs)
            continue
        value = _to_ours(profile, found, one, given, doubts)
        if value is not _NOTHING:
            ours[one.ours] = value
            if _equal(_to_theirs(profile, found, one, value, []), given):
                used.update(one.theirs)
        elif one.otherwise is not None and any(part is not _NOTHING for part in given):
            ours[one.ours] = one.otherwise
    ours = {**carried, **ours}
    if told and all(path in ours and _same(ours[path], value) for path, value in told.items()):
        used.add(found.carries)
    known = {path for one in found.fields for path in one.theirs}
    rest = {path: value for path, value in leaves.items() if path not in used}
    doubts += [_unknown(path, found) for path in rest if path not in known]
    too_large = _go_along(ours, rest, profile, found, doubts)
    return Translation(found.name, found.kind, put_together(ours), tuple(doubts), too_large)


def outward(
    profile: Profile, kind: str, ours: Mapping[str, Any], left: Mapping[str, Any] | None = None, document: str = ""
) -> Translation:
    """Their document of our data. `left`: what the way in left of theirs; `document`: which, where several fit.

    Raises NotOfTheProfile.
    """
    leaves = taken_apart(ours)
    fit = (one for one in profile.documents if one.kind == kind and document in ("", one.name))
    found = next((one for one in fit if _made_by(one, leaves)), None)
    if found is None:
        raise NotOfTheProfile(f"方案“{profile.title}”中没有适合这份{kind}报文的单据。")
    doubts: list[Doubt] = []
    along, leaves = _came_along(leaves, profile, found)
    along |= left or {}
    theirs: Leaves = {**found.when}
    used = set(found.set)
    for one in found.fields:
        before = tuple(along.get(path, _NOTHING) for path in one.theirs)
        value = leaves.get(one.ours, _NOTHING)
        if value is _NOTHING:
            continue
        parts = _to_theirs(profile, found, one, value, doubts)
        if _says(profile, found, one, before, value):
            # As they wrote it; of several codes for one of ours, theirs.
            parts = tuple(b if b is not _NOTHING else p for b, p in zip(before, parts, strict=True))
            used.add(one.ours)
        elif _same(_to_ours(profile, found, one, parts, []), value):
            used.add(one.ours)
        for path, part in zip(one.theirs, parts, strict=True):
            along.pop(path, None)
            if part is not _NOTHING:
                theirs[path] = part
    theirs |= along
    rest = {path: value for path, value in leaves.items() if path not in used}
    too_large = _carry(theirs, rest, found, doubts)
    return Translation(found.name, kind, put_together(theirs), tuple(doubts), too_large)


def _fits(one: Document, leaves: Leaves) -> bool:
    known = all(path in leaves and _same(leaves[path], value) for path, value in one.when.items())
    return known and all(path in leaves for path in one.has)


def _made_by(one: Document, leaves: Leaves) -> bool:
    return all(path in leaves and _same(leaves[path], value) for path, value in one.set.items())


def _same(one: Any, other: Any) -> bool:
    """1, 1.0 and true are three values in a document."""
    return type(one) is type(other) and bool(one == other)


def _equal(parts: tuple[Any, ...], others: tuple[Any, ...]) -> bool:
    return all(_same(one, other) for one, other in zip(parts, others, strict=True))


def _says(profile: Profile, found: Document, one: Field, before: tuple[Any, ...], value: Any) -> bool:
    """Whether what went along of theirs is what ours says now."""
    if all(part is _NOTHING for part in before):
        return False
    read = _to_ours(profile, found, one, before, [])
    return _same(read, value) if read is not _NOTHING else one.otherwise is not None and _same(value, one.otherwise)


def _to_ours(profile: Profile, found: Document, one: Field, given: tuple[Any, ...], doubts: list[Doubt]) -> Any:
    """Ours of a field; nothing where there is none, with a doubt where something stood there."""
    if all(part is _NOTHING for part in given):
        return _NOTHING
    where = f"单据“{found.title}”第{one.number}行"
    name = one.title or one.ours
    value: Any = _NOTHING
    match one.form:
        case "text":
            value = given[0] if isinstance(given[0], str) else _NOTHING
        case "number":
            value = given[0] if type(given[0]) in (int, float) else _NOTHING
        case "code" | "flag":
            value = next((row.ours for row in profile.tables[one.table] if _same(row.theirs, given[0])), _NOTHING)
        case "moment":
            value = _moment(given, one.format)
    if value is _NOTHING:
        shown = " ".join("" if part is _NOTHING else str(part) for part in given)[:80]
        what = f"代码“{shown}”不在对照表“{one.table}”中" if one.table else f"“{shown}”不是所约定的格式"
        doubts.append(Doubt(one.theirs[0], where, f"{name}：{what}（{where}），已原样保留，请核对。"))
    return value


def _moment(given: tuple[Any, ...], form: str) -> Any:
    if not all(isinstance(part, str) for part in given):
        return _NOTHING
    try:
        return datetime.strptime(" ".join(given), form).replace(tzinfo=CITY).isoformat()
    except (ValueError, OverflowError):
        return _NOTHING


def _to_theirs(profile: Profile, found: Document, one: Field, value: Any, doubts: list[Doubt]) -> tuple[Any, ...]:
    """Their parts of a field. A code of ours without a row goes as it is, with a doubt."""
    if one.form in ("code", "flag"):
        for row in profile.tables[one.table]:
            if _same(row.ours, value):
                return (row.theirs,)
        where = f"单据“{found.title}”第{one.number}行"
        told = f"{one.title or one.ours}：我方代码“{value}”不在对照表“{one.table}”中（{where}），已原样写出，请核对。"
        doubts.append(Doubt(one.ours, where, told))
        return (value,)
    if one.form == "moment":
        return _parts(value, one)
    return (value,)


def _parts(value: Any, one: Field) -> tuple[Any, ...]:
    try:
        local = datetime.fromisoformat(value).astimezone(CITY)
    except (TypeError, ValueError, OverflowError):
        return (value, *[_NOTHING] * (len(one.theirs) - 1))
    forms = one.format.split(" ") if len(one.theirs) > 1 else [one.format]
    return tuple(local.strftime(form) for form in forms)


def _unknown(path: str, found: Document) -> Doubt:
    return Doubt(path, f"单据“{found.title}”", f"对方字段“{path}”在方案中没有对照，已原样保留在扩展字段中。")


def _go_along(ours: Leaves, rest: Leaves, profile: Profile, found: Document, doubts: list[Doubt]) -> Leaves:
    """Put leaves of theirs into our extensions; returns what has no room there."""
    base, left = EXTENSIONS[found.kind], Leaves()
    taken = sum(path.startswith(f"{base}/") for path in ours)
    for path, value in rest.items():
        name, scalar = _named(profile, path, value)
        fits = len(name) <= LONGEST_NAME and taken < MOST and _may_stand(scalar) and name.isprintable()
        if fits:
            ours[f"{base}/{_token(name)}"] = scalar
            taken += 1
        else:
            left[path] = value
            doubts.append(Doubt(path, "", f"对方字段“{path[:80]}”放不进扩展字段，已另行保留。"))
    return left


def _named(profile: Profile, path: str, value: Any) -> tuple[str, Any]:
    """An empty object or array has no place in the extensions: it stands in the name."""
    if isinstance(value, dict | list):
        return f"{profile.name}{'{}' if isinstance(value, dict) else '[]'}:{path}", True
    return f"{profile.name}:{path}", value


def _may_stand(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST and not any((ord(c) < 32 and c not in "\t\n") or ord(c) == 127 for c in value)
    return value is None or isinstance(value, bool) or -(2**53) < value < 2**53


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _came_along(leaves: Leaves, profile: Profile, found: Document) -> tuple[Leaves, Leaves]:
    """Leaves of theirs out of our extensions, and the others."""
    base, along, others = f"{EXTENSIONS[found.kind]}/", Leaves(), Leaves()
    for path, value in leaves.items():
        name = path.removeprefix(base).replace("~1", "/").replace("~0", "~") if path.startswith(base) else ""
        mark, _, theirs = name.partition(":")
        if mark == profile.name and theirs:
            along[theirs] = value
        elif mark in (f"{profile.name}{{}}", f"{profile.name}[]") and value is True:
            along[theirs] = {} if mark.endswith("{}") else []
        else:
            others[path] = value
    return along, others


def _carry(theirs: Leaves, rest: Leaves, found: Document, doubts: list[Doubt]) -> Leaves:
    """Put leaves of ours into their field for it; returns what did not go."""
    known = _carried(theirs, found)
    if all(path in known and _same(known[path], value) for path, value in rest.items()):
        return {}
    if found.carries and found.carries not in theirs:
        text = _written(rest)
        # What no reader of ours takes (a NUL) does not go.
        if _carried({found.carries: text}, found):
            theirs[found.carries] = text
            return {}
    doubts += [Doubt(path, "", f"对方没有对应“{path}”的字段，未能带出，已另行保留。") for path in rest]
    return dict(rest)


def _written(leaves: Leaves) -> str:
    """Not the canonical form: that makes 1 of 1.0, and the two are not the same in a document."""
    return orjson.dumps(leaves, option=orjson.OPT_SORT_KEYS).decode()


def _carried(leaves: Leaves, found: Document) -> Leaves:
    """Leaves of ours that came back; a text that another wrote there is none."""
    text = leaves.get(found.carries) if found.carries else None
    if not isinstance(text, str):
        return {}
    try:
        value = parse_json(text.encode(), CARRIED)
    except (LiandongError, UnicodeEncodeError):
        return {}
    whole = isinstance(value, dict) and bool(value) and all(path.startswith("/") for path in value)
    return value if whole and _written(value) == text else {}


def told(doubts: tuple[Doubt, ...]) -> Iterator[str]:
    """What is to be shown of the doubts."""
    return (one.message for one in doubts)
