"""Post to other nodes what they must hear of a matter: of our own desks' orders, steps and notes, all they lack.

A matter goes to every node that hosts a desk of one of its transfers: its circle. What is posted is worked out from
what stands here and what was posted before, not from the fact that gave the occasion. So a fact told twice posts
nothing twice, one that is lost is made good by the next, and a node that joins the circle late gets all from the
beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from liandong.identity.queries import is_here, node_of, this_node
from liandong.intake.models import Matter, Order
from liandong.intake.queries.mirrors import own_orders_of, snapshot_of
from liandong.kernel import clock, trace
from liandong.kernel.canonical import canonical
from liandong.kernel.ids import uuid7
from liandong.kernel.notices import tell
from liandong.kernel.outbox import Told as ToldFact
from liandong.kernel.seals import sm3
from liandong.peers.actions.attaching import consign
from liandong.peers.keeping import Entry, closed
from liandong.peers.messages import MATTER, NOTE, STEP, ToldNote, ToldStep, matter_data, note_data, step_data
from liandong.peers.models import Outgoing, Peer, Told
from liandong.peers.notices import OUTGOING
from liandong.transfer.models import NoteRow, StepRow, Transfer
from liandong.transfer.queries import step_of


def post(told: ToldFact) -> None:
    """The reaction to every fact about a matter. Safe to repeat; without effect where the house is alone."""
    number = told.payload.get("matter")
    if this_node() is not None and isinstance(number, str):
        post_matter(number=number)


@transaction.atomic
def post_matter(*, number: str, also_to: str = "") -> int:
    """Put what the circle of the matter lacks into the journals. Returns how many messages that were.

    `also_to`: a node that knows of the matter, although nothing here says how it is party to it.
    """
    matter = Matter.objects.filter(number=number).first()
    if matter is None:
        return 0
    transfers = list(
        Transfer.objects.filter(matter=matter).select_related("origin_order", "target_order").order_by("id")
    )
    circle = {node_of(desk) for row in transfers for desk in (row.origin, row.target) if not is_here(desk)}
    circle |= {also_to} - {""}
    if not circle:
        return 0
    entries = [*_orders(matter), *_steps(transfers), *_notes(transfers)]
    posted = sum(_post_to(peer, entries) for peer in sorted(circle))
    if consign(matter, circle):
        tell(OUTGOING)
    return posted


def _post_to(peer: str, entries: Sequence[Entry]) -> int:
    had = set(
        Outgoing.objects.filter(peer=peer, subject__in={one.subject for one in entries}).values_list(
            "kind", "subject", "mark"
        )
    )
    moment = clock.now()
    rows = [
        Outgoing(
            peer=peer,
            message=uuid7(moment),
            kind=one.kind,
            subject=one.subject,
            mark=one.mark,
            urgent=one.urgent,
            document=closed(one, peer, settings.SEAL_KEY),
            traceparent=trace.current(),
            made_at=moment,
            next_try_at=moment,
        )
        for one in entries
        if one.name not in had
    ]
    if rows:
        tell(OUTGOING)
    # Of two workers at once the second leaves what the first has posted.
    return len(Outgoing.objects.bulk_create(rows, ignore_conflicts=True))


def _orders(matter: Matter) -> Iterable[Entry]:
    """A snapshot of each of our orders, with a new version where it says something new."""
    urgent = matter.danger_at is not None
    # What was told is locked before the orders are read: an older state never gets a newer version.
    for number in sorted(order.number for order in own_orders_of(matter)):
        Told.objects.get_or_create(order=number, defaults={"version": 0, "digest": b""})
        Told.objects.select_for_update().get(order=number)
    for order in own_orders_of(matter):
        data = _snapshot(order)
        yield Entry(MATTER, matter.number, f"{order.number}:{data['snapshot']}", urgent, data)


def _snapshot(order: Order) -> dict[str, Any]:
    data = matter_data(snapshot_of(order, 0))
    digest = sm3(canonical(data))
    told, _ = Told.objects.get_or_create(order=order.number, defaults={"version": 0, "digest": b""})
    if bytes(told.digest) != digest:
        # A moment, so that a node restored from an old backup does not go on with versions that others know already.
        told.version = max(told.version + 1, int(clock.now().timestamp() * 1_000_000))
        told.digest = digest
        told.save(update_fields=["version", "digest"])
    return {**data, "snapshot": told.version}


def _steps(transfers: Sequence[Transfer]) -> Iterable[Entry]:
    """The steps our desks took."""
    by_key: Mapping[int, Transfer] = {row.pk: row for row in transfers}
    for step in StepRow.objects.filter(transfer__in=transfers).order_by("transfer", "seq"):
        if not is_here(step.author):
            continue
        row = by_key[step.transfer_id]
        target = "" if row.target_order is None else row.target_order.number
        told = ToldStep(step_of(step, row), bytes(step.hash), row.origin_order.number, _accepted(row, step, target))
        yield Entry(STEP, row.number, str(step.seq), row.kind == "danger", step_data(told))


def _accepted(row: Transfer, step: StepRow, target_order: str) -> str:
    """The receiving desk's order is told by the receiving desk, with the steps that found it there."""
    return target_order if step.author == row.target and step.verb in _WITH_AN_ORDER else ""


_WITH_AN_ORDER = frozenset(("accept", "conclude", "hand_back", "hand_back_at_limit"))


def _notes(transfers: Sequence[Transfer]) -> Iterable[Entry]:
    by_key: Mapping[int, Transfer] = {row.pk: row for row in transfers}
    for note in NoteRow.objects.filter(transfer__in=transfers).order_by("id"):
        if not is_here(note.author):
            continue
        row = by_key[note.transfer_id]
        told = ToldNote(
            uid=note.name,
            transfer=row.number,
            kind=note.kind,
            author=note.author,
            person=note.person,
            at=note.at,
            after_seq=note.after_seq,
            body=note.body,
        )
        yield Entry(NOTE, row.number, str(note.name), row.kind == "danger", note_data(told))


@transaction.atomic
def number_waiting(*, peer: str, limit: int = 500) -> int:
    """Give messages that have none their serial in the journal to `peer`: 1, 2, 3 … without a gap. Returns how many.

    The urgent come first, so that a danger does not wait until all of a backlog is numbered. Apart from posting, so
    that whoever posts holds no lock that others who post would wait for.
    """
    Peer.objects.get_or_create(code=peer)
    kept = Peer.objects.select_for_update().get(code=peer)
    waiting = list(Outgoing.objects.filter(peer=peer, serial__isnull=True).order_by("-urgent", "id")[:limit])
    for serial, row in enumerate(waiting, start=kept.serial + 1):
        row.serial = serial
    Outgoing.objects.bulk_update(waiting, ["serial"])
    kept.serial += len(waiting)
    kept.save(update_fields=["serial"])
    return len(waiting)
