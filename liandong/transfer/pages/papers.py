"""The documents on an order's page: those of both sides' orders, and what the actor may do with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from liandong.identity.queries import desk_name
from liandong.intake.documents import Limits, size_in_words
from liandong.intake.errors import ParameterMissing
from liandong.intake.filetypes import TYPES
from liandong.intake.models import Document
from liandong.intake.pages.forms import DocumentForm, TakeDownForm
from liandong.intake.queries import rulebook
from liandong.intake.queries.documents import Coming, is_there, limits
from liandong.transfer.pages.acts import Act, Maker
from liandong.transfer.pages.reading import Reading
from liandong.transfer.pages.story import side_of

KEY = "m"


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as the page tells it. Of one that was taken down the name is not shown, and `act` is None."""

    document: Document
    there: bool
    kind: str
    type: str
    size: str
    who: str
    desk: str
    side: str
    shown: bool
    digest: str
    act: Act | None


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """A document of another node that is not whole here yet, or cannot be taken: `refused` says why."""

    name: str
    about: str
    kind: str
    size: str
    who: str
    desk: str
    side: str
    state: str
    refused: str


def on_their_way(reading: Reading) -> list[OnItsWay]:
    """What comes from other nodes for orders the actor may see, the newest first."""
    return [_on_its_way(one) for one in reversed(reading.coming)]


def _on_its_way(one: Coming) -> OnItsWay:
    row = one.row
    return OnItsWay(
        name=row.name,
        about=row.about,
        kind=rulebook().label("document_kind", row.kind),
        size=size_in_words(row.size),
        who=str(row.by["name"]),
        desk=desk_name(row.party),
        side=side_of(row.party),
        state="未接收" if row.refused else f"传输中 {one.here}/{row.pieces}",
        refused=row.refused,
    )


def documents(reading: Reading, make: Maker) -> list[Paper]:
    """Those of all orders the actor may see, the newest first."""
    return [_paper(one, reading, make) for one in reversed(reading.documents)]


def _paper(one: Document, reading: Reading, make: Maker) -> Paper:
    book, there = rulebook(), is_there(one)
    spoken = one if there else one.removal
    act = None
    if there and one.party == reading.by.party and reading.by.may("note.add"):
        address = reverse("document-take-down", args=[one.order.number, one.pk])
        act = make.act(f"take-down-{one.pk}", "撤下", address, TakeDownForm)
    return Paper(
        document=one,
        there=there,
        kind=book.label("document_kind", one.kind),
        type=book.label("document_type", one.media),
        size=size_in_words(one.size),
        who=str(spoken.by["name"]),
        desk=desk_name(spoken.party),
        side=side_of(spoken.party),
        shown=TYPES[one.media].shown,
        digest=bytes(one.sm3).hex(),
        act=act,
    )


def add_act(reading: Reading, make: Maker) -> Act | None:
    """Adding documents to the actor's own order, else to the one the page is about."""
    allowed = limits_now(reading.now)
    if allowed is None or reading.matter.closed_at is not None or not reading.by.may("note.add"):
        return None
    address = reverse("document-add", args=[(reading.own or reading.order).number])
    return make.act("document", "添加材料", address, DocumentForm, press=KEY, allowed=allowed)


def limits_now(at: datetime) -> Limits | None:
    """None in a city whose rows do not say it yet: its orders are shown all the same, and take no documents."""
    try:
        return limits(at)
    except ParameterMissing:
        return None
