"""The quality page: how good suggestions were, with intervals; and the orders behind each figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.hindsight.models import Published
from liandong.hindsight.pages.words import CLASSES, PARTS, SIDES, TRAPS
from liandong.hindsight.quality import Quality, Week, quality
from liandong.hindsight.queries.quality import (
    BEHIND,
    GUIDES,
    PAGE,
    Asked,
    behind,
    desks_judged,
    groups,
    items_called,
    published,
)
from liandong.identity.gate import page
from liandong.intake.errors import ParameterMissing
from liandong.intake.pages.forms import DeskForm, Words
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.kernel.ids import local_day
from liandong.routing.calibration import Rate

RIGHT = "supervise.read"
USUAL_DAYS, MOST_DAYS = 30, 400
MOST_ITEMS = 40
NO_ITEM = "未列条目"


@dataclass(frozen=True, slots=True)
class Told:
    """A rate as the page shows it: its name, share, interval, numbers, and where the orders behind it stand."""

    name: str
    share: str
    interval: str
    count: int
    total: int
    href: str = ""

    @property
    def missing(self) -> int:
        return self.total - self.count


@dataclass(frozen=True, slots=True)
class WeekTold:
    week: Week
    shares: tuple[str, ...]
    accuracy: Told
    confidence: str
    sides: str
    items: str
    drifted: bool


class NarrowForm(DeskForm):
    since = forms.DateField(label="起日", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label="止日", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    desk = forms.ChoiceField(label="承办台", required=False)
    item = Words(label="条目", max_length=40, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("desk", [("", "全部"), *desks_judged()])
        for name in ("since", "until"):
            self.fields[name].error_messages["invalid"] = "日期格式有误，请按“年-月-日”填写。"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if since and until and since > until:
            self.put("since", "起日不能晚于止日。")
        elif since and until and (until - since).days > MOST_DAYS:
            self.put("since", f"一次最多看{MOST_DAYS}天。")
        return said


def _narrowed(request: HttpRequest) -> tuple[NarrowForm, Asked | None]:
    """The form, and what it asks for; None when it asks for nothing that can be."""
    today = local_day(clock.now())
    given = {"since": (today - timedelta(days=USUAL_DAYS)).isoformat(), "until": today.isoformat()}
    given |= {name: request.GET[name] for name in ("since", "until", "desk", "item") if request.GET.get(name)}
    form = NarrowForm(given, auto_id="narrow-%s")
    if not form.is_valid():
        return form, None
    side = request.GET.get("side", "")
    class_name = request.GET.get("class", "").replace("\0", "")[:60]
    return form, Asked(**form.cleaned_data, side=side if side in SIDES else "", class_name=class_name)


@page(right=RIGHT)
@require_safe
def show(request: HttpRequest, by: By) -> HttpResponse:
    """All measures of the period; what cannot be asked is said beside its field."""
    form, asked = _narrowed(request)
    called = items_called()
    rows = published()
    context: dict[str, Any] = {"form": form, "evaluated": _evaluated(rows), "evaluation": rows[0] if rows else None}
    if asked is not None:
        least = int(_parameter("routing_drift_least") or 0)
        found = quality(groups(by, asked), lambda code: called.get(code, ("", NO_ITEM))[1], least)
        context |= _told(found, asked, called)
    return render(request, "hindsight/quality.html", context, status=200 if asked is not None else 422)


def _told(found: Quality, asked: Asked, called: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    bar = _parameter("routing_drift_psi")

    return {
        "found": found,
        "asked": asked,
        "all_href": _href(asked, "all"),
        "known_href": _href(asked, "known"),
        "heads": (
            told("归口判断正确率", found.accuracy, _href(asked, "right")),
            told("其中有把握的正确率", found.surely, _href(asked, "sure_right")),
            told("待人工判断", found.unsure, _href(asked, "unsure")),
        ),
        "dangers": (
            told("险情闸门报出率", found.danger_caught, _href(asked, "alarm")),
            told("险情闸门误报率", found.danger_false, _href(asked, "false")),
        ),
        "sides": [
            told(SIDES.get(side, side), rate, _href(asked, "wrong", side=side)) for side, rate in found.by_side.items()
        ],
        "items": [
            told(_item(code, called), rate, _href(asked, "item_wrong", item=code))
            for code, rate in list(found.by_item.items())[:MOST_ITEMS]
        ],
        "items_left": max(0, len(found.by_item) - MOST_ITEMS),
        "missed": [
            told(name, rate, _href(asked, "missed", class_name=name)) for name, rate in found.missed_by_class.items()
        ],
        "false": [
            told(name, rate, _href(asked, "false", class_name=name)) for name, rate in found.false_by_class.items()
        ],
        "weeks": [_week(week, bar, asked) for week in found.weeks],
        "side_names": tuple(SIDES.values()),
        "bar": bar,
    }


def _item(code: str, called: Mapping[str, tuple[str, str]]) -> str:
    """An item by its code and text; a guide path by its name alone, as its code is for programs."""
    text, class_name = called.get(code, ("", ""))
    return text if class_name == GUIDES else f"{code} {text}".strip() or NO_ITEM


def told(name: str, rate: Rate, href: str = "") -> Told:
    if not rate.total:
        return Told(name, "尚无", "–", 0, 0)
    low, high = rate.interval
    return Told(name, f"{rate.share:.1%}", f"{low:.1%}至{high:.1%}", rate.count, rate.total, href)


def _week(week: Week, bar: float | None, asked: Asked) -> WeekTold:
    drifts = [one for one in (week.drift_of_sides, week.drift_of_items) if one is not None]
    begins, ends = max(week.begins, asked.since), min(week.begins + timedelta(days=6), asked.until)
    narrowed = Asked(begins, ends, asked.item, asked.desk, asked.side)
    return WeekTold(
        week=week,
        shares=tuple(f"{week.shares.get(side, 0):.0%}" for side in SIDES),
        accuracy=told("", week.accuracy, _href(narrowed, "known")),
        confidence=f"{week.confidence:.0%}",
        sides="–" if week.drift_of_sides is None else f"{week.drift_of_sides:.2f}",
        items="–" if week.drift_of_items is None else f"{week.drift_of_items:.2f}",
        drifted=bar is not None and any(one > bar for one in drifts),
    )


def _parameter(name: str) -> float | None:
    """A dated number; None where the city has set none."""
    try:
        return rulebook().parameter(name, clock.now())
    except ParameterMissing:
        return None


def _evaluated(rows: list[Published]) -> list[tuple[str, list[tuple[Told, Told]]]]:
    """The published figures by what was asked: what was found or right, and falsely taken."""
    parts: dict[str, list[tuple[Told, Told]]] = {}
    for one in rows:
        kind, _, name = one.name.partition(" ")
        label = {"class": CLASSES, "trap": TRAPS}.get(kind, {}).get(name, "")
        label = label or {"": "合计", "sure": "有把握的", "unsure": "待人工判断的"}.get(one.name, name)
        shown = told(label, Rate(one.right, one.total)), told(label, Rate(one.wrong, one.wrong_of))
        parts.setdefault(PARTS.get(one.part, one.part), []).append(shown)
    order = list(PARTS.values())
    return sorted(parts.items(), key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))


def _href(asked: Asked, what: str, *, item: str = "", side: str = "", class_name: str = "") -> str:
    given = {
        "what": what,
        "since": asked.since.isoformat(),
        "until": asked.until.isoformat(),
        "desk": asked.desk,
        "item": item or asked.item,
        "side": side or asked.side,
        "class": class_name or asked.class_name,
    }
    return f"{reverse('quality-orders')}?{urlencode({name: value for name, value in given.items() if value})}"


@page(right=RIGHT)
@require_safe
def orders(request: HttpRequest, by: By) -> HttpResponse:
    """The orders behind a figure, the newest first, as far as the reader may see them."""
    form, asked = _narrowed(request)
    today: date = local_day(clock.now())
    asked = asked or Asked(today, today)
    what = request.GET.get("what", "all")
    before = request.GET.get("before", "")
    found = behind(by, asked, what, before=int(before) if before.isdecimal() and len(before) < 19 else 0)
    called = items_called()
    here = _href(asked, what)
    context = {
        "form": form,
        "what": BEHIND[what],
        "asked": asked,
        "item": _item(asked.item, called) if asked.item else asked.class_name,
        "rows": [_row(one, called) for one in found[:PAGE]],
        "first": here if before else "",
        "later": f"{here}&before={found[PAGE - 1].pk}" if len(found) > PAGE else "",
        "back": f"{reverse('quality')}?{here.partition('?')[2]}",
    }
    return render(request, "hindsight/quality_orders.html", context)


def _row(one: Any, called: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """One suggestion: the number of its order and no word of it; who opens the order sees what they may."""
    return {
        "number": one.order.number,
        "at": one.at,
        "side": SIDES.get(one.side, one.side),
        "truth": SIDES.get(one.truth, "") or "尚无结果",
        "wrong": bool(one.truth) and one.truth != one.side,
        "item": _item(one.item, called),
        "sure": f"{one.output['confidence']:.0%}",
        "unsure": one.unsure,
        "danger": one.flagged,
        "alarm": one.alarm,
        "none": one.none_found,
        "list": one.list_version,
        "model": "" if one.model == f"清单{one.list_version}" else one.model,
    }
