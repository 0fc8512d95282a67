"""Reads of documents: those of orders the actor may see, and the bytes, proved piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.conf import settings

from liandong.audit.by import By
from liandong.intake.documents import Limits, place
from liandong.intake.errors import DocumentBroken, DocumentTakenDown
from liandong.intake.models import Document, DocumentPiece, Order
from liandong.intake.queries import access_order, rulebook
from liandong.kernel.errors import NotFound
from liandong.kernel.seals import SealBroken, unseal_bytes

LARGEST_ID = 2**63 - 1
ADDED = "add_document"  # what the order's history calls it


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


def is_there(document: Document) -> bool:
    """Whether it was not taken down."""
    return not hasattr(document, "removal")


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
