"""Reads of the diversion list, the unit directory, and of what is learnt."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.db.models import Count, QuerySet

from liandong.audit.by import By
from liandong.identity import townships
from liandong.identity.models import Division, Unit
from liandong.intake.queries import rulebook
from liandong.kernel.errors import NotFound
from liandong.kernel.ids import local_day
from liandong.routing.calibration import Rate
from liandong.routing.classifier import Classifier
from liandong.routing.coldstart import Fields, Lesson, Topic, lessons
from liandong.routing.comparison import Learnt
from liandong.routing.decision import Engine
from liandong.routing.diversion import Item
from liandong.routing.engine import WEIGHTS, Pack, from_pack, topics_of
from liandong.routing.errors import ItemUnknown, NoListInForce
from liandong.routing.items import FIELDS, ItemValues, cells
from liandong.routing.learned_score import LearnedScore
from liandong.routing.models import Correction, Decided, Duty, Example, Guide, ListItem, ListVersion, ModelVersion
from liandong.routing.queries.judged import (
    access_correction,
    access_decided,
    county,
    first_judged,
    note_of,
    unjudged,
    visible_corrections,
    why,
)
from liandong.routing.states import HELD
from liandong.routing.traits import Traits

__all__ = [
    "access_correction",
    "access_decided",
    "county",
    "first_judged",
    "note_of",
    "unjudged",
    "visible_corrections",
    "why",
]
KEPT_SECONDS = 5.0


@dataclass(frozen=True)
class Lists:
    versions: tuple[ListVersion, ...]
    items: dict[str, tuple[Item, ...]]
    rows: dict[str, tuple[ListItem, ...]]
    duties: tuple[Duty, ...]


_kept: tuple[float, Lists] | None = None


def _lists() -> Lists:
    global _kept
    if _kept is None or time.monotonic() - _kept[0] > KEPT_SECONDS:
        items: dict[str, list[Item]] = {}
        rows: dict[str, list[ListItem]] = {}
        held = ListItem.objects.filter(version__state__in=HELD)
        for row in held.select_related("version").order_by("code"):
            items.setdefault(row.version.code, []).append(
                Item(row.version.code, row.code, row.side, row.kind, row.clause, tuple(row.signals))
            )
            rows.setdefault(row.version.code, []).append(row)
        versions = tuple(ListVersion.objects.filter(state__in=HELD).order_by("effective_from", "pk"))
        lists = Lists(
            versions,
            {code: tuple(found) for code, found in items.items()},
            {code: tuple(found) for code, found in rows.items()},
            tuple(Duty.objects.select_related("unit").order_by("code")),
        )
        _kept = (time.monotonic(), lists)
    return _kept[1]


def forget_lists() -> None:
    """Read the list and the directory afresh at the next use (after one was changed in this process)."""
    global _kept
    _kept = None
    forget_engine()


def version_in_force(at: datetime) -> str:
    """The code of the list version in force at any moment, also a past one. Raises NoListInForce.

    The dates of what was approved decide, and a new version only takes effect on a day that had not begun when it was
    approved: so the answer for a past moment is the one that was given then.
    """
    day = local_day(at)
    found = [
        v for v in _lists().versions if v.effective_from <= day and (v.effective_to is None or day < v.effective_to)
    ]
    if not found:
        raise NoListInForce
    return found[-1].code


def items_in_force(at: datetime) -> tuple[Item, ...]:
    """The items of the list in force, by code. Raises NoListInForce."""
    return _lists().items.get(version_in_force(at), ())


def check_item(code: str, at: datetime) -> str:
    """The version in which `code` is an item now. Raises ItemUnknown, NoListInForce."""
    version = version_in_force(at)
    if not any(item.code == code for item in _lists().items.get(version, ())):
        raise ItemUnknown(field="list_item")
    return version


def choices(at: datetime) -> tuple[ListItem, ...]:
    """The rows of the list in force, for people to choose from. Raises NoListInForce."""
    return _lists().rows.get(version_in_force(at), ())


def cited(version: str, code: str) -> ListItem | None:
    """The item a hand-over cited, also of a version no longer in force; None for what was never in that list."""
    return next((row for row in _lists().rows.get(version, ()) if row.code == code), None)


def duties_in_force(at: datetime) -> tuple[Duty, ...]:
    """The rows of the unit directory in force, by code, each with its unit."""
    day = local_day(at)
    return tuple(
        d for d in _lists().duties if d.effective_from <= day and (d.effective_to is None or day < d.effective_to)
    )


def unit_names(codes: Iterable[str]) -> dict[str, str]:
    """The names of units of the directory, by code."""
    wanted = set(codes)
    return {d.unit.code: d.unit.name for d in _lists().duties if d.unit is not None and d.unit.code in wanted}


def unit_choices(at: datetime) -> list[tuple[str, str]]:
    """The units of the directory in force, by name."""
    found = {d.unit.code: d.unit.name for d in duties_in_force(at) if d.unit is not None}
    return sorted(found.items(), key=lambda one: one[1])


def item_words(version: str, code: str) -> str:
    """An item of a version in words, also of one no longer in force; empty for what was never in that list."""
    found = cited(version, code) if code else None
    return f"{code} {found.class_name}：{found.text}" if found else ""


def guide_name(code: str) -> str:
    """A guide path by its name."""
    return rulebook().label("guide", code) if code else ""


def topic_codes(at: datetime) -> frozenset[str]:
    """The codes a note can be about: items of the list in force and guide paths; empty while no list is in force."""
    try:
        return frozenset(engine_in_force(at).topics)
    except NoListInForce:
        return frozenset()


# Who makes the list sees what is not settled yet.
MAKING = ("list.edit", "list.propose", "list.approve")


def visible_versions(by: By) -> QuerySet[ListVersion]:
    """The versions the actor may see, the newest day first, each with `item_count`. Raises NotAllowed."""
    by.needs("order.read")
    people = ("base", "drafted_person", "proposed_person", "approved_person")
    rows = ListVersion.objects.select_related(*people).annotate(item_count=Count("items"))
    if not any(by.may(right) for right in MAKING):
        rows = rows.filter(state__in=HELD)
    return rows.order_by("-effective_from", "-pk")


def access_version(by: By, code: str) -> ListVersion:
    """Raises NotAllowed, NotFound (also when it may not be seen)."""
    found = visible_versions(by).filter(code=code).first()
    if found is None:
        raise NotFound("没有这个清单版本，或您无权查看。")
    return found


def access_item(by: By, version: str, code: str) -> ListItem:
    """One item of a version. Raises NotAllowed, NotFound."""
    found = ListItem.objects.filter(version=access_version(by, version), code=code).first()
    if found is None:
        raise NotFound("该版本中没有这个条目，可能已被删除。")
    return found


def values(row: ListItem) -> ItemValues:
    """The item as plain values, for the rules."""
    said = {name: getattr(row, name) for name in FIELDS}
    return ItemValues(**{**said, "signals": tuple(row.signals), "examples": tuple(row.examples)})


def values_of(version: ListVersion) -> tuple[ItemValues, ...]:
    """All items of a version as plain values, by code."""
    return tuple(values(row) for row in ListItem.objects.filter(version=version).order_by("code"))


_EXAMPLE = ("title", "text", "side", "nature", "kind", "item", "category")
_engine: tuple[tuple[str, str], Engine] | None = None
_active: tuple[float, str, str] | None = None
_putting_together = Lock()


def forget_engine() -> None:
    """Put the engine together afresh at the next use (after a model was switched in this process)."""
    global _engine, _active
    _engine = _active = None


def engine_in_force(at: datetime) -> Engine:
    """What decides now: the model in use if it was trained for the list in force, else one learnt from that list.

    Put together once a process, list and model, in about half a second. Another process hears of a switched model at
    most five seconds late, as of a changed list. Raises NoListInForce.
    """
    held = version_in_force(at)
    with _putting_together:
        return _engine_of((held, _active_code(held)), at)


def _active_code(version: str) -> str:
    """The model in use if it was trained for this version, as it was at most five seconds ago; empty for none."""
    global _active
    kept = _active
    if kept is None or time.monotonic() - kept[0] > KEPT_SECONDS or kept[1] != version:
        found = ModelVersion.objects.filter(state="active", list_version__code=version).values_list("code", flat=True)
        kept = _active = time.monotonic(), version, found.first() or ""
    return kept[2]


def _engine_of(key: tuple[str, str], at: datetime) -> Engine:
    """The engine of a list and a model. Of many that need a new one at once, one puts it together."""
    global _engine
    active, kept = key[1], _engine
    if kept is None or kept[0] != key:
        blob = ModelVersion.objects.values_list("blob", flat=True).get(code=active) if active else None
        learnt = Classifier.load(bytes(blob)) if blob is not None else None
        kept = _engine = key, from_pack(rows_in_force(at), local_day(at).isoformat(), learnt, *_scores())
    return kept[1]


def engine_of(version: str, items: Iterable[ItemValues], at: datetime) -> Engine:
    """What would decide at `at` if these were the items of the list, learnt from that list alone. Half a second."""
    pack = dict(rows_in_force(at))
    day = local_day(at).isoformat()
    pack["list_versions"] = [{"version": version, "status": "in_force", "effective_from": day, "effective_to": ""}]
    pack["list_items"] = [{"version": version, **cells(item)} for item in items]
    return from_pack(pack, day, None, *_scores())


def _scores() -> tuple[LearnedScore | None, ...]:
    """The learned scores of the pack whose city this node is of, as `from_pack` takes them; None where it has none."""
    city = Division.objects.filter(parent=None).values_list("code", flat=True).first()
    for facts in sorted((Path(settings.BASE_DIR) / "cities").glob("*/city.toml")):
        if tomllib.loads(facts.read_text(encoding="utf-8")).get("code") == city:
            written = tuple(_written(facts.with_name(name)) for name in WEIGHTS)
            # Each engine foresees for itself.
            return tuple(one and replace(one) for one in _read_scores(written))
    return ()


_Written = tuple[Path, int]


def _written(path: Path) -> _Written:
    """A file and when it was written, 0 where there is none."""
    return path, path.stat().st_mtime_ns if path.is_file() else 0


@lru_cache(maxsize=1)  # most of what an engine takes to be put together, and no list changes it
def _read_scores(files: tuple[_Written, ...]) -> tuple[LearnedScore | None, ...]:
    known = Traits()
    return tuple(LearnedScore.load(path.read_bytes(), known) if written else None for path, written in files)


def rows_in_force(at: datetime) -> Pack:
    """The rows of the database as a pack's files have them, for the rules that read packs. Raises NoListInForce."""
    held, day = version_in_force(at), local_day(at)
    book = rulebook()
    version = {"version": held, "status": "in_force", "effective_from": day.isoformat(), "effective_to": ""}
    divisions = [
        {"code": d.code, "name": d.name, "short": d.short, "parent": d.parent_id or "", "kind": d.kind, "county": ""}
        for d in Division.objects.order_by("code")
    ]
    parameters = [
        {"name": p.name, "value": str(p.value), "effective_from": p.effective_from.isoformat(), "effective_to": ""}
        for p in book.parameters
        if p.effective_from <= day and (p.effective_to is None or day < p.effective_to)
    ]
    return {
        "list_versions": [version],
        "list_items": [_item_row(held, row) for row in choices(at)],
        "codes": [{"code_table": "guide", "code": c.code, "name": c.name} for c in book.table("guide", at)],
        "guides": [
            {"code": g.code, "signals": " ".join(g.signals), "examples": "|".join(g.examples)}
            for g in Guide.objects.order_by("code")
        ],
        "notes": [{name: getattr(one, name) for name in _EXAMPLE} for one in Example.objects.order_by("code")],
        "duties": [_duty_row(duty) for duty in duties_in_force(at)],
        "units": [{"code": code, "name": name} for code, name in Unit.objects.values_list("code", "name")],
        "divisions": [row for row in divisions if row["kind"] not in townships.KINDS],
        "townships": [{**row, "county": row["parent"]} for row in divisions if row["kind"] in townships.KINDS],
        "parameters": parameters,
    }


def _item_row(version: str, row: ListItem) -> Fields:
    plain = {name: getattr(row, name) for name in ("code", "text", "side", "kind", "clause", "unit_type")}
    words = {"signals": " ".join(row.signals), "examples": "|".join(row.examples)}
    return {"version": version, "class": row.class_name, **plain, **words}


def _duty_row(duty: Duty) -> Fields:
    plain = {name: getattr(duty, name) for name in ("duty", "level", "legal_basis")}
    words = {"items": " ".join(duty.items), "keywords": " ".join(duty.keywords)}
    dates = {"effective_from": duty.effective_from.isoformat(), "effective_to": ""}
    unit = duty.unit.code if duty.unit else ""
    division, exclusive = duty.division_id, "1" if duty.exclusive else "0"
    return {"unit": unit, "division": division, "exclusive": exclusive, **plain, **words, **dates}


def taught_by_pack(at: datetime) -> tuple[list[Topic], list[Lesson]]:
    """The topics of the list in force, and all that the pack teaches. Raises NoListInForce."""
    pack = rows_in_force(at)
    topics = topics_of(pack, version_in_force(at))
    return topics, lessons(topics, pack["notes"], pack["duties"])


def confirmed_lessons() -> list[Learnt]:
    """Confirmed corrections, oldest first; what only some may know of (S3.6) is not learnt from."""
    rows = Correction.objects.filter(state="confirmed", decided__order__needs="")
    return [
        Learnt(
            Lesson(
                text=f"{row.decided.order.title}。{row.decided.order.content}",
                item=row.item or ("" if row.side else row.decided.item),
                side=row.side or row.decided.side,
                nature=row.nature,
            ),
            row.settled_at or row.at,
            row.decided.side,
            row.decided.item,
        )
        for row in rows.select_related("decided__order").order_by("pk")
    ]


def active_model() -> ModelVersion | None:
    """The model in use, without its blob; None while the list alone decides."""
    return ModelVersion.objects.defer("blob").filter(state="active").first()


def visible_models(by: By) -> QuerySet[ModelVersion]:
    """All models, newest first, without their blobs. Raises NotAllowed."""
    by.needs("order.read")
    return ModelVersion.objects.defer("blob").select_related("list_version", "trained_person").order_by("-pk")


def access_model(by: By, code: str) -> ModelVersion:
    """Raises NotAllowed, NotFound."""
    found = visible_models(by).filter(code=code).first()
    if found is None:
        raise NotFound("没有这个模型。")
    return found


def error_rates(by: By, since: datetime, until: datetime) -> dict[str, Rate]:
    """By item: of what was suggested between two moments, how often somebody confirmed that it was wrong.

    Only suggestions nobody was asked about (`unsure` ones were no decisions). Raises NotAllowed.
    """
    by.needs("supervise.read")
    rows = Decided.objects.filter(at__gte=since, at__lt=until, unsure=False).exclude(item="")
    total = dict(rows.order_by().values_list("item").annotate(Count("pk")))
    wrong = rows.filter(corrections__state="confirmed").exclude(corrections__item="", corrections__side="")
    counts = dict(wrong.order_by().values_list("item").annotate(Count("pk", distinct=True)))
    return {item: Rate(counts.get(item, 0), count) for item, count in sorted(total.items())}
