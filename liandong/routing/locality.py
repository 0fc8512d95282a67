"""Where a note is about and whose job it is: the gazetteer and the directory made ready for many notes. Pure.

Both rules weigh every row they are given. Here the words of all rows are kept in an index, so that a rule is given only
the rows of which a word occurs in the note, or whose item the note is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from liandong.routing.coldstart import Fields
from liandong.routing.decision import Located, Unit
from liandong.routing.directory import Asked, Duty, suggest
from liandong.routing.gazetteer import Area, named
from liandong.routing.verdicts import Note
from liandong.routing.wordindex import WordIndex

_TOWN_ENDINGS = ("街道", "镇", "乡")


def areas(divisions: Iterable[Fields], townships: Iterable[Fields] = ()) -> list[Area]:
    """Rows of divisions.csv, and of a file of townships (code, name, areaCode or county)."""
    counties = {row["code"]: row for row in divisions if row["parent"]}
    known = [Area(code, row["name"], row["short"], code, row["name"]) for code, row in counties.items()]
    for row in townships:
        county = row.get("areaCode") or row.get("county", "")
        if county in counties:
            known.append(Area(row["code"], row["name"], _short(row["name"]), county, counties[county]["name"]))
    return known


def _short(name: str) -> str:
    ending = next((one for one in _TOWN_ENDINGS if name.endswith(one)), "")
    short = name.removesuffix(ending)
    return short if len(short) >= 2 else name


def locator(known: Sequence[Area]) -> Callable[[Note], Located]:
    """Where a note is about; what the call-taker said comes before what the text says."""
    index = WordIndex((word, area) for area in known for word in {area.name, area.short})

    def locate(note: Note) -> Located:
        if note.division:
            return Located(note.division)
        place = named(note.text, index.owners(note.text))
        return Located(place.county, place.reasons)

    return locate


def duties(rows: Iterable[Fields], units: Iterable[Fields], day: str) -> list[Duty]:
    """Rows of duties.csv that name a unit and are in force on the day (YYYY-MM-DD)."""
    names = {row["code"]: row for row in units}
    return [
        Duty(
            unit=row["unit"],
            name=names[row["unit"]]["name"],
            level=row["level"],
            text=row["duty"],
            legal_basis=row["legal_basis"],
            words=tuple(row["keywords"].split()),
            items=tuple(row["items"].split()),
            division=row["division"] if row["level"] not in ("department", "utility") else "",
            exclusive=row["exclusive"] == "1",
        )
        for row in rows
        if row["unit"] in names
        and row["effective_from"] <= day
        and (not row["effective_to"] or day < row["effective_to"])
    ]


def assigner(known: Sequence[Duty]) -> Callable[[str, str, str, str], Sequence[Unit]]:
    """The likeliest units for a note, its item and class, and its county."""
    index = WordIndex((word, duty) for duty in known for word in duty.words)
    by_item: dict[str, list[Duty]] = {}
    for duty in known:
        for item in duty.items:
            by_item.setdefault(item, []).append(duty)

    def units(text: str, item: str, class_name: str, county: str) -> Sequence[Unit]:
        near = {id(one): one for one in index.owners(text)}
        near |= {id(one): one for key in (item, class_name) for one in by_item.get(key, ())}
        asked = Asked(text, item, class_name, county)
        return tuple(Unit(one.unit, one.reason, one.level) for one in suggest(asked, near.values()))

    return units
