"""What is suggested for a note in words a call-taker reads, and what of it one key may fill into the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from liandong.identity.models import Desk
from liandong.identity.queries import desk_name, division_name
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.routing.actions import suggested as suggested_of
from liandong.routing.coldstart import NEITHER
from liandong.routing.decision import Decision, Engine, decide
from liandong.routing.errors import NoListInForce
from liandong.routing.models import Decided
from liandong.routing.pages.words import BADGES, LABELS, SIDES, words
from liandong.routing.queries import engine_in_force, unit_names
from liandong.routing.states import CORRECTION
from liandong.routing.verdicts import Note
from liandong.transfer.actions.gate import goes_by_itself
from liandong.transfer.choices import Standing, Way, ways
from liandong.transfer.pages.acts import all_desks
from liandong.transfer.states import KINDS

# Which side of the list a desk stands on; a linked hotline hands over to either and is on neither.
SIDE = {"city_12345": "12345", "city_110": "110", "county_110": "110"}
SIDE_BADGES = {"12345": "p12345", "110": "p110", NEITHER: "quiet"}
VERY_SURE = 0.9
# What stands in front of a reason that does not say itself where it is from.
REASONS = {"danger": "险情规则", "stability": "涉稳规则", "place": "属地", "unit": "承办", "level": "级别"}


@dataclass(frozen=True, slots=True)
class UnitOffered:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ReasonTold:
    """Why, under what kind of ground; `rule` and `clause` are what people can look up."""

    ground: str
    text: str
    rule: str = ""
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Suggested:
    """A suggestion in words. `fills`: which fields of the call's form it would fill; only what is sure is among them.

    `way` is the choice of the hand-over form, empty when the matter is the desk's own. `sends`: acceptance alone lets
    the danger gate send it to 110; `reports`: so it does with the lead.
    """

    side: str
    side_label: str
    badge: str
    danger: bool
    lead: bool
    unsure: bool
    own: bool
    sends: bool
    reports: bool
    confidence: str
    item: str
    item_text: str
    item_sure: bool
    nature: str
    urgency: str
    urgent: bool
    level: str
    county: str
    units: tuple[UnitOffered, ...]
    reasons: tuple[ReasonTold, ...]
    way: str
    way_label: str
    fills: Mapping[str, str]

    @property
    def say(self) -> str:
        """What a screen reader hears of it: the same sentence for the same suggestion."""
        if self.danger:
            return f"疑似险情：{self.item_text}"
        if self.unsure:
            return f"待人工判断，最可能归{self.side_label}"
        return f"建议{self.side_label}，{self.item_text}，{self.confidence}"


def suggested(desk: Desk, note: Note) -> Suggested | None:
    """What is suggested at the desk for the note so far; None for an empty one, and while no list is in force."""
    if not note.text.strip():
        return None
    try:
        engine = engine_in_force(clock.now())
    except NoListInForce:
        return None
    return in_words(desk, decide(note, engine), engine)


def in_words(desk: Desk, found: Decision, engine: Engine) -> Suggested:
    """The decision as the desk's people read it."""
    book, topic = rulebook(), engine.topics.get(found.item)
    names = unit_names(unit.code for unit in found.units)
    own = found.side == SIDE.get(desk.kind)
    way = None if own or not topic or topic.side == NEITHER else _way(desk, topic.kind, topic.side)
    sure_item = not found.unsure and found.item_sure >= engine.bars.item
    return Suggested(
        side=found.side,
        side_label=SIDES[found.side],
        badge=SIDE_BADGES[found.side],
        danger=found.danger,
        lead=found.lead,
        unsure=found.unsure,
        own=own,
        sends=found.danger and desk.kind == "city_12345",
        reports=found.lead and desk.kind == "city_12345" and goes_by_itself(found.lead_sure),
        confidence=sureness(found.confidence, by_rule=found.danger or found.lead, unsure=found.unsure),
        item=found.item,
        item_text=_item_text(found.item, topic),
        item_sure=sure_item,
        nature=book.label("nature", found.nature) if found.nature else "",
        urgency=book.label("urgency", found.urgency),
        urgent=found.urgency != "ordinary",
        level=book.label("level", found.level) if found.level else "",
        county=division_name(found.county) if found.county else "",
        units=tuple(UnitOffered(unit.code, names.get(unit.code, unit.code)) for unit in found.units),
        reasons=tuple(told_reasons(map(asdict, found.reasons))),
        way=f"{way.kind.code}:{way.target}" if way else "",
        way_label=f"{KINDS[way.kind.code].label}至{SIDES[found.side]}" if way else "",
        fills=_fills(found, topic is not None and sure_item, way, book.knows("urgency", found.urgency, clock.now())),
    )


def sureness(confidence: float, *, by_rule: bool, unsure: bool) -> str:
    """How sure, in plain words with the figure behind them."""
    if by_rule:
        return "按规则认定"
    if unsure:
        return f"把握不大（{confidence:.0%}）"
    return f"{'把握很大' if confidence >= VERY_SURE else '把握较大'}（{confidence:.0%}）"


def told_reasons(reasons: Iterable[Mapping[str, Any]]) -> Iterable[ReasonTold]:
    """The kept or fresh reasons as people read them, each once."""
    seen = set()
    for one in reasons:
        if one["text"] not in seen:
            seen.add(one["text"])
            rule = one["rule"] if one["kind"] in ("danger", "stability") else ""
            yield ReasonTold(REASONS.get(one["kind"], ""), one["text"], rule, one.get("clause", ""))


def _item_text(code: str, topic: Any) -> str:
    if topic is None or not code:
        return ""
    return topic.text if topic.side == NEITHER else f"{code} {topic.class_name}：{topic.text}"


def _way(desk: Desk, kind: str, side: str) -> Way | None:
    """The hand-over by which the desk's people give a matter of the item's kind to its side."""
    desks = dict(all_desks())
    return next(
        (
            way
            for way in ways(desk.kind, desks.items(), Standing())
            if way.kind.code in (kind, "relay") and SIDE.get(desks[way.target]) in (side, "110")
        ),
        None,
    )


def _fills(found: Decision, item: bool, way: Way | None, urgency: bool) -> dict[str, str]:
    """By name of the form's field what the key fills in: nothing that a person is still to decide."""
    if found.unsure:
        return {}
    fills = {"side": found.side, "nature": found.nature, "division": found.county}
    if urgency and found.urgency != "ordinary":
        fills["urgency"] = found.urgency
    if item:
        fills |= {"guide" if found.side == NEITHER else "list_item": found.item, "unit": found.unit}
        if way is not None and not found.danger:
            fills["way"] = f"{way.kind.code}:{way.target}"
    return {name: value for name, value in fills.items() if value}


@dataclass(frozen=True, slots=True)
class Corrected:
    """What somebody said the suggestion should have been, and what became of that."""

    who: str
    said: str
    why: str
    state: str
    badge: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept suggestion as the order page tells it: what it was, why, by which list and model."""

    pk: int
    at: datetime
    order: str
    badge: str
    side_label: str
    danger: bool
    unsure: bool
    sure: str
    rows: tuple[tuple[str, str], ...]
    reasons: tuple[ReasonTold, ...]
    list_version: str
    model: str
    accepted: bool
    corrections: tuple[Corrected, ...]


def kept_in_words(found: Decided, said: Iterable[Mapping[str, str]]) -> Kept:
    """The kept suggestion in words with its corrections, items by the list of its own moment."""
    was, output = suggested_of(found), found.output
    book = rulebook()
    level = output.get("level", "")
    rows = [(label, words(found, name, was[name])) for name, label in LABELS.items() if name != "side"]
    rows += [
        ("紧急程度", book.label("urgency", output.get("urgency", ""))),
        ("响应级别", book.label("level", level) if level else ""),
        ("属地", division_name(output["county"]) if output.get("county") else ""),
    ]
    return Kept(
        pk=found.pk,
        at=found.at,
        order=found.order.number,
        badge=SIDE_BADGES[found.side],
        side_label=SIDES[found.side],
        danger=output["danger"],
        unsure=found.unsure,
        sure=sureness(output["confidence"], by_rule=output["danger"] or output["lead"], unsure=found.unsure),
        rows=tuple((label, text) for label, text in rows if text),
        reasons=tuple(told_reasons(found.reasons)),
        list_version=found.list_version,
        model=found.model,
        accepted=bool(output.get("accepted")),
        corrections=tuple(_corrected(found, one) for one in said),
    )


def _corrected(found: Decided, one: Mapping[str, str]) -> Corrected:
    said = [f"{label}：{words(found, name, one[name])}" for name, label in LABELS.items() if one[name]]
    who = one["who"] or desk_name(one["desk"])
    return Corrected(who, "；".join(said), one["why"], CORRECTION.states[one["state"]], BADGES[one["state"]])
