"""Post to other nodes what they must hear of a matter: of our own desks' orders, steps and notes, all they lack.

A matter goes to every node that hosts a desk of one of its transfers: its circle. What is posted is worked out from
what stands here and what was posted before, not from the fact that gave the occasion. So a fact told twice posts
nothing twice, one that is lost is made good by the next, and a node that joins the circle late gets all from the
beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from liandong.identity.queries import is_here, node_of, this_node
from liandong.intake.models import Matter, Order
from liandong.intake.queries.mirrors import own_orders_of, snapshot_of
from liandong.kernel import clock, trace
from liandong.kernel.canonical import canonical
from liandong.kernel.ids import uuid7
from liandong.kernel.notices import tell
from liandong.kernel.outbox import TRACE
from liandong.kernel.outbox import Told as ToldFact
from liandong.kernel.seals import sm3
from liandong.peers.actions.attaching import consign
from liandong.peers.keeping import Entry, closed
from liandong.peers.messages import MATTER, NOTE, STEP, Data, ToldNote, ToldStep, matter_data, note_data, step_data
from liandong.peers.models import Outgoing, Peer, Told
from liandong.peers.notices import OUTGOING
from liandong.transfer.models import NoteRow, StepRow, Transfer
from liandong.transfer.queries import step_of


@dataclass(frozen=True, slots=True)
class _Affair:
    """A matter with its transfers, the nodes that are to hear of it, and the trace in which they do."""

    matter: Matter
    transfers: Sequence[Transfer]
    circle: Sequence[str]
    traceparent: str


def post(told: Sequence[ToldFact]) -> None:
    """The reaction to all facts of a batch about matters. Safe to repeat; without effect where the house is alone."""
    if this_node() is None:
        return
    traces = dict[str, str]()
    for fact in told:
        number = fact.payload.get("matter")
        if isinstance(number, str):
            traces[number] = traces.get(number) or fact.payload.get(TRACE, "")
    _post({number: _part_of(traceparent) for number, traceparent in traces.items()})


def _part_of(traceparent: str) -> str:
    with trace.following(traceparent):
        return trace.current()


def post_matter(*, number: str, also_to: str = "") -> int:
    """Put what the circle of the matter lacks into the journals. Returns how many messages that were.

    `also_to`: a node that knows of the matter, although nothing here says how it is party to it.
    """
    return _post({number: trace.current()}, also_to)


@transaction.atomic
def _post(traces: Mapping[str, str], also_to: str = "") -> int:
    """All of these matters with a few statements; what is locked and written goes by number, however the facts came."""
    affairs = list(_affairs(traces, also_to))
    entries = _entries(affairs) if affairs else {}
    if not any(entries.values()):
        return 0
    had = set(
        Outgoing.objects.filter(
            peer__in={peer for one in affairs for peer in one.circle},
            subject__in={entry.subject for found in entries.values() for entry in found},
        ).values_list("peer", "kind", "subject", "mark")
    )
    rows = [
        _row(peer, entry, one.traceparent)
        for one in affairs
        for peer in one.circle
        for entry in entries[one.matter.pk]
        if (peer, *entry.name) not in had
    ]
    # Of two workers at once the second leaves what the first has posted.
    posted = len(Outgoing.objects.bulk_create(rows, ignore_conflicts=True))
    # Documents hang on orders of our own: a matter that is told here alone has none.
    consigned = sum(consign(one.matter, one.circle) for one in affairs if entries[one.matter.pk])
    if posted or consigned:
        tell(OUTGOING)
    return posted


def post_entries(peer: str, entries: Sequence[Entry]) -> int:
    """Put into the journal what of these was never posted to the peer. Returns how many."""
    rows = [_row(peer, one, trace.current()) for one in entries]
    posted = len(Outgoing.objects.bulk_create(rows, ignore_conflicts=True))
    tell(OUTGOING)
    return posted


def _affairs(traces: Mapping[str, str], also_to: str) -> Iterator[_Affair]:
    """Those of the matters of which another node is to hear, by their numbers."""
    matters = list(Matter.objects.filter(number__in=traces).order_by("number"))
    transfers: dict[int, list[Transfer]] = {one.pk: [] for one in matters}
    linked = Transfer.objects.select_related("matter", "origin_order", "target_order").order_by("id")
    for row in linked.filter(matter__in=matters) if matters else ():
        transfers[row.matter_id].append(row)
    for matter in matters:
        known = transfers[matter.pk]
        circle = {node_of(desk) for row in known for desk in (row.origin, row.target) if not is_here(desk)}
        circle |= {also_to} - {""}
        if circle:
            yield _Affair(matter, known, sorted(circle), traces[matter.number])


def _entries(affairs: Sequence[_Affair]) -> Mapping[int, Sequence[Entry]]:
    """All that our desks have to tell, by the key of the matter: orders, then steps, then notes."""
    found: dict[int, list[Entry]] = {one.matter.pk: [] for one in affairs}
    for order, version, data in _snapshots([one.matter for one in affairs]):
        # Found to be a danger meanwhile, it goes as one.
        urgent = order.matter.danger_at is not None
        mark = f"{order.number}:{version}"
        found[order.matter_id].append(Entry(MATTER, order.matter.number, mark, urgent, data | {"snapshot": version}))
    transfers = {row.pk: row for one in affairs for row in one.transfers}
    for row, entry in (*_steps(transfers), *_notes(transfers)):
        found[row.matter_id].append(entry)
    return found


def _row(peer: str, entry: Entry, traceparent: str) -> Outgoing:
    moment = clock.now()
    return Outgoing(
        peer=peer,
        message=uuid7(moment),
        kind=entry.kind,
        subject=entry.subject,
        mark=entry.mark,
        urgent=entry.urgent,
        document=closed(entry, peer, settings.SEAL_KEY),
        traceparent=traceparent,
        made_at=moment,
        next_try_at=moment,
    )


def _snapshots(matters: Sequence[Matter]) -> Iterator[tuple[Order, int, Data]]:
    """Each of our orders of these matters as it is, with a new version where it says something new."""
    numbers = sorted(order.number for order in own_orders_of(matters))
    if not numbers:
        return
    # What was told is locked before the orders are read: an older state never gets a newer version. In one order, those
    # that are new too: who posts some of the same matters just now waits, and never in a circle.
    Told.objects.bulk_create([Told(order=one, version=0, digest=b"") for one in numbers], ignore_conflicts=True)
    told = {one.order: one for one in Told.objects.select_for_update().filter(order__in=numbers).order_by("order")}
    new = list[Told]()
    for order in own_orders_of(matters):
        known = told.get(order.number)
        if known is None:
            continue  # opened just now: the fact that tells of it posts it
        data = matter_data(snapshot_of(order, 0))
        digest = sm3(canonical(data))
        if bytes(known.digest) != digest:
            # A moment, so that a node restored from a backup does not go on with versions that others know already.
            known.version = max(known.version + 1, int(clock.now().timestamp() * 1_000_000))
            known.digest = digest
            new.append(known)
        yield order, known.version, data
    Told.objects.bulk_update(new, ["version", "digest"])


def _steps(transfers: Mapping[int, Transfer]) -> Iterator[tuple[Transfer, Entry]]:
    """The steps our desks took.

    The receiver's order is read with the step that found or opened it: the transfer was read before, and a step may
    have been taken since.
    """
    steps = StepRow.objects.filter(transfer__in=transfers).order_by("transfer", "seq")
    for step in steps.annotate(receivers=F("transfer__target_order__number")):
        if not is_here(step.author):
            continue
        row, target = transfers[step.transfer_id], step.receivers or ""
        told = ToldStep(
            step_of(step, row),
            bytes(step.hash),
            row.origin_order.number,
            _accepted(row, step, target),
            _opening(row) if step.seq == 1 and row.kind == "danger" else None,
        )
        yield row, Entry(STEP, row.number, str(step.seq), row.kind == "danger", step_data(told))


def _opening(row: Transfer) -> Data:
    """What a danger tells of its matter and order, since it must not wait for their message (ADR 0023)."""
    known = {name: getattr(row.origin_order, name) for name in ("division", "kind", "channel", "received_at")}
    return {
        **known,
        "division": row.matter.division,
        "first_desk": row.matter.first_desk,
        "opened_at": row.matter.opened_at,
    }


def _accepted(row: Transfer, step: StepRow, target_order: str) -> str:
    """The receiving desk's order is told by the receiving desk, with the steps that found it there."""
    return target_order if step.author == row.target and step.verb in _WITH_AN_ORDER else ""


_WITH_AN_ORDER = frozenset(("accept", "conclude", "hand_back", "hand_back_at_limit"))


def _notes(transfers: Mapping[int, Transfer]) -> Iterator[tuple[Transfer, Entry]]:
    for note in NoteRow.objects.filter(transfer__in=transfers).order_by("id"):
        if not is_here(note.author):
            continue
        row = transfers[note.transfer_id]
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
        yield row, Entry(NOTE, row.number, str(note.name), row.kind == "danger", note_data(told))


@transaction.atomic
def number_waiting(*, peer: str, limit: int = 500) -> int:
    """Give messages that have none their serial in the journal to `peer`: 1, 2, 3 … without a gap. Returns how many.

    The urgent come first, so that a danger does not wait until all of a backlog is numbered. Apart from posting, so
    that whoever posts holds no lock that others who post would wait for.
    """
    Peer.objects.get_or_create(code=peer)
    kept = Peer.objects.select_for_update().get(code=peer)
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER, [kept.serial, kept.journal, peer, limit])
        given: int = cursor.rowcount
    if given:
        Peer.objects.filter(code=peer).update(serial=kept.serial + given)
    return given


_NUMBER = """
UPDATE peers_outgoing AS message SET serial = %s + waiting.place, journal = %s
FROM (
    SELECT id, row_number() OVER (ORDER BY urgent DESC, id) AS place FROM (
        SELECT id, urgent FROM peers_outgoing WHERE peer = %s AND serial IS NULL ORDER BY urgent DESC, id LIMIT %s
    ) AS next
) AS waiting
WHERE message.id = waiting.id
"""
