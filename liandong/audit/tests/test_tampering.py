"""Every way of changing the trail behind its back is found, and the first broken row is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from liandong.audit import trail
from liandong.audit.by import By
from liandong.audit.findings import Fault, Wrong
from liandong.audit.models import Event, Seal
from liandong.audit.tests.written import Written, forge, seal_all, small_trail, verdict, write
from liandong.kernel import clock
from liandong.kernel.seals import sm3

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_kinds")]

Place = Callable[[Written], int]
Broken = tuple[str, Place, Wrong]


def named() -> tuple[str, int, Wrong]:
    first = verdict().first
    assert first is not None
    return first.table, first.id, first.wrong


def literal(value: bytes) -> str:
    return f"'\\x{value.hex()}'"


def test_an_untouched_trail_is_intact_and_counted(clerk: By) -> None:
    small_trail(clerk)

    found = verdict()

    assert found.intact
    assert (found.events, found.subjects, found.seals, found.waiting) == (7, 2, 2, 2)
    assert found.head is not None
    assert found.head[0] == 2


# What somebody did, to which event, and what is said of which event.
EVENT_FORGERIES: dict[str, Broken] = {
    "the body": (
        "UPDATE audit_event SET body = replace(body, '甲二', '甲五') WHERE id = {}",
        lambda w: w.a[1],
        Wrong.BODY,
    ),
    "a hash": ("UPDATE audit_event SET hash = prev WHERE id = {}", lambda w: w.a[1], Wrong.BODY),
    "a link": ("UPDATE audit_event SET prev = decode(md5('x'), 'hex') WHERE id = {}", lambda w: w.a[1], Wrong.BODY),
    "who": ("UPDATE audit_event SET person = 8 WHERE id = {}", lambda w: w.a[1], Wrong.COLUMNS),
    "nobody": ("UPDATE audit_event SET person = NULL WHERE id = {}", lambda w: w.a[1], Wrong.COLUMNS),
    "for whom": ("UPDATE audit_event SET party = 'desk-b' WHERE id = {}", lambda w: w.a[1], Wrong.COLUMNS),
    "what": ("UPDATE audit_event SET kind = 'thing.seen' WHERE id = {}", lambda w: w.a[1], Wrong.COLUMNS),
    "when": ("UPDATE audit_event SET at = at - interval '1 day' WHERE id = {}", lambda w: w.a[1], Wrong.COLUMNS),
    "when, beyond all time": (
        "UPDATE audit_event SET at = 'infinity' WHERE id = {}",
        lambda w: w.a[1],
        Wrong.COLUMNS,
    ),
    "of what": ("UPDATE audit_event SET subject = 'b' WHERE id = {}", lambda w: w.a[1], Wrong.COLUMNS),
    "the first gone": ("DELETE FROM audit_event WHERE id = {}", lambda w: w.a[0], Wrong.MISSING),
    "a middle one gone": ("DELETE FROM audit_event WHERE id = {}", lambda w: w.b[1], Wrong.MISSING),
    "the last of a subject gone": ("DELETE FROM audit_event WHERE id = {}", lambda w: w.a[2], Wrong.MISSING),
    "a waiting one gone": ("DELETE FROM audit_event WHERE id = {}", lambda w: w.b[3], Wrong.MISSING),
    "taken out of the queue": ("DELETE FROM audit_unsealed WHERE event_id = {}", lambda w: w.b[3], Wrong.UNQUEUED),
}


@pytest.mark.parametrize("forgery", EVENT_FORGERIES)
def test_a_changed_or_deleted_event_is_named(clerk: By, forgery: str) -> None:
    statement, place, wrong = EVENT_FORGERIES[forgery]
    where = place(small_trail(clerk))

    forge(statement.format(where))

    assert named() == ("event", where, wrong)


def test_a_waiting_event_deleted_with_its_queue_row_breaks_the_link_of_the_next(clerk: By) -> None:
    written = small_trail(clerk)

    forge(
        *(
            f"DELETE FROM {place} = {written.b[2]}"
            for place in ("audit_unsealed WHERE event_id", "audit_event WHERE id")
        )
    )

    assert named() == ("event", written.b[3], Wrong.LINK)


def test_a_well_made_event_put_between_two_others_is_named(clerk: By) -> None:
    written = small_trail(clerk)
    before = Event.objects.get(id=written.a[0])
    body = before.body.replace("甲一", "甲零")
    hashed = trail.link(bytes(before.hash), body)

    forge(
        "ALTER TABLE audit_event DROP CONSTRAINT audit_event_one_successor",
        "INSERT INTO audit_event (id, at, kind, subject, person, party, body, prev, hash) SELECT "
        f"{written.gap}, at, kind, subject, person, party, '{body}', hash, {literal(hashed)} "
        f"FROM audit_event WHERE id = {before.id}",
    )

    assert named() == ("event", written.gap, Wrong.UNQUEUED)


def test_a_second_successor_is_refused_even_from_the_owner(clerk: By) -> None:
    written = small_trail(clerk)

    with pytest.raises(Exception, match="audit_event_one_successor"):
        forge(
            "INSERT INTO audit_event (at, kind, subject, party, body, prev, hash) "
            f"SELECT at, kind, subject, party, body, prev, hash FROM audit_event WHERE id = {written.a[0]}"
        )


def test_two_events_that_changed_places_are_named(clerk: By) -> None:
    written = small_trail(clerk)
    one, other = written.a[0], written.a[1]

    forge(
        f"UPDATE audit_event SET id = -1 WHERE id = {one}",
        f"UPDATE audit_event SET id = {one} WHERE id = {other}",
        f"UPDATE audit_event SET id = {other} WHERE id = -1",
    )

    assert named() == ("event", one, Wrong.RESEALED)


def replace_whole(event: int) -> bytes:
    """Rewrite the last event of a chain with everything that belongs to it. Returns its new hash."""
    old = Event.objects.get(id=event)
    body = old.body.replace("甲三", "甲九")
    hashed = trail.link(bytes(old.prev), body)
    forge(f"UPDATE audit_event SET body = '{body}', hash = {literal(hashed)} WHERE id = {event}")
    return hashed


def test_an_event_replaced_whole_differs_from_its_seal(clerk: By) -> None:
    written = small_trail(clerk)

    replace_whole(written.a[2])

    assert named() == ("event", written.a[2], Wrong.RESEALED)


def test_an_event_replaced_in_the_seal_too_breaks_the_seal(clerk: By) -> None:
    written = small_trail(clerk)

    hashed = replace_whole(written.a[2])
    seal = Seal.objects.get(number=2)
    leaves = hashed + bytes(seal.leaves)[32:]
    forge(f"UPDATE audit_seal SET leaves = {literal(leaves)} WHERE number = 2")

    assert named() == ("seal", 2, Wrong.SEAL_BODY)


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 second'",
        "at = '-infinity'",
        "events = '[1]'",
        "events = '\"gone\"'",
        "events = '[99999999999999999999]'",
        "root = prev",
        "leaves = ''",
        "hash = root",
    ],
)
def test_a_changed_seal_is_named(clerk: By, change: str) -> None:
    small_trail(clerk)

    forge(f"UPDATE audit_seal SET {change} WHERE number = 2")

    assert named() == ("seal", 2, Wrong.SEAL_BODY)


def rewrite_seal(number: int) -> None:
    """Give the seal another moment, and the hash that goes with it."""
    seal = Seal.objects.get(number=number)
    at = seal.at - timedelta(hours=1)
    hashed = trail.seal_hash(number, at, bytes(seal.root), bytes(seal.prev), seal.events)
    forge(
        f"UPDATE audit_seal SET at = at - interval '1 hour', hash = {literal(hashed)} WHERE number = {number}",
        f"UPDATE audit_seal SET prev = {literal(hashed)} WHERE number > {number + 1}",
    )


def test_a_rewritten_seal_is_betrayed_by_the_next(clerk: By) -> None:
    small_trail(clerk)

    rewrite_seal(1)

    assert named() == ("seal", 2, Wrong.SEAL_LINK)


def test_a_deleted_seal_is_named(clerk: By) -> None:
    small_trail(clerk)

    forge("DELETE FROM audit_seal WHERE number = 1")

    assert named() == ("seal", 1, Wrong.SEAL_MISSING)


def test_events_whose_last_seal_was_cut_off_are_named(clerk: By) -> None:
    written = small_trail(clerk)

    forge("DELETE FROM audit_seal WHERE number = 2")

    assert named() == ("event", min(written.a[2], written.b[1]), Wrong.UNQUEUED)


def test_seals_cut_off_and_made_again_are_only_betrayed_by_a_hash_kept_elsewhere(clerk: By) -> None:
    small_trail(clerk)
    kept = {seal.number: bytes(seal.hash) for seal in Seal.objects.all()}
    assert verdict(deposited=kept).intact

    forge(
        "INSERT INTO audit_unsealed SELECT jsonb_array_elements_text(events)::bigint FROM audit_seal WHERE number = 2",
        "DELETE FROM audit_seal WHERE number = 2",
    )
    cut = verdict(deposited=kept).first
    seal_all()
    remade = verdict(deposited=kept).first

    assert verdict().intact
    assert cut == remade == Fault("seal", 2, Wrong.NOT_DEPOSITED)


def test_an_event_that_nobody_seals_is_named_when_patience_ends(clerk: By) -> None:
    start = clock.now()
    standing = clock.VirtualClock(start)
    with clock.running_on(standing):
        event = write(clerk, "a", "")
        standing.advance(minutes=10)
        assert verdict(patience=timedelta(minutes=10)).intact
        standing.advance(seconds=1)
        assert verdict(patience=timedelta(minutes=10)).first == Fault("event", event, Wrong.LATE, "a")


def test_a_body_that_is_no_event_at_all_is_named_and_not_stumbled_over(clerk: By) -> None:
    written = small_trail(clerk)
    for body in ("not json", "[]", "{}"):
        hashed = trail.link(bytes(Event.objects.get(id=written.b[3]).prev), body)
        forge(f"UPDATE audit_event SET body = '{body}', hash = {literal(hashed)} WHERE id = {written.b[3]}")
        assert named() == ("event", written.b[3], Wrong.COLUMNS)


def test_the_lowest_broken_row_is_named_and_all_are_counted(clerk: By) -> None:
    written = small_trail(clerk)

    forge(
        f"UPDATE audit_event SET person = 8 WHERE id IN ({written.a[1]}, {written.b[0]})",
        f"DELETE FROM audit_unsealed WHERE event_id = {written.b[3]}",
    )

    found = verdict()
    assert found.first == Fault("event", written.b[0], Wrong.COLUMNS, "b")
    assert found.faults == 3


def test_a_forged_seal_over_a_huge_id_costs_no_memory(clerk: By) -> None:
    small_trail(clerk)
    last, at, huge, leaf = Seal.objects.get(number=2), clock.now(), (1 << 63) - 1, sm3(b"x")
    root = trail.merkle_root([leaf])
    hashed = trail.seal_hash(3, at, root, bytes(last.hash), [huge])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_seal (number, at, events, leaves, root, prev, hash) VALUES (3, %s, %s, %s, %s, %s, %s)",
            [at, f"[{huge}]", leaf, root, bytes(last.hash), hashed],
        )

    assert named() == ("event", huge, Wrong.MISSING)
