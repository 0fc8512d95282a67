"""Reads of saved lists and of requests to export more than a person may alone."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from liandong.audit.by import By
from liandong.intake.models import ExportRequest, SavedList
from liandong.kernel.errors import NotFound

SHOWN = 100


def access_lists(by: By) -> QuerySet[SavedList]:
    """The actor's saved lists and those shared with their desk."""
    by.needs("order.read")
    return SavedList.objects.filter(Q(person=by.person) | Q(desk=by.party, shared=True)).select_related("person")


def lists_of(by: By, listing: str) -> list[SavedList]:
    """What the actor may open of one listing, the own ones first."""
    found = access_lists(by).filter(listing=listing).order_by("name", "id")[:SHOWN]
    return sorted(found, key=lambda saved: saved.person_id != by.person)


def access_requests(by: By) -> QuerySet[ExportRequest]:
    """The actor's own requests; who approves sees those of the desk too, with `desk.all` every one."""
    rows = ExportRequest.objects.select_related("person__post", "decided_person").order_by("-id")
    if not by.may("export.approve"):
        by.needs("order.export")
        return rows.filter(person=by.person)
    return rows if by.may("desk.all") else rows.filter(Q(desk=by.party) | Q(person=by.person))


def requests_shown(by: By) -> list[ExportRequest]:
    """The newest requests the actor may see."""
    return list(access_requests(by)[:SHOWN])


def access_request(by: By, request: int) -> ExportRequest:
    """Raises NotFound, NotAllowed."""
    found = access_requests(by).filter(pk=request).first()
    if found is None:
        raise NotFound("没有这份导出申请，或您无权查看。")
    return found
