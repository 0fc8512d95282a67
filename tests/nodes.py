"""Three nodes in one process, each with a database of its own, and a channel between them that a test can spoil.

`gov` hosts 12345 and the hotlines, `police` the city's 110 and most counties, `county` one county's 110. What a process
is to Django, its connection and what it keeps for a few seconds, is exchanged when the test goes from node to node.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from django.conf import settings
from django.db import connections, transaction

from liandong.kernel.clock import VirtualClock, running_on
from tests import cast

NODES = """code,name,ordinal,desks
gov,政务外网节点,0,12345 119 120 122 water power gas heat
police,公安网节点,1,110 110-140921 110-140922 110-140923 110-140924 110-140925 110-140926 110-140927 110-140928 \
110-140929 110-140930 110-140931 110-140932 110-140981
county,忻府区公安节点,2,110-140902"""
CODES = ("gov", "police", "county")


def node_of(desk: str) -> str:
    return "county" if desk == "110-140902" else "police" if desk.startswith("110") else "gov"


Kept = dict[tuple[str, str], Any]


def nothing_kept() -> Kept:
    """What a process that has just begun keeps of its database: module and name, and what stands there."""
    return {
        ("liandong.identity.queries", "_tables"): None,
        ("liandong.identity.queries", "_tokens"): {},
        ("liandong.intake.queries", "_kept"): None,
        ("liandong.intake.actions.sequence", "_blocks"): deque(),
        ("liandong.routing.queries", "_kept"): None,
        ("liandong.routing.queries", "_engine"): None,
        ("liandong.routing.queries", "_active"): None,
    }


def exchange(kept: Kept) -> Kept:
    """Let this process keep that instead of what it kept, which is returned."""
    before: Kept = {}
    for (module, name), value in kept.items():
        found = vars(import_module(module))
        before[module, name], found[name] = found[name], value
    return before


def forget() -> None:
    exchange(nothing_kept())


@pytest.fixture(scope="session")
def node_databases(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """A copy of the empty test database for each node, with the small city in it; dropped at the end."""
    with django_db_blocker.unblock():
        yield from copies("node", cast.load_small_city, NODES)


def copies(name: str, load: Callable[[], None], nodes: str) -> Iterator[dict[str, Any]]:
    """A database for each node, filled by `load` and with these rows of nodes.csv; dropped at the end."""
    from liandong.identity.hosting import load_nodes
    from liandong.identity.rights import INSTALLER

    found = {}
    first = connections["default"]
    for code in CODES:
        first.creation.clone_test_db(f"{name}_{code}", verbosity=0, autoclobber=True)
        given = {**first.settings_dict, **first.creation.get_test_db_clone_settings(f"{name}_{code}")}
        found[code] = type(first)(given, alias="default")
    start = VirtualClock(datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    for code in CODES:
        with _connected(found[code], nothing_kept()), running_on(start):
            load()
            load_nodes(by=INSTALLER, rows=cast.rows("nodes.csv", nodes))
    yield found
    for code in CODES:
        found[code].close()
        first.creation.destroy_test_db(suffix=f"{name}_{code}", verbosity=0)


@contextmanager
def _connected(wrapper: Any, kept: Kept) -> Iterator[None]:
    """At this database with what was kept of it, which is brought up to date at the end."""
    before = connections["default"]
    if before is wrapper:
        yield
        return
    connections["default"] = wrapper
    others = exchange(kept)
    try:
        yield
    finally:
        connections["default"] = before
        kept.update(exchange(others))


@dataclass
class Nodes:
    """The three nodes of a test. `cut`: pairs of nodes between which nothing goes through now."""

    databases: dict[str, Any]
    clock: VirtualClock
    dice: Random = field(default_factory=lambda: Random(1))
    cut: set[frozenset[str]] = field(default_factory=set)
    carried: list[Any] = field(default_factory=list)
    kept: dict[str, Kept] = field(default_factory=lambda: {code: nothing_kept() for code in CODES})

    @contextmanager
    def at(self, code: str) -> Iterator[None]:
        before = settings.NODE
        with _connected(self.databases[code], self.kept[code]):
            settings.NODE = code
            try:
                yield
            finally:
                settings.NODE = before

    @contextmanager
    def of(self, by: Any) -> Iterator[None]:
        """At the node of the person's desk."""
        with self.at(node_of(by.desk)):
            yield

    def order(self, by: Any = cast.HOTLINE, **given: Any) -> Any:
        with self.of(by):
            return cast.new_order(by, **given)

    def offer(self, order: Any, kind: str = "divert", target: str = "110", **body: Any) -> Any:
        with self.at(node_of(order.desk)):
            return cast.hand_over(order, kind, target, **body)

    def step(self, row: Any, verb: str, by: Any, **body: Any) -> Any:
        """The step at the author's node, and what the whole net makes of it."""
        from liandong.transfer.models import Transfer

        with self.of(by):
            found = Transfer.objects.get(number=row.number)
            taken = cast.step(found, verb, by=by, **body)
        self.quiet()
        return taken

    def note(self, row: Any, kind: str, by: Any, **body: Any) -> None:
        from liandong.transfer.models import Transfer

        with self.of(by):
            cast.note(Transfer.objects.get(number=row.number), kind, by, **body)
        self.quiet()

    def quiet(self) -> None:
        """Follow every fact and carry every message, shuffled and some of them twice, until nothing moves."""
        while True:
            waiting = [message for code in CODES for message in self._leaving(code)]
            if not waiting:
                return
            doubled = waiting + [m for m in waiting if self.dice.random() < 0.4]
            self.dice.shuffle(doubled)
            for message in doubled:
                self.deliver(message)

    def _leaving(self, code: str) -> list[Any]:
        from liandong.kernel import clock
        from liandong.peers import actions
        from liandong.peers.models import Outgoing
        from liandong.peers.queries import message_of, unstored

        found = []
        with self.at(code):
            cast.react()
            for peer in CODES:
                if peer == code or {code, peer} in self.cut:
                    continue
                actions.number_waiting(peer=peer)
                actions.top_up(peer=peer)
                rows = list(unstored(peer))
                found += [message_of(row) for row in rows]
                Outgoing.objects.filter(pk__in=[row.pk for row in rows]).update(stored_at=clock.now())
        return found

    def deliver(self, message: Any) -> Any:
        from dataclasses import replace

        from liandong.kernel.schemas import Schema
        from liandong.peers import actions

        self.carried.append(message)
        assert Schema.load("liandong.peers", message.kind).check(message.data) == [] or message.id.endswith("-x")
        with self.at(message.receiver):
            # What crosses is JSON.
            return actions.take_in(message=replace(message, data=orjson.loads(orjson.dumps(message.data))))

    def pass_time(self, **span: float) -> None:
        """Let time pass everywhere, stopping at every due moment."""
        from config.clocks import CLOCKS
        from liandong.kernel.duework import earliest, run_due
        from liandong.kernel.models import SetAside

        end = self.clock.now() + timedelta(**span)
        while True:
            nearest = [end]
            for code in CODES:
                with self.at(code):
                    for due in CLOCKS:
                        run_due(due)
                    assert list(SetAside.objects.values_list("loop", "trouble")) == []
            self.quiet()
            for code in CODES:
                with self.at(code):
                    nearest += [moment for due in CLOCKS if (moment := earliest(due)) is not None]
            if min(nearest) >= end:
                break
            self.clock.move_to(max(min(nearest), self.clock.now()))
        self.clock.move_to(end)

    def row(self, code: str, number: str) -> Any:
        from liandong.transfer.models import Transfer

        with self.at(code):
            return Transfer.objects.select_related("matter", "origin_order", "target_order", "parent").get(
                number=number
            )

    def own_order(self, desk: str, matter: str) -> Any:
        from liandong.intake.models import Order

        with self.at(node_of(desk)):
            return Order.objects.select_related("matter").filter(desk=desk, matter__number=matter).latest("id")

    def told(self, code: str, matter: str) -> dict[str, Any]:
        """All that nodes must agree on about a matter: steps and notes byte for byte, orders, callers in clear."""
        from liandong.intake.models import Matter, Order
        from liandong.intake.queries.mirrors import snapshot_of
        from liandong.peers.messages import matter_data
        from liandong.transfer.actions.foreign import note_digest
        from liandong.transfer.models import NoteRow, StepRow

        with self.at(code):
            known = Matter.objects.get(number=matter)
            steps = StepRow.objects.filter(transfer__matter=known).order_by("transfer__number", "seq")
            notes = NoteRow.objects.filter(transfer__matter=known).select_related("transfer")
            orders = Order.objects.filter(matter=known).select_related("matter")
            marks = ("danger_at", "problem_at", "problem_why")
            documents = {one.number: matter_data(snapshot_of(one, 0)) for one in orders}
            return {
                "steps": [(s.transfer.number, s.seq, s.content, bytes(s.hash)) for s in steps],
                "notes": sorted(note_digest(one) for one in notes),
                "orders": {n: {k: v for k, v in one.items() if k not in marks} for n, one in documents.items()},
                "sent_back": known.sent_back,
                "state": known.state,
            }

    def assert_agree(self, matter: str, *codes: str) -> None:
        """The nodes know the same, each has a whole custody chain, and nothing is waiting or dead anywhere."""
        from liandong.intake.models import Matter, Order, OrderStep
        from liandong.peers.models import Incoming

        first = self.told(codes[0], matter)
        assert first["steps"]
        for other in codes[1:]:
            assert self.told(other, matter) == first
        for code in CODES:
            with self.at(code):
                assert list(Incoming.objects.exclude(state__in=("applied", "duplicate"))) == []
                # Nobody here has worked on an order that another node writes, and no clock of it runs here.
                mirrors = Order.objects.filter(mirrored__isnull=False)
                assert list(OrderStep.objects.filter(order__in=mirrors)) == []
                assert list(mirrors.exclude(answer_by=None, followup_by=None)) == []
                for known in Matter.objects.filter(number=matter):
                    assert_custody_whole(known)


def assert_custody_whole(matter: Any) -> None:
    """The leads tile the matter's life, somebody is responsible while it is open, and the steps fold to the rows."""
    from liandong.intake.queries import custody_of
    from liandong.transfer.models import Transfer
    from liandong.transfer.queries import duties, folded, replica_of
    from liandong.transfer.responsibility import responsible

    segments = custody_of(matter)
    leads = [one for one in segments if one.role == "lead"]
    assert leads[0].since == matter.opened_at
    assert all(before.until == after.since for before, after in pairwise(leads))
    assert leads[-1].until == matter.closed_at
    rows = list(Transfer.objects.filter(matter=matter))
    assert [folded(row) for row in rows] == [replica_of(row) for row in rows]
    assert matter.transfers_open == sum(row.ended_at is None for row in rows)
    now = {one.party for one in segments if one.until is None}
    assert now == (set(responsible(matter.first_desk, duties(matter))) if matter.state == "open" else set())


@pytest.fixture
def nodes(db: None, node_databases: dict[str, Any], django_db_blocker: Any, clock: VirtualClock) -> Iterator[Nodes]:
    """Three nodes on the virtual clock; all they wrote is undone after the test.

    `db` is for who runs these tests alone: the database that the nodes' are copied from is made only when a test asks.
    """
    made = Nodes(node_databases, clock)
    with django_db_blocker.unblock():
        open_transactions = {}
        for code in CODES:
            with made.at(code):
                open_transactions[code] = transaction.atomic()
                open_transactions[code].__enter__()
        try:
            yield made
        finally:
            for code in CODES:
                with made.at(code):
                    transaction.set_rollback(True)
                    open_transactions[code].__exit__(None, None, None)
