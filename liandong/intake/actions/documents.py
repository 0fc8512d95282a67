"""Documents of an order: added once, seen in the trail, taken down with a reason, never gone."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import IO

from django.conf import settings
from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.identity.queries import must_be_here
from liandong.intake import facts
from liandong.intake.actions.locks import lock_order
from liandong.intake.actions.matters import line, trace
from liandong.intake.documents import Limits, checked, count_pieces, cut, place, size_in_words
from liandong.intake.errors import DocumentBroken, DocumentThere, TooManyDocuments
from liandong.intake.filetypes import FileType
from liandong.intake.models import Document, DocumentPiece, DocumentRemoval, Order
from liandong.intake.queries import access_order, rulebook
from liandong.intake.queries.documents import access_document, bytes_of, limits
from liandong.kernel import clock
from liandong.kernel.errors import Conflict, Invalid, NotAllowed
from liandong.kernel.outbox import announce
from liandong.kernel.seals import seal_bytes, sm3_of

LONGEST_WORDS = 200


@transaction.atomic
def add_document(*, by: By, number: str, name: str, file: IO[bytes], kind: str, about: str = "") -> Document:
    """Keep a file as a document of an order the actor may see. `kind`: a code of `document_kind`.

    The bytes are written before the matter is locked: a large file holds up nobody else's step, least of all a danger.
    Raises NotAllowed, NotFound, Invalid, Conflict (the matter is closed), DocumentUnfit, DocumentTooLarge,
    DocumentThere, TooManyDocuments, ParameterMissing, DeskElsewhere.
    """
    by.needs("note.add")
    must_be_here(by.desk)
    order, moment = access_order(by, number), clock.now()
    _refuse_closed(order)
    if not rulebook().knows("document_kind", kind, moment):
        raise Invalid("请选择材料类别。", field="kind")
    about = _words(about, "说明", "about")
    allowed = limits(moment)
    told, size = checked(name, file, allowed)
    made = _keep(by, order, name, file, told, size, kind, about, moment)
    _announce_added(by, made, allowed)
    return made


def _keep(
    by: By, order: Order, name: str, file: IO[bytes], told: FileType, size: int, kind: str, about: str, at: datetime
) -> Document:
    digest = sm3_of(cut(file))
    same = Document.objects.filter(order=order, sm3=digest)
    # Who adds the same bytes at once waits here for the other's end, and then is told of the other's document.
    made, new = Document.objects.get_or_create(
        order=order,
        sm3=digest,
        nth=same.filter(removal__isnull=False).count(),
        defaults={
            "name": name,
            "kind": kind,
            "about": about,
            "media": told.code,
            "size": size,
            "pieces": count_pieces(size),
            "at": at,
            "party": by.party,
            "by": by.described(),
        },
    )
    if not new:
        raise DocumentThere(f"本单已有内容完全相同的材料“{made.name}”，没有重复保存。", field="file", document=made.pk)
    for n, piece in enumerate(cut(file)):
        bound = place(order.number, digest, n, made.pieces)
        sealed = seal_bytes(settings.SEAL_KEY, piece, bound_to=bound)
        DocumentPiece.objects.create(document=made, n=n, sealed=sealed)
    made.order = order
    return made


def _announce_added(by: By, made: Document, allowed: Limits) -> None:
    """Under the lock of the matter: what counts the others, and what stands in order."""
    order = made.order = lock_order(made.order_id)
    _refuse_closed(order)
    if Document.objects.filter(order=order, removal__isnull=True).count() > allowed.most_documents:
        raise TooManyDocuments(f"本单的材料已达上限{allowed.most_documents}份，请先撤下不需要的材料。", field="file")
    digest = bytes(made.sm3).hex()
    detail = {
        "order": order.number,
        "document": made.pk,
        "kind": made.kind,
        "media": made.media,
        "size": made.size,
        "sm3": digest,
    }
    said = line(by=by, order=order, verb="add_document", text=_in_words(made))
    trace("document.added", by=by, matter=order.matter, detail=detail, along=said)
    announce(facts.DOCUMENT_ADDED, matter=order.matter.number, order=order.number, desk=order.desk)


def _in_words(document: Document) -> str:
    """What the order's history says of it. Not its name: that goes when it is taken down, and the history stays."""
    kind = rulebook().label("document_kind", document.kind)
    return f"{kind}，材料编号{document.pk}，{size_in_words(document.size)}，SM3值{bytes(document.sm3).hex()[:16]}…"


@transaction.atomic
def take_down_document(*, by: By, number: str, document: int, why: str) -> DocumentRemoval:
    """Show a document no more, for a reason; bytes and digest stay. Only who added it may, by desk or unit.

    Raises NotAllowed, NotFound, DocumentTakenDown, Invalid, Conflict (somebody else just did).
    """
    by.needs("note.add")
    must_be_here(by.desk)
    found = access_document(by, number, document)
    if found.party != by.party:
        raise NotAllowed("只有添加该材料的一方可以撤下；如有疑问请联系对方。")
    if not why.strip():
        raise Invalid("请填写撤下的原因。", field="why")
    why = _words(why, "原因", "why")
    found.order = order = lock_order(found.order_id)
    made, new = DocumentRemoval.objects.get_or_create(
        document=found,
        defaults={"why": why, "at": clock.now(), "party": by.party, "by": by.described()},
    )
    if not new:
        raise Conflict("该材料已被撤下，请刷新后查看。")
    detail = {"order": order.number, "document": found.pk, "sm3": bytes(found.sm3).hex(), "reason": why}
    said = line(by=by, order=order, verb="take_down_document", text=f"{_in_words(found)}。原因：{why}")
    trace("document.taken_down", by=by, matter=order.matter, detail=detail, along=said)
    announce(facts.DOCUMENT_TAKEN_DOWN, matter=order.matter.number, order=order.number, desk=order.desk)
    return made


def see_document(*, by: By, number: str, document: int) -> Document:
    """Somebody opens a document; `queries.documents.bytes_of` gives its bytes. That it was seen is in the trail.

    It is proved whole before the first byte goes out. Must be called outside a transaction, as what is broken is
    recorded although the call fails. Raises NotFound, DocumentTakenDown, DocumentBroken.
    """
    found = access_document(by, number, document)
    whole = _is_whole(found)
    detail = {"order": found.order.number, "document": found.pk, "sm3": bytes(found.sm3).hex()}
    with transaction.atomic():
        record("document.seen" if whole else "document.broken", by=by, subject=found.order.matter.number, detail=detail)
    if not whole:
        raise DocumentBroken
    return found


def _is_whole(document: Document) -> bool:
    try:
        return sm3_of(bytes_of(document)) == bytes(document.sm3)
    except DocumentBroken:
        return False


def _refuse_closed(order: Order) -> None:
    if order.matter.closed_at is not None:
        raise Conflict("事项已办结，不能再添加材料；确需补充请新建单并关联原单。")


def _words(text: str, label: str, field: str) -> str:
    if any(unicodedata.category(one) in ("Cc", "Cs") for one in text):
        raise Invalid(f"{label}只能是一行文字，不能有换行和控制字符。", field=field)
    if len(text) > LONGEST_WORDS:
        raise Invalid(f"{label}不能超过{LONGEST_WORDS}字。", field=field)
    return text.strip()
