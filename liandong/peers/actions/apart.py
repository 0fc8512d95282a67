"""隔离: somebody looks at what could not be taken in, and says that it was looked at. It stays as evidence."""

from __future__ import annotations

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.kernel import clock
from liandong.kernel.errors import NotFound
from liandong.kernel.telling import write
from liandong.peers.facts import traffic_with
from liandong.peers.models import SetApart
from liandong.peers.queries.apart import access_parcel, content_of
from liandong.peers.queries.desk import MANAGE


@transaction.atomic
def see_parcel(*, by: By, number: int) -> tuple[SetApart, bytes]:
    """What came, as it came; that it was seen is in the trail. Raises NotAllowed, NotFound, SealBroken."""
    row = access_parcel(by, number)
    content = content_of(row)
    record("parcel.seen", by=by, subject=f"node:{row.peer}", detail=_detail(row))
    return row, content


@transaction.atomic
def settle_parcel(*, by: By, number: int) -> tuple[SetApart, bool]:
    """It was looked at and no longer asks for anybody. Returns it, and whether this call said so.

    Raises NotAllowed, NotFound.
    """
    by.needs(MANAGE)
    access_parcel(by, number)
    row = SetApart.objects.select_for_update().filter(pk=number).first()
    if row is None:
        raise NotFound
    if row.seen_at is not None:
        return row, False
    row.seen_by, row.seen_at = by.name, clock.now()
    row.save(update_fields=["seen_by", "seen_at"])
    record("parcel.settled", by=by, subject=f"node:{row.peer}", detail=_detail(row))
    write([traffic_with(row.peer)])
    return row, True


def _detail(row: SetApart) -> dict[str, object]:
    return {"channel": row.channel, "parcel": row.name, "sm3": bytes(row.digest).hex()}
