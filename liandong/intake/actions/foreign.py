"""Codes of other nodes: each version they tell is kept as dated rows, so that a code is read by the name it had."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from liandong.intake.codes import CodeRow
from liandong.intake.models import ForeignCode
from liandong.intake.queries import forget_rulebook


@transaction.atomic
def keep_foreign_codes(*, node: str, rows: Iterable[CodeRow], at: datetime) -> int:
    """From `at` on these are the rows of `node`; what it no longer says ends then. Returns how many are new."""
    known = {
        (row.table, row.code, row.name, row.parent, row.effective_from, row.effective_to): row
        for row in ForeignCode.objects.select_for_update().filter(node=node, until=None)
    }
    told = {(one.table, one.code, one.name, one.parent, one.since, one.until) for one in rows}
    gone = [row.pk for name, row in known.items() if name not in told]
    ForeignCode.objects.filter(pk__in=gone).update(until=at)
    new = [
        ForeignCode(
            node=node,
            table=table,
            code=code,
            name=name,
            parent=parent,
            effective_from=start,
            effective_to=end,
            since=at,
        )
        for table, code, name, parent, start, end in told - set(known)
    ]
    ForeignCode.objects.bulk_create(new)
    forget_rulebook()
    return len(new)
