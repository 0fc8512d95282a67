"""The steps in the life of a trained model: trained, in use, retired, in use again, dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.kernel import clock
from liandong.kernel.errors import Conflict, Invalid
from liandong.kernel.ids import local_day
from liandong.kernel.mover import move
from liandong.kernel.outbox import announce
from liandong.routing import facts
from liandong.routing.comparison import Compared, compared
from liandong.routing.engine import classifier_of
from liandong.routing.errors import NoModelBefore, WorseModel
from liandong.routing.models import ListVersion, ModelVersion
from liandong.routing.queries import (
    access_model,
    active_model,
    confirmed_lessons,
    forget_engine,
    taught_by_pack,
    version_in_force,
)
from liandong.routing.states import MODEL

RIGHT = "routing.switch"


@transaction.atomic
def train(*, by: By) -> ModelVersion:
    """Learn a model from the list in force and all confirmed corrections, compare it, and keep it as a draft.

    Takes some seconds. Raises NotAllowed, NoListInForce.
    """
    by.needs(RIGHT)
    now = clock.now()
    topics, taught = taught_by_pack(now)
    learnt = confirmed_lessons()
    held = version_in_force(now)
    code = f"M{local_day(now):%Y%m%d}-{ModelVersion.objects.count() + 1}"
    lessons = [*taught, *(one.lesson for one in learnt)]
    classifier = classifier_of(lessons, code)
    active = active_model()
    report = compared(topics, taught, learnt, active.trained_at if active else None)
    made = ModelVersion.objects.create(
        code=code,
        state=MODEL.edge(None, "train").target,
        list_version=ListVersion.objects.get(code=held),
        trained_at=now,
        trained_person_id=by.person,
        documents=len(lessons),
        corrections=len(learnt),
        report=report.plain(),
        blob=classifier.dump(),
    )
    _tell(by, made, "train", {"version": held, "documents": made.documents, "corrections": made.corrections})
    return made


@transaction.atomic
def switch(*, by: By, code: str, seen: int, even_if_worse: bool = False) -> ModelVersion:
    """Use a draft from now on; the one in use retires. Raises NotAllowed, NotFound, NoSuchEdge, Conflict, WorseModel,
    Invalid (trained for another list).
    """
    found = _locked(by, code, seen)
    MODEL.edge(found.state, "switch")
    if found.list_version.code != version_in_force(clock.now()):
        raise Invalid("该模型是按另一版清单训练的，请按现行清单重新训练。", field="code")
    if Compared.from_plain(found.report).worse and not even_if_worse:
        raise WorseModel
    _retire(by)
    return _step(by, found, "switch", {"active_since": clock.now()})


@transaction.atomic
def roll_back(*, by: By) -> ModelVersion:
    """Go back to the model that was in use before the present one. Raises NotAllowed, NoModelBefore."""
    by.needs(RIGHT)
    before = ModelVersion.objects.select_for_update().filter(state="retired").order_by("-active_since").first()
    if before is None:
        raise NoModelBefore
    _retire(by)
    return _step(by, before, "roll_back", {"active_since": clock.now()})


@transaction.atomic
def drop(*, by: By, code: str, seen: int) -> ModelVersion:
    """Give up a draft. Raises NotAllowed, NotFound, NoSuchEdge, Conflict."""
    return _step(by, _locked(by, code, seen), "drop", {})


def _locked(by: By, code: str, seen: int) -> ModelVersion:
    by.needs(RIGHT)
    known = access_model(by, code)
    found = ModelVersion.objects.select_for_update(of=("self",)).select_related("list_version").get(pk=known.pk)
    if found.version != seen:
        raise Conflict
    return found


def _retire(by: By) -> None:
    for one in ModelVersion.objects.select_for_update().filter(state="active"):
        _step(by, one, "retire", {})


def _step(by: By, found: ModelVersion, verb: str, changes: Mapping[str, Any]) -> ModelVersion:
    move(found, MODEL, verb, changes=changes)
    _tell(by, found, verb, {})
    return found


def _tell(by: By, found: ModelVersion, verb: str, detail: Mapping[str, Any]) -> None:
    said = {"model": found.code, "verb": verb, "state": found.state, **detail}
    record("model.moved", by=by, subject=f"model:{found.code}", detail=said)
    announce(facts.MODEL_MOVED, model=found.code, verb=verb, state=found.state)
    forget_engine()
