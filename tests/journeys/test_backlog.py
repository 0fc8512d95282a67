"""After days of silence all comes at once: many messages in a batch, and still each for itself, a danger before all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction

from liandong.kernel.clock import VirtualClock
from tests.cast import HOTLINE, hand_over, load_small_city, new_order, note, react, rows
from tests.nodes import NODES, Nodes, forget

PATIENCE = 10.0


@pytest.fixture
def silent(nodes: Nodes) -> Nodes:
    nodes.cut = {frozenset(("gov", "police"))}
    return nodes


def come(net: Nodes) -> list[Any]:
    """All that gov has for police, as it is when the silence ends."""
    net.cut = set()
    return [one for one in net._leaving("gov") if one.receiver == "police"]


def keep(net: Nodes, messages: Sequence[Any]) -> None:
    from liandong.peers import actions

    with net.at("police"):
        actions.keep_messages(messages=messages)


def settled(net: Nodes, **given: int) -> int:
    from liandong.peers import actions

    with net.at("police"):
        return actions.settle_stored(**given)


def all_settled(net: Nodes) -> int:
    """Batch after batch, until nothing more can be taken."""
    taken = 0
    while done := settled(net):
        taken += done
    return taken


def states(net: Nodes) -> list[str]:
    from liandong.peers.models import Incoming

    with net.at("police"):
        return list(Incoming.objects.order_by("serial", "id").values_list("state", flat=True))


def test_what_is_wrong_and_what_waits_leaves_the_rest_of_its_batch_alone(silent: Nodes) -> None:
    first, second = silent.offer(silent.order()), silent.offer(silent.order())
    messages = come(silent)
    assert [one.kind for one in messages] == ["matter", "step", "matter", "step"]
    early, lost = messages[1], messages[2]
    wrong = replace(early, id=f"{early.id}-x", serial=99, data={**early.data, "person": "别人"})
    keep(silent, [wrong, *(one for one in messages if one is not lost)])
    assert settled(silent) == 4
    assert states(silent) == ["applied", "applied", "waiting", "dead"]
    keep(silent, [lost])
    assert settled(silent) == 1
    assert settled(silent) == 1, "it was woken by what it waited for"
    assert states(silent) == ["applied", "applied", "applied", "applied", "dead"]
    assert silent.told("police", first.matter.number) == silent.told("gov", first.matter.number)
    assert silent.told("police", second.matter.number) == silent.told("gov", second.matter.number)


def test_what_comes_twice_in_a_batch_takes_effect_once(silent: Nodes) -> None:
    row = silent.offer(silent.order())
    silent.note(row, "supplement", HOTLINE, text="来电人补充：是二号楼")
    messages = come(silent)
    again = [replace(one, id=f"{one.id[:-1]}x") for one in messages]
    keep(silent, [*messages, *messages, *again])
    assert all_settled(silent) == 2 * len(messages)
    assert states(silent) == ["applied", "duplicate"] * len(messages)
    assert silent.told("police", row.matter.number) == silent.told("gov", row.matter.number)


def test_of_many_that_are_moved_at_once_none_may_have_moved_on(silent: Nodes) -> None:
    from liandong.kernel.errors import Conflict
    from liandong.kernel.mover import move, move_all
    from liandong.peers.models import Incoming
    from liandong.peers.states import INCOMING

    silent.offer(silent.order())
    keep(silent, come(silent))
    with silent.at("police"):
        seen, now = list(Incoming.objects.order_by("id")), list(Incoming.objects.order_by("id"))
        move(now[1], INCOMING, "wait", changes={"waits_for": "order:x"})
        with pytest.raises(Conflict), transaction.atomic():
            move_all(seen, INCOMING, "apply")
        assert states(silent) == ["stored", "waiting"]
        move_all(seen[:1], INCOMING, "apply")
        assert [(one.state, one.version) for one in Incoming.objects.order_by("id")] == [("applied", 1), ("waiting", 1)]
        move_all([], INCOMING, "apply")


def test_a_danger_passes_the_backlog_and_its_batch_is_its_own(silent: Nodes) -> None:
    from liandong.kernel.models import Fact

    for _ in range(3):
        silent.offer(silent.order())
    danger = silent.offer(silent.order(), "danger", signal="有人持刀")
    messages = come(silent)
    assert [one.urgent for one in messages] == [True, True] + [False] * 6, "numbered before what was posted before"
    keep(silent, messages[::-1])
    assert settled(silent) == 2
    assert silent.row("police", danger.number).state == "offered"
    assert settled(silent, limit=4) == 4
    assert settled(silent) == 2
    with silent.at("police"):
        first = Fact.objects.filter(handled_at=None).order_by("next_try_at", "id")[0]
        assert first.payload["transfer"] == danger.number


@pytest.fixture
def broken(silent: Nodes) -> Iterator[Nodes]:
    """A database at police that fails at one note, in a way no message can be blamed for."""
    with silent.at("police"), connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.fail() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END$$"
        )
        cursor.execute(
            "CREATE TRIGGER fail BEFORE INSERT ON transfer_noterow FOR EACH ROW "
            "WHEN (NEW.body->>'text' = '补充二') EXECUTE FUNCTION pg_temp.fail()"
        )
    yield silent
    with silent.at("police"), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER fail ON transfer_noterow")


def test_where_a_batch_fails_as_a_whole_what_can_take_effect_does(broken: Nodes) -> None:
    row = broken.offer(broken.order())
    for text in ("补充一", "补充二", "补充三"):
        with broken.at("gov"):
            note(row, "supplement", HOTLINE, text=text)
    keep(broken, come(broken))
    with pytest.raises(OperationalError, match="no room"):
        all_settled(broken)
    assert sorted(states(broken)) == ["applied"] * 4 + ["stored"]


@pytest.mark.django_db(transaction=True)
def test_who_posts_many_matters_locks_them_in_one_order_however_the_facts_came(
    clock: VirtualClock,
) -> None:
    from liandong.identity.hosting import load_nodes
    from liandong.identity.rights import INSTALLER
    from liandong.kernel.outbox import Told
    from liandong.peers.actions import post
    from liandong.peers.models import Told as ToldOrder

    before = settings.NODE
    try:
        load_small_city()
        load_nodes(by=INSTALLER, rows=rows("nodes.csv", NODES))
        settings.NODE = "gov"
        handed = [hand_over(new_order()) for _ in range(2)]
        react()
        first, second = sorted(row.origin_order.number for row in handed)
        facts = [Told(0, "", {"matter": row.matter.number}, clock.now()) for row in handed]

        def beside() -> None:
            try:
                post(facts[::-1])
            finally:
                connection.close()

        with transaction.atomic():
            ToldOrder.objects.select_for_update().get(order=first)
            other = Thread(target=beside)
            other.start()
            until_it_waits()
            # It would hold this one if it had begun with what was told last.
            ToldOrder.objects.select_for_update(nowait=True).get(order=second)
        other.join(PATIENCE)
        assert not other.is_alive()
    finally:
        settings.NODE = before
        forget()


def until_it_waits() -> None:
    """Until another connection waits for a lock of ours."""
    from time import monotonic

    begun = monotonic()
    while monotonic() - begun < PATIENCE:
        with connection.cursor() as cursor:
            # Not from pg_stat_activity: what it shows stands still within a transaction.
            cursor.execute("SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")
