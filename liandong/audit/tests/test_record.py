"""Events as actions write them, on a real database."""

from __future__ import annotations

import json
import threading
from itertools import pairwise

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from liandong.audit import trail
from liandong.audit.actions import Along, record, seal_waiting
from liandong.audit.by import By
from liandong.audit.catalogue import CatalogueError
from liandong.audit.errors import TrailBroken
from liandong.audit.models import Event, Seal, Unsealed
from liandong.audit.tests.written import DONE, forge, seal_all, small_trail, verdict, write
from liandong.kernel.models import Workday

pytestmark = pytest.mark.usefixtures("known_kinds")


@pytest.mark.django_db
def test_an_event_is_kept_as_it_was_told_and_waits_for_its_seal(clerk: By) -> None:
    with transaction.atomic():
        told = record(DONE.code, by=clerk, subject="a", detail={"note": "甲"})

    kept = Event.objects.get()
    assert kept.id == told.id
    assert (kept.kind, kept.subject, kept.person, kept.party) == (DONE.code, "a", 7, "desk-a")
    assert json.loads(kept.body)["by"]["name"] == "李受理"
    assert bytes(kept.prev) == trail.GENESIS
    assert bytes(kept.hash) == trail.link(trail.GENESIS, kept.body)
    assert list(Unsealed.objects.values_list("event_id", flat=True)) == [kept.id]


@pytest.mark.django_db
def test_each_subject_has_a_chain_of_its_own(clerk: By) -> None:
    small_trail(clerk)

    for subject in ("a", "b"):
        chain = list(Event.objects.filter(subject=subject).order_by("id"))
        assert bytes(chain[0].prev) == trail.GENESIS
        assert all(bytes(after.prev) == bytes(before.hash) for before, after in pairwise(chain))


@pytest.mark.django_db
def test_an_unlisted_kind_is_refused_loudly(clerk: By) -> None:
    with pytest.raises(CatalogueError, match="not in the catalogue"), transaction.atomic():
        record("nobody.knows", by=clerk, subject="a")
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused(clerk: By) -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        record(DONE.code, by=clerk, subject="a")


@pytest.mark.django_db
def test_a_forged_order_of_rows_stops_the_writer_instead_of_turning_it_round_for_ever(clerk: By) -> None:
    first, second = write(clerk, "a", "一"), write(clerk, "a", "二")
    forge(f"UPDATE audit_event SET id = -{second} WHERE id = {second}")  # now the first comes last

    with pytest.raises(TrailBroken):
        write(clerk, "a", "三")
    assert first == Event.objects.latest("id").id


def undone(clerk: By, after: bytes) -> bytes:
    """An event that is written after `after` and undone again."""
    with transaction.atomic():
        lost = bytes(record(DONE.code, by=clerk, subject="a", detail={"note": "undone"}, after=after).hash)
        transaction.set_rollback(True)
    return lost


@pytest.mark.django_db
def test_a_last_hash_known_to_the_writer_is_held_against_the_table_and_never_breaks_the_chain(clerk: By) -> None:
    with transaction.atomic():
        first = bytes(record(DONE.code, by=clerk, subject="a", detail={"note": "一"}).hash)
        second = bytes(record(DONE.code, by=clerk, subject="a", detail={"note": "二"}, after=first).hash)
    lost = undone(clerk, second)
    with transaction.atomic():
        record(DONE.code, by=clerk, subject="a", detail={"note": "三"}, after=first)
        record(DONE.code, by=clerk, subject="a", detail={"note": "四"}, after=lost)
        record(DONE.code, by=clerk, subject="b", detail={"note": "一"}, after=second)

    chain = list(Event.objects.filter(subject="a").order_by("id"))
    assert len(chain) == 4
    assert all(bytes(after.prev) == bytes(before.hash) for before, after in pairwise(chain))
    assert bytes(Event.objects.get(subject="b").prev) == trail.GENESIS
    seal_all()
    assert verdict().intact


@pytest.mark.django_db
@pytest.mark.parametrize("known", [True, False])
def test_what_is_sent_along_is_written_once_also_when_the_event_needs_a_second_try(clerk: By, known: bool) -> None:
    day = "INSERT INTO kernel_workday (day, working, label, source) VALUES (%s, true, '', 'along')"
    with transaction.atomic():
        stale = bytes(record(DONE.code, by=clerk, subject="a").hash)
        last = bytes(record(DONE.code, by=clerk, subject="a", after=stale).hash)
        record(DONE.code, by=clerk, subject="a", after=last if known else stale, along=Along(day, ["2026-03-03"]))
    assert Workday.objects.filter(source="along").count() == 1
    assert Event.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["audit_event", "audit_seal"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET hash = ''",
        "UPDATE {table} SET hash = '' WHERE false",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "SET LOCAL session_replication_role = replica; DELETE FROM {table}",
    ],
)
def test_the_database_itself_refuses_to_change_the_trail(clerk: By, table: str, statement: str) -> None:
    small_trail(clerk)
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table=table))
    assert verdict().intact


@pytest.mark.django_db(transaction=True)
def test_writers_on_one_subject_at_once_never_fork_its_chain(clerk: By) -> None:
    writers, each = 4, 15
    start = threading.Barrier(writers)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            start.wait()
            for turn in range(each):
                write(clerk, "a", str(turn))
        except BaseException as why:  # noqa: BLE001 - shown by the assertion below
            failed.append(why)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    chain = list(Event.objects.order_by("id").values_list("prev", "hash"))
    assert len(chain) == writers * each
    assert all(bytes(after[0]) == bytes(before[1]) for before, after in pairwise(chain))


def seal_and_die() -> None:
    """The server ends the session after the seal is written and before it is committed."""
    with transaction.atomic(), connection.cursor() as cursor:
        assert seal_waiting() is not None
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.mark.django_db(transaction=True)
def test_a_sealer_that_dies_before_its_commit_loses_nothing(clerk: By) -> None:
    ids = [write(clerk, "a", "一"), write(clerk, "b", "二")]

    with pytest.raises(OperationalError):
        seal_and_die()
    connection.close()

    assert not Seal.objects.exists()
    assert seal_all().events == ids
    assert verdict().intact


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_not_committed_yet_waits_for_the_next_seal(clerk: By) -> None:
    recorded, sealed = threading.Event(), threading.Event()
    late: list[int] = []

    def slow() -> None:
        with transaction.atomic():
            late.append(record(DONE.code, by=clerk, subject="slow").id)
            recorded.set()
            sealed.wait()
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    recorded.wait()
    quick = write(clerk, "quick", "")
    first = seal_all()
    sealed.set()
    thread.join()

    assert first.events == [quick]
    assert seal_all().events == late
    assert verdict().intact


@pytest.mark.django_db(transaction=True)
def test_of_two_sealers_at_once_one_goes_home(clerk: By) -> None:
    write(clerk, "a", "")
    others: list[Seal | None] = []

    def other() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")  # one that waits instead would wait for this very test
        others.append(seal_waiting())
        connection.close()

    with transaction.atomic():
        seal_all()
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    assert others == [None]
    assert Seal.objects.count() == 1


@pytest.mark.django_db
def test_a_seal_takes_the_oldest_first_and_no_more_than_it_may(clerk: By) -> None:
    ids = [write(clerk, "a", str(turn)) for turn in range(5)]

    seals = [seal_waiting(2), seal_waiting(2), seal_waiting(2)]

    assert [seal.events for seal in seals if seal] == [ids[:2], ids[2:4], ids[4:]]
    assert seal_waiting(2) is None
    assert [bytes(seal.prev) for seal in seals[1:] if seal] == [bytes(seal.hash) for seal in seals[:-1] if seal]
