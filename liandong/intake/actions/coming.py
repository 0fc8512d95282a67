"""Documents of other nodes' desks: kept part by part, proved when all are here, and then documents like our own.

Parts may come in any order and twice. One that is wrong is refused and the others stay, so only that one comes again.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction

from liandong.audit.by import By
from liandong.identity.queries import must_live_at
from liandong.intake import facts
from liandong.intake.actions.locks import lock_order
from liandong.intake.actions.matters import trace
from liandong.intake.documents import (
    Announced,
    Limits,
    checked,
    fit_name,
    fits_its_place,
    must_not_exceed,
    place,
)
from liandong.intake.errors import AnnouncedOtherwise, DocumentBroken, DocumentDiffers, PieceWrong, TooManyDocuments
from liandong.intake.models import ComingDocument, ComingPiece, Document, DocumentPiece, DocumentRemoval, Order
from liandong.intake.queries.documents import limits
from liandong.kernel import clock
from liandong.kernel.errors import Invalid
from liandong.kernel.outbox import announce
from liandong.kernel.seals import SealBroken, seal_bytes, sm3_of, unseal_bytes

IN_MEMORY = 1024 * 1024  # more of a file that is looked at waits on disk


@transaction.atomic
def keep_piece(*, by: By, node: str, told: Announced, n: int, data: bytes) -> bool:
    """Keep the part `n` (from 0) of a document that `node` tells of; with the last one it becomes a document here.

    The order is here. False when it was known. Raises NotItsDesk, Invalid (another matter's order), DocumentUnfit,
    DocumentTooLarge, PieceWrong, DocumentDiffers, AnnouncedOtherwise, TooManyDocuments, ParameterMissing.
    """
    order = _order(by, node, told)
    same = ComingDocument.objects.filter(order=order, node=node, sm3=told.sm3, nth=told.nth)
    if same.filter(taken_down__isnull=False).exists():
        return False
    allowed = limits(clock.now())
    fit_name(told.name)
    must_not_exceed(told.size, allowed)
    if not fits_its_place(len(data), n, told):
        raise PieceWrong(field="bytes")
    coming = _locked(by, node, order, told)
    if coming.document_id is not None or coming.taken_down is not None:
        return False
    if not _put(coming, order, n, data):
        return False
    if ComingPiece.objects.filter(coming=coming).count() == coming.pieces:
        _complete(by, coming, order, allowed)
    return True


@transaction.atomic
def take_down_coming(*, by: By, node: str, told: Announced, removed: dict[str, Any]) -> bool:
    """What `node` has taken down is shown no more here either, and what is missing of it is not waited for.

    `removed`: at, why, name. False when that was known. Raises NotItsDesk, Invalid.
    """
    order = _order(by, node, told)
    coming = _locked(by, node, order, told, compare=False)
    if coming.taken_down is not None:
        return False
    ComingPiece.objects.filter(coming=coming).delete()
    coming.taken_down = {"at": str(removed["at"]), "why": removed["why"], "name": removed["name"]}
    coming.save(update_fields=["taken_down"])
    document = coming.document
    # Bytes that somebody has added here as well are theirs to take down.
    if document is not None and document.node == node:
        DocumentRemoval.objects.get_or_create(
            document=document,
            defaults={
                "why": removed["why"],
                "at": removed["at"],
                "party": told.party,
                "by": {**by.described(), "name": removed["name"]},
            },
        )
        detail = {
            "order": order.number,
            "document": document.pk,
            "sm3": told.sm3.hex(),
            "reason": removed["why"],
        }
        order = lock_order(order.pk)
        trace("document.taken_down", by=by, matter=order.matter, detail=detail)
        announce(facts.DOCUMENT_TAKEN_DOWN, matter=order.matter.number, order=order.number, desk=order.desk)
    return True


@transaction.atomic
def note_refusal(*, by: By, node: str, told: Announced, why: str) -> None:
    """Nothing can be made of what comes: said beside it until it can. For an order that is here."""
    order = Order.objects.filter(number=told.order).select_related("matter").first()
    if order is None or order.matter.number != told.matter:
        return
    coming = _locked(by, node, order, told, compare=False)
    if coming.document_id is None:
        ComingDocument.objects.filter(pk=coming.pk).update(refused=why[:200])
        announce(facts.ORDER_MIRRORED, matter=order.matter.number, order=order.number, desk=order.desk)


def _order(by: By, node: str, told: Announced) -> Order:
    must_live_at(str(by.desk), node)
    order = Order.objects.select_related("matter").get(number=told.order)
    if order.matter.number != told.matter:
        raise Invalid("材料所属的单不在所报的事项中。", field="order")
    return order


def _locked(by: By, node: str, order: Order, told: Announced, *, compare: bool = True) -> ComingDocument:
    """The row of what comes, locked: two parts at once are kept one after the other."""
    said = {
        "sha256": told.sha256,
        "name": told.name[:200],
        "kind": told.kind,
        "about": told.about,
        "size": told.size,
        "pieces": told.pieces,
    }
    given = {**said, "at": told.at, "party": told.party, "by": by.described()}
    row = ComingDocument(order=order, node=node, sm3=told.sm3, nth=told.nth, **given)
    ComingDocument.objects.bulk_create([row], ignore_conflicts=True)
    found = ComingDocument.objects.select_for_update().get(order=order, node=node, sm3=told.sm3, nth=told.nth)
    if compare and any(_plain(getattr(found, name)) != value for name, value in said.items()):
        if found.document_id is not None or found.here.exists():
            raise AnnouncedOtherwise
        # Nothing of it is here: it was refused as it was announced first, and is announced anew.
        ComingDocument.objects.filter(pk=found.pk).update(**said)
        found.refresh_from_db()
    return found


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _put(coming: ComingDocument, order: Order, n: int, data: bytes) -> bool:
    """Keep the part in its place; a better one that the peer has sent takes the place of another."""
    bound = place(order.number, bytes(coming.sm3), n, coming.pieces)
    known = ComingPiece.objects.filter(coming=coming, n=n).first()
    if known is not None and _opened(known.sealed, bound) == data:
        return False
    ComingPiece.objects.update_or_create(
        coming=coming, n=n, defaults={"sealed": seal_bytes(settings.SEAL_KEY, data, bound_to=bound)}
    )
    return True


def _opened(sealed: bytes | memoryview, bound: bytes) -> bytes:
    try:
        return unseal_bytes(settings.SEAL_KEY, sealed, bound_to=bound)
    except SealBroken as why:
        raise DocumentBroken from why


def _complete(by: By, coming: ComingDocument, order: Order, allowed: Limits) -> None:
    """All parts are here: prove the whole, look what it is, and make it a document of the order."""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        _written_out(coming, order, file)
        found, size = checked(coming.name, file, allowed)
    same = Document.objects.filter(order=order, sm3=bytes(coming.sm3))
    made = same.filter(removal__isnull=True).first()
    if made is None:
        made = Document.objects.create(
            order=order,
            sm3=coming.sm3,
            nth=same.count(),
            name=coming.name,
            kind=coming.kind,
            about=coming.about,
            media=found.code,
            size=size,
            pieces=coming.pieces,
            at=coming.at,
            party=coming.party,
            by=coming.by,
            node=coming.node,
        )
        _move_pieces(coming, made)
    ComingPiece.objects.filter(coming=coming).delete()
    coming.document, coming.refused = made, ""
    coming.save(update_fields=["document", "refused"])
    _announce(by, made, order, allowed)


def _written_out(coming: ComingDocument, order: Order, file: IO[bytes]) -> None:
    """Raises DocumentDiffers unless it is what was announced, by both digests."""
    second = sha256()

    def pieces() -> Iterator[bytes]:
        for n in range(coming.pieces):
            sealed = ComingPiece.objects.values_list("sealed", flat=True).get(coming=coming, n=n)
            data = _opened(sealed, place(order.number, bytes(coming.sm3), n, coming.pieces))
            second.update(data)
            file.write(data)
            yield data

    if sm3_of(pieces()) != bytes(coming.sm3) or second.digest() != bytes(coming.sha256):
        raise DocumentDiffers(sm3=bytes(coming.sm3).hex())


def _move_pieces(coming: ComingDocument, made: Document) -> None:
    """They are sealed already as they lie there: bound to order, digest and place."""
    table, source = DocumentPiece._meta.db_table, ComingPiece._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (document_id, n, sealed) SELECT %s, n, sealed FROM {source} WHERE coming_id = %s",  # noqa: S608
            [made.pk, coming.pk],
        )


def _announce(by: By, made: Document, order: Order, allowed: Limits) -> None:
    """Under the lock of the matter, which was not held while the bytes were written."""
    order = lock_order(order.pk)
    if Document.objects.filter(order=order, removal__isnull=True).count() > allowed.most_documents:
        raise TooManyDocuments(f"该单的材料已达上限{allowed.most_documents}份，没有收存。")
    detail = {
        "order": order.number,
        "document": made.pk,
        "kind": made.kind,
        "media": made.media,
        "size": made.size,
        "sm3": bytes(made.sm3).hex(),
        "node": made.node,
    }
    trace("document.arrived", by=by, matter=order.matter, detail=detail)
    announce(facts.DOCUMENT_ADDED, matter=order.matter.number, order=order.number, desk=order.desk)
