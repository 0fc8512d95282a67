"""Reads of the codes of other nodes."""

from __future__ import annotations

from django.db.models import QuerySet

from liandong.intake.models import ForeignCode


def foreign_codes(node: str) -> QuerySet[ForeignCode]:
    """The rows of a node's code tables as it told them last."""
    return ForeignCode.objects.filter(node=node, until=None).order_by("table", "code", "effective_from")
