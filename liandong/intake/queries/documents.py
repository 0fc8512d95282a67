"""Reads of documents: those of orders the actor may see, and the bytes, proved piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Func, OuterRef, TextField
from django.db.models.functions import JSONObject

from liandong.audit.by import By
from liandong.intake.documents import Limits, place
from liandong.intake.errors import DocumentBroken, DocumentTakenDown, DocumentThere
from liandong.intake.models import ComingDocument, Document, DocumentPiece, DocumentRemoval, Matter, Order
from liandong.intake.queries import access_order, rulebook, visible_orders
from liandong.kernel.errors import NotFound
from liandong.kernel.seals import SealBroken, unseal_bytes

LARGEST_ID = 2**63 - 1


def limits(at: datetime) -> Limits:
    """What holds for documents at `at`. Raises ParameterMissing."""
    book = rulebook()
    return Limits(
        most_bytes=int(book.parameter("document_bytes_max", at)),
        most_documents=int(book.parameter("documents_max", at)),
        types={row.code: row.name for row in book.table("document_type", at)},
    )


def documents_of(orders: Iterable[Order]) -> list[Document]:
    """The documents of orders that were reached through an `access_*` door, oldest first, those taken down among them.

    Their orders are the ones given.
    """
    known = {order.pk: order for order in orders}
    found = list(Document.objects.filter(order__in=known).select_related("removal").order_by("id"))
    for one in found:
        one.order = known[one.order_id]
    return found


@dataclass(frozen=True, slots=True)
class Coming:
    """A document on its way, and how many of its parts are here."""

    row: ComingDocument
    here: int


class _Hex(Func):
    """Bytes have no form in JSON."""

    function = "encode"
    template = "%(function)s(%(expressions)s, 'hex')"
    output_field = TextField()


_OWN = ("id", "order_id", "name", "kind", "about", "media", "size", "nth", "pieces", "at", "party", "by", "node")
_COMING = ("id", "order_id", "node", "name", "kind", "about", "size", "nth", "pieces", "at", "party", "by", "refused")
_REMOVAL = ("id", "why", "at", "party", "by")


def orders_with_documents(by: By, matter: Matter) -> list[Order]:
    """What `orders_of` reads, each order bringing its documents along in the same statement: for `documents_with`."""
    plain = JSONObject(
        **{name: name for name in _OWN},
        sm3=_Hex("sm3"),
        removal=JSONObject(**{name: f"removal__{name}" for name in _REMOVAL}),
    )
    rows = Document.objects.filter(order=OuterRef("pk")).order_by("pk").values(plain=plain)
    on_its_way = JSONObject(**{name: name for name in _COMING}, sm3=_Hex("sm3"), here=Count("here"))
    coming = ComingDocument.objects.filter(order=OuterRef("pk"), document=None, taken_down__isnull=True)
    found = visible_orders(by).filter(matter=matter)
    return list(
        found.annotate(
            papers=ArraySubquery(rows), parcels=ArraySubquery(coming.order_by("pk").values(plain=on_its_way))
        ).order_by("id")
    )


def coming_with(orders: Iterable[Order]) -> list[Coming]:
    """What is on its way here from other nodes, out of `orders_with_documents`."""
    return [_coming(order, said) for order in orders for said in vars(order)["parcels"]]


def _coming(order: Order, said: dict[str, Any]) -> Coming:
    here, at, sm3 = said["here"], datetime.fromisoformat(said["at"]), bytes.fromhex(said["sm3"])
    row = ComingDocument(**{name: said[name] for name in _COMING if name != "at"}, at=at, sm3=sm3)
    row.order = order
    return Coming(row, here)


def documents_with(orders: Iterable[Order]) -> list[Document]:
    """What `documents_of` reads, out of `orders_with_documents`."""
    found = [_brought(order, said) for order in orders for said in vars(order)["papers"]]
    return sorted(found, key=lambda one: one.pk)


def _brought(order: Order, said: dict[str, Any]) -> Document:
    taken = said.pop("removal")
    at, sm3 = datetime.fromisoformat(said.pop("at")), bytes.fromhex(said.pop("sm3"))
    one = Document(**said, at=at, sm3=sm3)
    one.order = order
    removal = None
    if taken["id"] is not None:
        removal = DocumentRemoval(**{**taken, "at": datetime.fromisoformat(taken["at"])}, document=one)
    # That there is none is said too, or each document would ask.
    Document.removal.related.set_cached_value(one, removal)
    return one


def is_there(document: Document) -> bool:
    """Whether it was not taken down."""
    return not hasattr(document, "removal")


def named_by(refused: DocumentThere) -> Document:
    """The document that has the bytes somebody wanted to add again, as the refusal names it."""
    return Document.objects.get(pk=refused.extra["document"])


def access_document(by: By, number: str, document: int) -> Document:
    """A document of the order of this number, with its order. Raises BadNumber, NotFound, DocumentTakenDown."""
    order = access_order(by, number)
    if not 0 < document <= LARGEST_ID:
        raise NotFound
    found = Document.objects.filter(order=order, pk=document).select_related("removal").first()
    if found is None:
        raise NotFound
    if not is_there(found):
        raise DocumentTakenDown
    found.order = order
    return found


def bytes_of(document: Document) -> Iterator[bytes]:
    """The document as it came, in pieces; each is read and opened when it is asked for.

    A piece opens only where it belongs, so what comes out is what was put in or the end of it. Raises DocumentBroken.
    """
    digest = bytes(document.sm3)
    for n in range(document.pieces):
        row = DocumentPiece.objects.filter(document=document, n=n).values_list("sealed", flat=True).first()
        if row is None:
            raise DocumentBroken
        try:
            bound = place(document.order.number, digest, n, document.pieces)
            yield unseal_bytes(settings.SEAL_KEY, row, bound_to=bound)
        except SealBroken as why:
            raise DocumentBroken from why
