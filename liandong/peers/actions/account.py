"""What this node holds of the matters it shares with a peer, line by line, as the two compare it (`ledger.py`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Exists, OuterRef, Q, QuerySet

from liandong.identity.models import Desk
from liandong.identity.queries import is_here, node_of
from liandong.intake.models import Matter, Order
from liandong.intake.queries.mirrors import snapshot_of
from liandong.intake.snapshots import MARKS
from liandong.kernel.canonical import canonical
from liandong.kernel.ids import CITY_ZONE, local_day
from liandong.kernel.seals import sm3
from liandong.peers.ledger import Item, Name, by_day, versioned
from liandong.peers.messages import MATTER, NOTE, STEP, matter_data
from liandong.peers.models import Outgoing, Told
from liandong.transfer.actions.foreign import note_digest
from liandong.transfer.models import NoteRow, StepRow, Transfer

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Account:
    """The lines of one matter, opened on `day`."""

    matter: str
    day: str
    lines: dict[Name, str]

    @property
    def digest(self) -> str:
        return by_day(Item(self.day, name, line) for name, line in self.lines.items()).get(self.day, "")


def accounts(
    peer: str, *, since: date | None = None, days: Collection[str] = (), matters: Collection[str] = ()
) -> Iterator[Account]:
    """Of the matters shared with the peer: those opened since a day, on one of `days`, or of these numbers."""
    found = shared(peer)
    if since is not None:
        found = found.filter(opened_at__gte=_begins(since))
    if days:
        found = found.filter(opened_at__gte=_begins(date.fromisoformat(min(days))))
    if matters:
        found = found.filter(number__in=matters)
    batch: list[Matter] = []
    for matter in found.order_by("id").iterator(chunk_size=AT_ONCE):
        if days and str(local_day(matter.opened_at)) not in days:
            continue
        batch.append(matter)
        if len(batch) == AT_ONCE:
            yield from _accounts(peer, batch)
            batch = []
    yield from _accounts(peer, batch)


def shared(peer: str) -> QuerySet[Matter]:
    """The matters of whose transfers a desk of the peer is party, and those it was ever told."""
    desks = list(Desk.objects.filter(node=peer).values_list("code", flat=True))
    party = Transfer.objects.filter(matter=OuterRef("pk")).filter(Q(origin__in=desks) | Q(target__in=desks))
    told = Outgoing.objects.filter(peer=peer, kind=MATTER, subject=OuterRef("number"))
    return Matter.objects.filter(Exists(party) | Exists(told))


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=CITY_ZONE)


def _accounts(peer: str, matters: Sequence[Matter]) -> Iterable[Account]:
    found = {one.pk: Account(one.number, str(local_day(one.opened_at)), {}) for one in matters}
    for matter, transfer, seq, content in StepRow.objects.filter(transfer__matter__in=found).values_list(
        "transfer__matter", "transfer__number", "seq", "content"
    ):
        # What the hash covers, and not the hash that stands beside it: else a changed content would look whole.
        found[matter].lines[STEP, transfer, str(seq)] = sm3(content.encode()).hex()
    for note in NoteRow.objects.filter(transfer__matter__in=found).select_related("transfer"):
        lines = found[note.transfer.matter_id].lines
        lines[NOTE, note.transfer.number, str(note.name)] = note_digest(note).hex()
    orders = Order.objects.filter(matter__in=found).select_related("matter")
    told = dict(Told.objects.filter(order__in=[one.number for one in orders]).values_list("order", "version"))
    for order in orders:
        # Of a third node's orders each hears from that node alone.
        if is_here(order.desk) or node_of(order.desk) == peer:
            version = told.get(order.number, 0) if order.mirrored is None else order.mirrored
            line = versioned(version, _said(order).hex())
            found[order.matter_id].lines[MATTER, order.matter.number, order.number] = line
    return found.values()


def _said(order: Order) -> bytes:
    """Of an order all that its node tells; what is marked on the matter each node marks for itself."""
    data = matter_data(snapshot_of(order, 0))
    return sm3(canonical({name: value for name, value in data.items() if name not in MARKS}))
