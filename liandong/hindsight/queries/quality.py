"""Kept suggestions with what came of them: in groups for the figures, one by one behind each figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, TruncWeek

from liandong.audit.by import By
from liandong.hindsight.models import Published
from liandong.hindsight.quality import OPEN, RIGHT, WRONG, Group
from liandong.hindsight.queries.past import POLICE_DESKS, moments
from liandong.identity.models import Desk
from liandong.intake.queries import rulebook, visible_orders
from liandong.kernel import clock
from liandong.kernel.errors import Invalid
from liandong.kernel.ids import CITY_ZONE
from liandong.routing.coldstart import NEITHER
from liandong.routing.models import Correction, Decided, ListItem
from liandong.transfer.models import StepRow, Transfer
from liandong.transfer.states import KINDS

PAGE = 50
GUIDES = "引导事项"
TAKEN = ("accepted", "concluded", "confirmed")
PASSING = tuple(kind.code for kind in KINDS.values() if kind.passes)
# What the figures lead to: the orders behind each of them.
BEHIND: dict[str, str] = {
    "all": "全部判断",
    "known": "已有结果的判断",
    "right": "归口判断正确",
    "sure_right": "有把握且归口判断正确",
    "wrong": "归口判断有误",
    "unsure": "待人工判断",
    "item_told": "事项已有结果的判断",
    "item_wrong": "事项判断有误",
    "alarm": "确有险情",
    "missed": "险情闸门漏报",
    "flagged": "险情闸门报出",
    "false": "险情闸门误报",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is narrowed by; empty does not narrow. Days by the moment of the suggestion, both included."""

    since: date
    until: date
    item: str = ""
    desk: str = ""
    side: str = ""
    class_name: str = ""


def judged(by: By, asked: Asked) -> QuerySet[Decided]:
    """The first suggestion of each order the actor may see, with what came of it. Raises NotAllowed."""
    by.needs("supervise.read")
    begin, end = moments(asked.since, asked.until)
    orders = visible_orders(by)
    if asked.desk:
        orders = orders.filter(desk=asked.desk)
    rows = Decided.objects.filter(at__gte=begin, at__lt=end, order__in=orders)
    rows = rows.filter(~Exists(Decided.objects.filter(order=OuterRef("order"), pk__lt=OuterRef("pk"))))
    if asked.item:
        rows = rows.filter(item=asked.item)
    if asked.side:
        rows = rows.filter(side=asked.side)
    if asked.class_name:
        called = items_called()
        codes = [code for code, (_, class_name) in called.items() if class_name == asked.class_name]
        rows = rows.filter(item__in=codes) if codes else rows.exclude(item__in=list(called))
    return _with_outcome(rows)


def _with_outcome(rows: QuerySet[Decided]) -> QuerySet[Decided]:
    police = list(Desk.objects.filter(kind__in=POLICE_DESKS).values_list("code", flat=True))
    handed = Transfer.objects.filter(origin_order=OuterRef("order"))
    taken = handed.filter(kind__in=PASSING, state__in=TAKEN, beside=False).order_by("-pk")
    said = Correction.objects.filter(decided=OuterRef("pk"), state="confirmed").order_by("-pk")
    dangers = Transfer.objects.filter(matter=OuterRef("order__matter"), kind="danger")
    none = StepRow.objects.filter(
        transfer__matter=OuterRef("order__matter"), transfer__kind="danger", verb="conclude", body__result="no_danger"
    )
    rows = rows.annotate(
        said_side=_text(said.exclude(side="").values("side")),
        said_item=_text(said.exclude(item="").values("item")),
        taken_by=_text(taken.values("target")),
        taken_item=_text(taken.exclude(list_item="").values("list_item")),
        flagged=Cast(KeyTextTransform("danger", "output"), BooleanField()),
        alarm=Exists(dangers),
        none_found=Exists(none),
    )
    settled = Q(order__state__in=("answered", "closed")) | Exists(handed.filter(state="returned"))
    at_police = Q(order__desk__in=police)
    return rows.annotate(
        truth=Case(
            When(~Q(said_side=""), then=F("said_side")),
            When(flagged=True, alarm=True, none_found=False, then=Value("110")),
            When(order__outcome="guided", then=Value(NEITHER)),
            When(taken_by__in=police, then=Value("110")),
            When(~Q(taken_by=""), then=Value("12345")),
            When(settled & at_police, then=Value("110")),
            When(settled, then=Value("12345")),
            default=Value(OPEN),
            output_field=CharField(),
        ),
        item_was=Case(
            When(said_item=F("item"), then=Value(RIGHT)),
            When(~Q(said_item=""), then=Value(WRONG)),
            When(taken_item="", then=Value(OPEN)),
            When(taken_item=F("item"), then=Value(RIGHT)),
            default=Value(WRONG),
            output_field=CharField(),
        ),
        week=TruncWeek("at", tzinfo=CITY_ZONE),
    )


def _text(rows: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(rows[:1]), Value(""), output_field=CharField())


def groups(by: By, asked: Asked) -> list[Group]:
    """The suggestions in groups, by one statement."""
    names = ("week", "side", "item", "unsure", "truth", "item_was", "flagged", "alarm", "none_found")
    sure = Cast(KeyTextTransform("confidence", "output"), FloatField())
    rows = judged(by, asked).order_by().values(*names).annotate(count=Count("pk"), confidence=Sum(sure))
    return [
        Group(
            week=row["week"].astimezone(CITY_ZONE).date(),
            side=row["side"],
            item=row["item"],
            unsure=row["unsure"],
            truth=row["truth"],
            item_was=row["item_was"],
            flagged=row["flagged"],
            alarm=row["alarm"],
            false=row["none_found"],
            count=row["count"],
            confidence=row["confidence"],
        )
        for row in rows
    ]


def behind(by: By, asked: Asked, what: str, *, before: int = 0) -> list[Decided]:
    """The suggestions behind a figure, the newest first, one more than a page; with their orders. Raises Invalid."""
    if what not in BEHIND:
        raise Invalid("没有这项指标，请从质量页重新打开。", field="what")
    rows = judged(by, asked).filter(_condition(what)).select_related("order")
    if before:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[: PAGE + 1])


def _condition(what: str) -> Q:
    known, right = ~Q(truth=OPEN), Q(truth=F("side"))
    flagged = Q(flagged=True) & (Q(alarm=True) | known)
    real = Q(alarm=True, none_found=False)
    told = ~Q(item="") & ~Q(item_was=OPEN) & Q(unsure=False)
    return {
        "all": Q(),
        "known": known,
        "right": known & right,
        "sure_right": known & right & Q(unsure=False),
        "wrong": known & ~right,
        "unsure": Q(unsure=True),
        "item_told": told,
        "item_wrong": told & Q(item_was=WRONG),
        "alarm": real,
        "missed": real & Q(flagged=False),
        "flagged": flagged,
        "false": flagged & (Q(none_found=True) | (known & ~right)),
    }[what]


def items_called() -> dict[str, tuple[str, str]]:
    """Text and class of all that a note can be about: guide paths, and every item that ever was on the list, the newest
    version's."""
    found = {row.code: (row.name, GUIDES) for row in rulebook().table("guide", clock.now())}
    rows = ListItem.objects.order_by("version__effective_from", "version_id").values_list("code", "text", "class_name")
    return found | {code: (text, class_name) for code, text, class_name in rows}


def published() -> list[Published]:
    """The figures of the last evaluation that was published, as they were told; empty where none was."""
    newest = Published.objects.order_by("-at").values("at")[:1]
    return list(Published.objects.filter(at=Subquery(newest)).order_by("part", "pk"))


def desks_judged() -> list[tuple[str, str]]:
    """The desks there are, to choose from."""
    return list(Desk.objects.order_by("code").values_list("code", "name"))
