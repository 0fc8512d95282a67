"""A document on the way to another node: the data of an `attachment` message out of what stands here, and back. Pure.

A part is a piece of the document as it lies here (256 KiB). The journal keeps what is said of it; the bytes are put in
when its envelope is made, so that a document of 20 MB stands in no journal and is in memory nowhere whole.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from liandong.identity.errors import NotItsDesk
from liandong.intake.documents import PIECE, Announced
from liandong.intake.errors import DocumentTooLarge, DocumentUnfit, ParameterMissing, TooManyDocuments
from liandong.kernel.canonical import canonical, plain
from liandong.kernel.errors import Invalid
from liandong.kernel.seals import sm3
from liandong.peers.messages import ATTACHMENT, Data

__all__ = [
    "ATTACHMENT",
    "GONE",
    "HELD",
    "PIECE",
    "UNDER_WAY",
    "WHOLE",
    "Part",
    "Progress",
    "Removed",
    "filled",
    "mark",
    "part_data",
    "part_of",
    "progress",
    "read_part",
    "taken",
    "waits_with",
]

# Parts without a receipt at once, to one peer: what is urgent and comes later meets no more of them on any channel.
UNDER_WAY = 16
# Stands for the name of what was taken down: that is told no more.
GONE = "已撤下的材料"
# A part is refused for the document it is of: with each of the others it would be the same.
WHOLE = (DocumentTooLarge, DocumentUnfit, TooManyDocuments, NotItsDesk, ParameterMissing)
# What such another one waits for begins with this.
HELD = "document:"
# Of what a message says, that which is of its part alone.
OF_ONE = frozenset({"part", "part_digest", "bytes"})
LONGEST = 50  # characters of a mark, with room for what stands before and behind it
MARKED = 16  # hex digits of the digest that tell the documents of an order apart in the journal


@dataclass(frozen=True, slots=True)
class Removed:
    """The document was taken down by who added it."""

    at: datetime
    why: str
    person: str


@dataclass(frozen=True, slots=True)
class Part:
    """What a message says: of which document it is, and the bytes of one part (`n` from 0), or that it was removed."""

    told: Announced
    n: int
    data: bytes
    removed: Removed | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a document is on its way to a peer: `stored` of its `parts` have a receipt. `refused`: the code."""

    state: Literal["going", "there", "refused"]
    stored: int
    parts: int
    refused: str = ""

    @property
    def label(self) -> str:
        if self.state == "going":
            return f"传输中 {self.stored}/{self.parts}"
        return "已送达" if self.state == "there" else "对方拒收"


def progress(parts: int, begun: int, unheard: int, refused: str) -> Progress:
    """`begun` of the parts have entered the journal, `unheard` of those have no receipt; `refused`: of one of them.

    What is refused was stored as well, so it comes first.
    """
    stored = max(0, begun - unheard)
    if refused:
        return Progress("refused", stored, parts, refused)
    return Progress("there" if stored == parts else "going", stored, parts)


def mark(order: str, digest: bytes, nth: int, part: int | None = None) -> str:
    """Tells the messages about a matter's documents apart; without `part` what all of one document begin with."""
    return f"{order}:{digest.hex()[:MARKED]}:{nth}:{'' if part is None else part}"


def part_of(data: Mapping[str, Any]) -> str:
    """The same for all parts of a document that say the same of it; its beginning is their `mark`.

    Empty for what is no part as this version knows them: a newer message is kept and not judged.
    """
    try:
        begins = mark(data["order"], bytes.fromhex(data["digest"]), int(data.get("nth", 0)))
    except (KeyError, TypeError, ValueError):
        return ""
    said = canonical({name: value for name, value in data.items() if name not in OF_ONE})
    return f"{begins}{sm3(said).hex()[:MARKED]}" if len(begins) <= LONGEST else ""


def waits_with(name: str) -> str:
    """What the parts under this name (`part_of`) wait for when one of them is refused for all: until any is taken."""
    return f"{HELD}{name[: name.rindex(':') + 1]}"


def taken(told: Announced) -> str:
    """What is here when something of the document has been taken: those that wait with another go on."""
    return f"{HELD}{mark(told.order, told.sm3, told.nth)}"


def part_data(told: Announced, media_type: str, part: int, removed: Removed | None = None) -> Data:
    """The data of a message about the part (from 1; 0 with `removed`), without bytes."""
    gone: Data = {"at": removed.at, "why": removed.why, "person": removed.person} if removed else {}
    said = {
        "linkage_number": told.matter,
        "order": told.order,
        "digest": told.sm3.hex(),
        "sha256": told.sha256.hex(),
        "nth": told.nth,
        "size": told.size,
        "media_type": media_type,
        "name": GONE if removed else told.name,
        "document_kind": told.kind,
        "about": "" if removed else told.about,
        "added_at": told.at,
        "desk": told.desk,
        "party": told.party if told.party != told.desk else "",
        "person": told.person,
        "part": part,
        "parts": told.pieces,
        "taken_down": {name: value for name, value in gone.items() if value != ""},
    }
    made: Data = plain({name: value for name, value in said.items() if value not in ("", {})})
    return made


def filled(data: Mapping[str, Any], piece: bytes) -> Data:
    """The data with the bytes of its part."""
    return {**data, "part_digest": sm3(piece).hex(), "bytes": base64.b64encode(piece).decode()}


def read_part(data: Mapping[str, Any]) -> Part:
    """Raises Invalid for what is no part of a document."""
    try:
        told = _announced(data)
        if gone := data.get("taken_down"):
            at = datetime.fromisoformat(gone["at"])
            return Part(told, 0, b"", Removed(at, gone.get("why", ""), gone.get("person", "")))
        found = base64.b64decode(data["bytes"], validate=True)
        fits = sm3(found).hex() == data["part_digest"]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Invalid(field="attachment") from None
    # Bytes that are not those of their digest are given on as none: they fit no place, and the part is refused.
    return Part(told, int(data["part"]) - 1, found if fits else b"")


def _announced(data: Mapping[str, Any]) -> Announced:
    return Announced(
        matter=data["linkage_number"],
        order=data["order"],
        sm3=bytes.fromhex(data["digest"]),
        nth=int(data.get("nth", 0)),
        sha256=bytes.fromhex(data["sha256"]),
        name=data["name"],
        kind=data["document_kind"],
        about=data.get("about", ""),
        size=int(data["size"]),
        pieces=int(data["parts"]),
        at=datetime.fromisoformat(data["added_at"]),
        desk=data["desk"],
        party=data.get("party", data["desk"]),
        person=data.get("person", ""),
    )
