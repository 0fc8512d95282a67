"""Acknowledge a danger: somebody at the receiving desk says that they know of it. No step; the clocks go on."""

from __future__ import annotations

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.identity.queries import must_be_here
from liandong.kernel import clock
from liandong.kernel.outbox import announce
from liandong.transfer.errors import NotYours
from liandong.transfer.facts import ACKNOWLEDGED, named
from liandong.transfer.models import Transfer
from liandong.transfer.queries import access_transfer


@transaction.atomic
def acknowledge(*, by: By, number: str) -> Transfer:
    """Record who knew of the danger first, and return the transfer with that person in it, whoever it was.

    Pressed again, or after the danger was signed for, it changes nothing. Raises NotFound, NotAllowed, NotYours.
    """
    by.needs("order.handle")
    must_be_here(by.desk)
    row = access_transfer(by, number)
    if row.kind != "danger" or row.target != by.desk:
        raise NotYours("只能知悉移交给本台的险情。")
    # Compare-and-set: of two people at once the first stays.
    unknown = Transfer.objects.filter(pk=row.pk, state="offered", acknowledged_at__isnull=True)
    if unknown.update(acknowledged_at=clock.now(), acknowledged_who=by.name):
        record("transfer.acknowledged", by=by, subject=row.matter.number, detail={"transfer": row.number})
        announce(ACKNOWLEDGED, **named(row))
    row.refresh_from_db(fields=["acknowledged_at", "acknowledged_who", "state"])
    return row
