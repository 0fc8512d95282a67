"""Reads of documents on their way to other nodes."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.conf import settings

from liandong.intake.documents import Announced, place
from liandong.intake.errors import DocumentBroken
from liandong.intake.models import Document, DocumentPiece, Matter
from liandong.intake.queries.documents import bytes_of
from liandong.kernel.seals import SealBroken, sm3_of, unseal_bytes
from liandong.peers.attachments import filled


def own_documents(matter: Matter) -> list[Document]:
    """The documents of the matter that were added here, those taken down among them, with their orders."""
    rows = Document.objects.filter(order__matter=matter, node="").select_related("order__matter", "removal")
    return list(rows.order_by("id"))


def desk_of(document: Document) -> str:
    """The desk that speaks for it; of a unit's document that of its order."""
    return str(document.by.get("desk") or document.order.desk)


def announced(document: Document, second: bytes) -> Announced:
    """What other nodes are told of it; `second` is its SHA-256."""
    order = document.order
    return Announced(
        matter=order.matter.number,
        order=order.number,
        sm3=bytes(document.sm3),
        nth=document.nth,
        sha256=second,
        name=document.name,
        kind=document.kind,
        about=document.about,
        size=document.size,
        pieces=document.pieces,
        at=document.at,
        desk=desk_of(document),
        party=document.party,
        person=str(document.by.get("name") or ""),
    )


def second_digest(document: Document) -> bytes:
    """The SHA-256 of all of it, which on the way is proved by its SM3. Raises DocumentBroken."""
    digest = sha256()

    def pieces() -> Any:
        for piece in bytes_of(document):
            digest.update(piece)
            yield piece

    if sm3_of(pieces()) != bytes(document.sm3):
        raise DocumentBroken
    return digest.digest()


def with_bytes(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a part as the journal has it, with its bytes. Raises DocumentBroken."""
    if not data["part"]:
        return dict(data)
    digest, n = bytes.fromhex(data["digest"]), data["part"] - 1
    rows = DocumentPiece.objects.filter(
        document__order__number=data["order"], document__sm3=digest, document__nth=data["nth"], n=n
    )
    sealed = rows.values_list("sealed", flat=True).first()
    if sealed is None:
        raise DocumentBroken
    try:
        bound = place(data["order"], digest, n, data["parts"])
        return filled(data, unseal_bytes(settings.SEAL_KEY, sealed, bound_to=bound))
    except SealBroken as why:
        raise DocumentBroken from why
