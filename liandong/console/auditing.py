"""审计台: who saw and who changed what, and whether the trail is whole. No citizen's personal data is shown here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from liandong.audit import catalogue, queries
from liandong.audit.actions import export_subject, verify_and_tell
from liandong.audit.by import By
from liandong.audit.findings import Findings
from liandong.audit.models import Event
from liandong.console.audit_forms import AuditForm, VerifyForm
from liandong.identity.gate import page
from liandong.identity.queries import (
    desk_name,
    division_name,
    names_of,
    node_name,
    people_called,
    post_name,
    units_called,
)
from liandong.identity.rights import RIGHTS
from liandong.intake.models import RELATIONS
from liandong.intake.numbering import LINKAGE, TRANSFER, looks_like_number, read
from liandong.intake.queries import linkage_of, rulebook
from liandong.kernel import clock
from liandong.kernel.errors import LiandongError
from liandong.kernel.ids import CITY_ZONE, parse
from liandong.kernel.sheets import MEDIA_TYPE
from liandong.transfer.queries import linkage_of as linkage_of_transfer

SEEN, CHANGED = "seen", "changed"
# Fields that hold a code of a table of the city.
_TABLES = {"urgency": "urgency", "outcome": "outcome", "result": "result", "settled": "outcome"}
# Who acts without a post of the city: their name says it all.
_NO_POSTS = frozenset({"clock", "installer", "nobody", "system"})


@dataclass(frozen=True, slots=True)
class Row:
    """An event as it is shown; `subject` is what it is chained by, `about` what that is called."""

    id: int
    at: datetime
    who: str
    place: str
    label: str
    is_sighting: bool
    subject: str
    about: str
    told: list[tuple[str, str, str]]
    hash: str


@page(right="audit.read")
@require_safe
def audit(request: HttpRequest, by: By) -> HttpResponse:
    """Events by person, matter, kind and time, newest first."""
    form = AuditForm(request.GET)
    context: dict[str, Any] = {**_frame(form), "verify_form": VerifyForm(auto_id="verify-%s")}
    if not form.is_valid():
        return render(request, "console/audit.html", context, status=422)
    try:
        asked = _asked(by, form.cleaned_data)
        before, after = (_number(request.GET, name) for name in ("before", "after"))
        found = queries.access_page(by, asked, before=before, after=after)
    except LiandongError as why:
        if why.field is None:
            raise
        form.put(why.field, why.message)
        return render(request, "console/audit.html", context, status=why.status)
    context |= {
        "rows": rows_of(by, found.events),
        "asked": asked,
        "subject": asked.subject,
        "about": _abouts(by, [asked.subject]).get(asked.subject, "") if asked.subject else "",
        "newer": _address(request.GET, after=found.newer) if found.newer else "",
        "older": _address(request.GET, before=found.older) if found.older else "",
        "narrowed": any(form.cleaned_data.values()),
    }
    return render(request, "console/audit.html", context)


def _frame(form: AuditForm) -> dict[str, Any]:
    seal = queries.head()
    return {"form": form, "seal": seal, "head": f"{seal.number}:{bytes(seal.hash).hex()}" if seal else ""}


def _asked(by: By, said: dict[str, Any]) -> queries.Asked:
    kind = said["kind"]
    kinds = tuple(catalogue.sightings()) if kind == SEEN else (kind,) if kind and kind != CHANGED else ()
    if kind == CHANGED:
        kinds = tuple(one.code for one in catalogue.kinds() if not one.is_sighting)
    people = None
    if said["who"]:
        people = tuple(person.pk for person in people_called(by, said["who"]))
    return queries.Asked(
        subject=said["subject"] or subject_of(by, said["number"]),
        people=people,
        kinds=kinds,
        since=said["since"],
        until=said["until"],
    )


def subject_of(by: By, typed: str) -> str:
    """The chain a number typed belongs to: the matter's. Raises BadNumber, NotFound, with the field."""
    if not typed:
        return ""
    try:
        number = read(typed) if looks_like_number(typed) else read(typed, LINKAGE)
        kind = parse(number).kind
        if kind == LINKAGE:
            return number
        return linkage_of_transfer(by, number) if kind == TRANSFER else linkage_of(by, number)
    except LiandongError as why:
        why.field = "number"
        raise


def rows_of(by: By, events: Iterable[Event]) -> list[Row]:
    events = list(events)
    abouts = _abouts(by, {event.subject for event in events})
    known = {kind.code: kind for kind in catalogue.kinds()}
    bodies = [_body(event) for event in events]
    actors = [body.get("by", {}) for body in bodies]
    working = {who["unit"] for who in actors if who.get("unit")}
    units = units_called(by, working) if working else {}
    rows = []
    for event, body, who in zip(events, bodies, actors, strict=True):
        kind = known.get(event.kind)
        rows.append(
            Row(
                id=event.pk,
                at=event.at,
                who=who.get("name", "（记录无法读出）"),
                place=_place(who, units),
                label=catalogue.label(event.kind),
                is_sighting=kind.is_sighting if kind else False,
                subject=event.subject,
                about=abouts.get(event.subject, event.subject),
                told=catalogue.told(event.kind, body.get("detail", {}), _called),
                hash=bytes(event.hash).hex(),
            )
        )
    return rows


def _place(who: Mapping[str, Any], units: Mapping[str, str]) -> str:
    """Post and desk or unit of who acted."""
    post = "" if who.get("post") in _NO_POSTS else post_name(who.get("post", ""))
    at = desk_name(who["desk"]) if who.get("desk") else units.get(who.get("unit") or "", who.get("unit") or "")
    return " · ".join(part for part in (post, at) if part)


def _body(event: Event) -> dict[str, Any]:
    """What the event holds; a body that somebody broke is shown as unreadable, and the verification names it."""
    try:
        body = json.loads(event.body)
    except ValueError:
        return {}
    whole = isinstance(body, dict) and isinstance(body.get("by"), dict) and isinstance(body.get("detail"), dict)
    return body if whole else {}


def _called(field: str, value: str) -> str:
    if field in ("desk", "author"):
        return desk_name(value)
    if field == "post":
        return post_name(value)
    if field in ("before", "after", "rights"):
        return RIGHTS[value].label if value in RIGHTS else value
    if field == "city":
        return division_name(value)
    if field == "relation":
        return RELATIONS.get(value, value)
    if field in ("due_at", "since", "until", "expires"):
        try:
            return f"{datetime.fromisoformat(value).astimezone(CITY_ZONE):%Y-%m-%d %H:%M}"
        except ValueError:
            return value
    return rulebook().label(_TABLES[field], value) if field in _TABLES else value


_SUBJECTS = {
    "desk": "台",
    "address": "网络地址",
    "city": "城市",
    "post": "岗位",
    "token": "令牌",
    "system": "系统",
    "list": "清单",
    "node": "节点",
}
_NAMES: dict[str, Callable[[str], str]] = {
    "desk": desk_name,
    "post": post_name,
    "city": division_name,
    "node": node_name,
}


def _abouts(by: By, subjects: Iterable[str]) -> dict[str, str]:
    """What each subject is called."""
    split = {subject: subject.partition(":") for subject in subjects}
    people = {int(rest) for kind, _, rest in split.values() if kind == "person" and rest.isdecimal()}
    names = names_of(by, people) if people else {}
    found = {}
    for subject, (kind, colon, rest) in split.items():
        if not colon:
            found[subject] = f"事项 {subject}"
        elif kind == "person":
            found[subject] = f"人员 {names.get(int(rest), rest) if rest.isdecimal() else rest}"
        else:
            name = _NAMES.get(kind, str)(rest)
            found[subject] = f"{_SUBJECTS.get(kind, kind)} {name}"
    return found


def _number(given: QueryDict, name: str) -> int | None:
    text = given.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _address(given: QueryDict, **mark: int) -> str:
    kept = [(name, value) for name, value in given.items() if value and name not in ("before", "after")]
    return f"{reverse('audit')}?{urlencode([*kept, *((name, str(key)) for name, key in mark.items())])}"


@page(right="audit.read")
@require_POST
def verify(request: HttpRequest, by: By) -> HttpResponse:
    """Recompute a subject's chain or a span of time, and say the first that is broken and what to do."""
    form = VerifyForm(request.POST, auto_id="verify-%s")
    frame: dict[str, Any] = {**_frame(AuditForm()), "verify_form": form}
    if not form.is_valid():
        return render(request, "console/audit.html", frame, status=422)
    said = form.cleaned_data
    try:
        subject = said["subject"] or subject_of(by, said["number"])
        about = _abouts(by, [subject])[subject] if subject else _span(said["since"], said["until"])
        found, told = verify_and_tell(by=by, about=about, subject=subject, since=said["since"], until=said["until"])
    except LiandongError as why:
        form.put(why.field, why.message)
        return render(request, "console/audit.html", frame, status=why.status)
    context = {**frame, "found": found, "about": about, "told": told, "steps": _steps(found), "subject": subject}
    return render(request, "console/audit_verified.html", context)


def _span(since: datetime, until: datetime) -> str:
    return " 至 ".join(f"{moment.astimezone(CITY_ZONE):%Y-%m-%d %H:%M}" for moment in (since, until))


def _steps(found: Findings) -> list[str]:
    """What an auditor does about it."""
    if found.intact:
        return []
    return [
        "记下首处异常和本次核验时间，不要再对该主体进行任何操作。",
        "立即通知系统管理员封存数据库和备份，由其在服务器上核验整条审计链，并与外部留存的封签比对。",
        "按本单位网络安全事件预案报告；在查明前，该时段的记录不得作为依据。",
    ]


@page(right="audit.read")
@require_POST
def export(request: HttpRequest, by: By) -> FileResponse:
    """The trail of one subject as a spreadsheet, as it is shown here, with the hashes."""
    subject = request.POST.get("subject", "")[:80]
    about = _abouts(by, [subject])[subject]

    def lines(events: list[Event]) -> Iterable[list[Any]]:
        for row in rows_of(by, events):
            told = "；".join(f"{label}：{text}" for _, label, text in row.told)
            yield [row.id, row.at, row.who, row.place, row.label, told, row.hash]

    sheet = export_subject(by=by, subject=subject, about=about, lines=lines)
    name = f"审计记录-{clock.now().astimezone(CITY_ZONE):%Y%m%d-%H%M}.xlsx"
    answer = FileResponse(sheet.file, as_attachment=True, filename=name, content_type=MEDIA_TYPE)
    answer["Content-Length"] = str(sheet.size)
    return answer
