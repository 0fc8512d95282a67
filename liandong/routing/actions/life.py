"""The steps in the life of a version of the list: begun, proposed, sent back, approved, in force, superseded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By, clock_of
from liandong.kernel import clock
from liandong.kernel.errors import Conflict, Invalid, NotAllowed
from liandong.kernel.ids import CITY_ZONE, local_day
from liandong.kernel.mover import move
from liandong.kernel.outbox import announce
from liandong.routing import facts
from liandong.routing.changes import differences
from liandong.routing.errors import AlreadyHolds, DayUnfit, NotADraft, NothingChanged, OwnProposal, VersionTaken
from liandong.routing.models import ListItem, ListVersion
from liandong.routing.queries import access_version, forget_lists, values_of
from liandong.routing.states import HELD, LIST, NEEDS, WITH_REASON

LONGEST_REASON = 500
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,19}")


@transaction.atomic
def begin(*, by: By, code: str, name: str, effective_from: date, source: str, base: str) -> ListVersion:
    """Begin the draft `code` with the items of the version `base`, one that was approved.

    Raises NotAllowed, NotFound (no such base), VersionTaken, DayUnfit, Invalid with the field.
    """
    _check_right(by, "begin")
    given = described(name=name, effective_from=effective_from, source=source)
    if not _CODE.fullmatch(code):
        raise Invalid("版本号为1至20位字母、数字、点、下划线或短横线，如 2026-2。", field="code")
    old = access_version(by, base)
    if old.state not in HELD:
        raise Invalid("只能以已审定的版本为依据起草。", field="base")
    if any(one.code == code for one in locked_versions()):
        raise VersionTaken(field="code")
    edge = LIST.edge(None, "begin")
    version = ListVersion.objects.create(
        code=code,
        state=edge.target,
        base=old,
        drafted_person_id=by.person,
        drafted_at=clock.now(),
        **given,
    )
    copies = list(old.items.order_by("code"))
    for item in copies:
        item.pk, item.version = None, version
        item._state.adding = True
    ListItem.objects.bulk_create(copies)
    _tell(by, version, "begin", {"base": old.code, "items": len(copies)})
    return version


def described(*, name: str, effective_from: date, source: str) -> dict[str, Any]:
    """The columns that say what a version is. Raises DayUnfit, Invalid with the field."""
    for field, label, text, longest in (("name", "名称", name, 80), ("source", "依据", source, 200)):
        if not text.strip():
            raise Invalid(f"请填写{label}。", field=field)
        if len(text.strip()) > longest:
            raise Invalid(f"{label}超过{longest}个字符。", field=field)
    if effective_from <= local_day(clock.now()):
        raise DayUnfit(field="effective_from")
    return {"name": name.strip(), "effective_from": effective_from, "source": source.strip()}


@transaction.atomic
def propose(*, by: By, code: str, seen: int) -> ListVersion:
    """Propose a draft for approval; `seen` is the version's counter as the actor saw it, as with all steps here.

    Raises NotAllowed, NotFound, NoSuchEdge, Conflict, DayUnfit, NothingChanged.
    """
    version = _locked(by, code, "propose", seen)
    _check_day(version)
    now_in_it = values_of(version)
    if not now_in_it or (version.base is not None and not differences(values_of(version.base), now_in_it)):
        raise NothingChanged
    changes = {"proposed_person_id": by.person, "proposed_at": clock.now(), "reason": ""}
    return _step(by, version, "propose", changes, {"items": len(now_in_it)})


@transaction.atomic
def send_back(*, by: By, code: str, seen: int, reason: str) -> ListVersion:
    """Send a proposed version back to be changed. Raises NotAllowed, NotFound, NoSuchEdge, Conflict, Invalid."""
    version = _locked(by, code, "send_back", seen)
    said = _reason("send_back", reason)
    return _step(by, version, "send_back", {"reason": said}, {"reason": said})


@transaction.atomic
def approve(*, by: By, code: str, seen: int) -> ListVersion:
    """Approve what somebody else proposed; from its day on it holds.

    Raises NotAllowed, OwnProposal, NotFound, NoSuchEdge, Conflict, DayUnfit.
    """
    version = _locked(by, code, "approve", seen)
    LIST.edge(version.state, "approve")
    if version.proposed_person_id == by.person:
        raise OwnProposal
    _check_day(version)
    starts = starts_at(version.effective_from)
    changes = {
        "approved_person_id": by.person,
        "approved_at": clock.now(),
        "approved_by": by.name,
        "effective_by": starts,
        "reason": "",
    }
    return _step(by, version, "approve", changes, {"effective_from": version.effective_from.isoformat()})


@transaction.atomic
def drop(*, by: By, code: str, seen: int, reason: str) -> ListVersion:
    """Give a draft up. Raises NotAllowed, NotFound, NoSuchEdge, Conflict, Invalid."""
    version = _locked(by, code, "drop", seen)
    said = _reason("drop", reason)
    return _step(by, version, "drop", {"reason": said}, {"reason": said})


@transaction.atomic
def recall(*, by: By, code: str, seen: int, reason: str) -> ListVersion:
    """Take an approval back before the version's day has begun; it is a draft again, to be changed or dropped.

    Raises NotAllowed, NotFound, NoSuchEdge, Conflict, AlreadyHolds, Invalid.
    """
    version = _locked(by, code, "recall", seen)
    LIST.edge(version.state, "recall")
    # The dates decide (ADR 0015): what has held for a moment explains hand-overs, whether a loop wrote it down or not.
    if version.effective_from <= local_day(clock.now()):
        raise AlreadyHolds
    said = _reason("recall", reason)
    changes = {
        "approved_person_id": None,
        "approved_at": None,
        "approved_by": "",
        "effective_by": None,
        "reason": said,
    }
    return _step(by, version, "recall", changes, {"reason": said})


def starts_at(day: date) -> datetime:
    """The moment from which a version holds: the city's midnight."""
    return datetime.combine(day, time.min, CITY_ZONE)


@transaction.atomic
def reach_effect(row: ListVersion, now: datetime) -> None:
    """The day of an approved version has come: write down that it is in force, and what it supersedes.

    Acts only if the version is still due.
    """
    version = next(one for one in locked_versions() if one.pk == row.pk)
    if version.effective_by is None or version.effective_by > now:
        return
    by = clock_of(version.approved_person.desk_id or "" if version.approved_person else "")
    _step(by, version, "take_effect", {"effective_by": None}, {})
    # By their days and not by who was moved last: two whose days passed while no worker ran may come in any order.
    held = [one for one in locked_versions() if one.state in HELD]
    held.sort(key=lambda one: (one.effective_from, one.pk))
    for old, new in pairwise(held):
        if old.state == "in_force" and starts_at(new.effective_from) <= now:
            ends = min(new.effective_from, old.effective_to or new.effective_from)
            _step(by, old, "supersede", {"effective_to": ends}, {})


def locked_versions() -> list[ListVersion]:
    """All versions, locked until the transaction ends: there are few, and their days must fit together."""
    return list(ListVersion.objects.select_for_update().order_by("pk"))


def locked_draft(by: By, code: str) -> ListVersion:
    """The draft, locked for a change of its items. Raises NotAllowed, NotFound, NotADraft."""
    by.needs("list.edit")
    version = ListVersion.objects.select_for_update().get(pk=access_version(by, code).pk)
    if version.state != "draft":
        raise NotADraft
    return version


def _locked(by: By, code: str, verb: str, seen: int) -> ListVersion:
    _check_right(by, verb)
    known = access_version(by, code)
    version = next(one for one in locked_versions() if one.pk == known.pk)
    if version.version != seen:
        raise Conflict
    return version


def _check_right(by: By, verb: str) -> None:
    if not any(by.may(right) for right in NEEDS[verb]):
        raise NotAllowed(right=NEEDS[verb][0])


def _check_day(version: ListVersion) -> None:
    if version.effective_from <= local_day(clock.now()):
        raise DayUnfit(f"施行日期（{version.effective_from}）须晚于今天，请先修改。")
    same = ListVersion.objects.filter(effective_from=version.effective_from, state__in=HELD).first()
    if same is not None:
        raise DayUnfit(f"{same.code}也自{version.effective_from}起施行，请改为其他日期。")


def _reason(verb: str, text: str) -> str:
    assert verb in WITH_REASON
    said = text.strip()
    if not said:
        raise Invalid("请写明理由。", field="reason")
    if len(said) > LONGEST_REASON:
        raise Invalid(f"理由超过{LONGEST_REASON}个字符。", field="reason")
    return said


def _step(
    by: By, version: ListVersion, verb: str, changes: Mapping[str, Any], detail: Mapping[str, Any]
) -> ListVersion:
    move(version, LIST, verb, changes=changes)
    _tell(by, version, verb, detail)
    return version


def _tell(by: By, version: ListVersion, verb: str, detail: Mapping[str, Any]) -> None:
    said = {"version": version.code, "verb": verb, "state": version.state, **detail}
    record("list.moved", by=by, subject=subject(version), detail=said)
    announce(facts.LIST_MOVED, version=version.code, verb=verb, state=version.state)
    forget_lists()


def subject(version: ListVersion) -> str:
    """What the events of a version are chained by."""
    return f"list:{version.code}"
