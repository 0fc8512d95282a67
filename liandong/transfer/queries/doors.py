"""The only doors to transfers: what somebody may see, and the one row asked for."""

from __future__ import annotations

from django.db.models import (
    Q,
    QuerySet,
)

from liandong.audit.by import By
from liandong.intake.numbering import TRANSFER, read
from liandong.intake.queries.knowing import may_know, open_to
from liandong.kernel.asking import Given, Question
from liandong.kernel.errors import NotFound
from liandong.transfer.models import Transfer
from liandong.transfer.states import KINDS


def visible_transfers(by: By) -> QuerySet[Transfer]:
    """Transfers in which the actor's desk is origin or target; all of them with the right to see every desk.

    Kinds that only some need to know (clues, S3.6) are there for those alone, and so is all else of their matters.
    """
    by.needs("order.read")
    rows = whole() if by.may("desk.all") else _between(by.party)
    hidden = [kind.code for kind in KINDS.values() if not may_see(by, kind.code)]
    return rows.exclude(kind__in=hidden).filter(open_to(by, "origin_order__")) if hidden else rows


def whole() -> QuerySet[Transfer]:
    return Transfer.objects.select_related("matter", "origin_order", "target_order", "parent")


def _between(party: str | Given) -> QuerySet[Transfer]:
    return whole().filter(Q(origin=party) | Q(target=party))


@Question
def _transfer(number: str) -> QuerySet[Transfer]:
    return whole().filter(number=number)


@Question
def _transfer_between(number: str, party: Given) -> QuerySet[Transfer]:
    return _between(party).filter(number=number)


def may_see(by: By, kind: str) -> bool:
    """Whether the actor may see a transfer of `kind` of the own desk at all."""
    needs = KINDS[kind].needs
    return not needs or by.may(needs)


def access_transfer(by: By, number: str) -> Transfer:
    """Raises BadNumber, NotFound (also when it may not be seen)."""
    by.needs("order.read")
    known = read(number, TRANSFER)
    found = _transfer(number=known) if by.may("desk.all") else _transfer_between(number=known, party=by.party)
    if not found or not may_see(by, found[0].kind) or not may_know(by, found[0].origin_order):
        raise NotFound
    return found[0]


def at_desk(number: str) -> Transfer:
    """The transfer with all it touches, for the desk's own clock and for who has been let in already.

    Raises Transfer.DoesNotExist.
    """
    found = _transfer(number=number)
    if not found:
        raise Transfer.DoesNotExist(number)
    return found[0]


def linkage_of(by: By, number: str) -> str:
    """The linkage number of the matter a transfer is about, for auditors, whoever's it is. Raises NotFound."""
    by.needs("audit.read")
    found = Transfer.objects.filter(number=number).values_list("matter__number", flat=True).first()
    if found is None:
        raise NotFound
    return found
