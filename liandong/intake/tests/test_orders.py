"""The life of an order at its desk: every edge, every non-edge, and what each verb asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction

from liandong.audit.models import Event
from liandong.intake import actions
from liandong.intake.actions import start
from liandong.intake.actions.locks import lock_order
from liandong.intake.actions.matters import trace
from liandong.intake.errors import NotSettled
from liandong.intake.models import Order
from liandong.intake.states import MATTER, ORDER
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import Invalid, NoSuchEdge, NotAllowed
from tests.cast import (
    HOTLINE,
    HOTLINE_TAKER,
    POLICE,
    assert_whole,
    fresh,
    hand_over,
    load_small_city,
    new_order,
    run_clocks,
)

EXPECTED: dict[str | None, dict[str, str]] = {
    None: {"receive": "received"},
    "received": {
        "start": "handling",
        "answer": "answered",
        "guide": "closed",
        "hand": "handed",
        "drop": "closed",
    },
    "handling": {"answer": "answered", "hand": "handed", "send_back": "closed", "drop": "closed"},
    "handed": {"resume": "handling", "complete": "closed"},
    "answered": {"confirm": "closed", "not_satisfied": "handling"},
    "closed": {},
}
VERBS = sorted({verb for verbs in EXPECTED.values() for verb in verbs})


@pytest.mark.parametrize("state", list(EXPECTED))
def test_every_edge_and_every_non_edge_of_an_order(state: str | None) -> None:
    for verb in VERBS:
        if verb in EXPECTED[state]:
            assert ORDER.edge(state, verb).target == EXPECTED[state][verb]
            continue
        with pytest.raises(NoSuchEdge):
            ORDER.edge(state, verb)


def test_there_are_no_other_states_and_edges() -> None:
    assert set(ORDER.states) == set(EXPECTED) - {None}
    assert len(ORDER.edges) == sum(map(len, EXPECTED.values()))
    assert [(e.source, e.verb, e.target) for e in MATTER.edges] == [(None, "open", "open"), ("open", "close", "closed")]


def answered(order: Order) -> Order:
    return actions.answer(by=HOTLINE, order=order, result="solved", text="已修复")


@pytest.mark.usefixtures("city")
def test_an_order_answered_and_confirmed_closes_its_matter() -> None:
    order = answered(actions.start(by=HOTLINE, order=new_order()))
    assert (order.state, order.answer_by, order.followup_by == order.due_at) == ("answered", None, True)
    actions.confirm(by=HOTLINE, order=order)
    assert (fresh(order).state, fresh(order).outcome, fresh(order.matter).state) == ("closed", "answered", "closed")
    assert_whole(order.matter)


@pytest.mark.usefixtures("city")
def test_what_is_neithers_business_is_guided_and_that_is_its_end() -> None:
    order = actions.guide(by=HOTLINE, order=new_order(), text="请向法院提起诉讼")
    assert (fresh(order).outcome, fresh(order.matter).state) == ("guided", "closed")
    with pytest.raises(Invalid):
        actions.guide(by=HOTLINE, order=new_order(), text="  ")


@pytest.mark.usefixtures("city")
def test_not_satisfied_means_again_and_the_third_time_a_problem_order() -> None:
    order = new_order()
    for _ in range(3):
        assert fresh(order.matter).problem_at is None
        order = actions.not_satisfied(by=HOTLINE, order=answered(order), reason="not_done")
        assert (order.state, order.followup_by) == ("handling", None)
        assert order.answer_by is not None
        assert_whole(order.matter)
    assert fresh(order.matter).problem_why == "重办3次仍未解决"
    with pytest.raises(Invalid):
        actions.not_satisfied(by=HOTLINE, order=answered(order), reason="made_up")


VERBS_THAT_END: list[tuple[str, Callable[[Order], Any]]] = [
    ("guide", lambda order: actions.guide(by=HOTLINE, order=order, text="请找法院")),
    ("drop", lambda order: actions.drop(by=HOTLINE, order=order)),
    ("confirm", lambda order: actions.confirm(by=HOTLINE, order=answered(order))),
]


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(("verb", "end"), VERBS_THAT_END)
def test_no_order_ends_while_something_of_the_matter_is_between_two_desks(
    verb: str, end: Callable[[Order], Any]
) -> None:
    order = new_order()
    hand_over(order)
    with pytest.raises(NotSettled):
        end(order)
    assert fresh(order.matter).state == "open"
    end(new_order())


@pytest.mark.usefixtures("city")
def test_only_the_orders_own_desk_and_post_act_on_it() -> None:
    order = new_order()
    with pytest.raises(NotAllowed):
        actions.start(by=POLICE, order=order)
    with pytest.raises(NotAllowed):
        actions.start(by=HOTLINE_TAKER.__class__(name="无权者", post="none", desk="12345"), order=order)
    for bad in ({"result": "solved", "text": " "}, {"result": "made_up", "text": "已修复"}):
        with pytest.raises(Invalid):
            actions.answer(by=HOTLINE, order=order, **bad)


def test_nobody_objects_and_the_answer_is_confirmed_by_silence_flagged(city: VirtualClock) -> None:
    order = answered(new_order())
    assert order.followup_by is not None
    run_clocks(city, until=order.followup_by)
    last = order.steps.latest("id")
    assert (fresh(order).state, last.text, last.by["post"]) == ("closed", "回访期满未提出异议，静默确认", "clock")
    assert_whole(order.matter)


def test_an_unanswered_order_is_said_overdue_and_its_clock_goes_on(city: VirtualClock) -> None:
    order = new_order()
    missed = order.answer_by
    run_clocks(city, until=missed)
    order = fresh(order)
    assert (order.overdue_at, order.steps.latest("id").verb) == (missed, "overdue")
    assert order.answer_by > missed
    run_clocks(city, until=order.answer_by)
    assert fresh(order).overdue_at == missed, "the first miss is the one that counts"
    assert_whole(order.matter)


def test_while_a_transfer_is_open_silence_confirms_nothing(city: VirtualClock) -> None:
    order = new_order()
    hand_over(order, kind="clue", signal="有人串联聚集")
    order = answered(order)
    actions.silence(by=HOTLINE, order=order)
    assert fresh(order).followup_by == order.followup_by
    city.move_to(order.followup_by)
    actions.silence(by=HOTLINE, order=order)
    assert fresh(order).state == "answered"
    assert fresh(order).followup_by > city.now()


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_the_lock_reads_the_order_as_the_one_before_left_it(clock: VirtualClock) -> None:
    load_small_city()
    order = new_order()
    asked, seen = threading.Event(), []

    def wait_and_look() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                seen.append(cursor.fetchone()[0])
            asked.set()
            locked = lock_order(order.pk)
            seen.extend([locked.state, locked.version, locked.matter.last_event])
        connection.close()

    with transaction.atomic():
        start(by=HOTLINE, order=order)
        waiting = threading.Thread(target=wait_and_look)
        waiting.start()
        asked.wait(20)
        while waiting.is_alive() and not blocked(seen[0]):
            pass
    waiting.join(20)
    assert seen[1:3] == ["handling", 1]
    # What the waiting one knows of the trail may be from before; its next event finds the last one all the same.
    with transaction.atomic():
        late = lock_order(order.pk)
        late.matter.last_event = seen[3]
        trace("order.linked", by=HOTLINE, matter=late.matter, detail={"order": order.number})
    chain = list(Event.objects.filter(subject=order.matter.number).order_by("id").values_list("prev", "hash"))
    assert all(bytes(after[0]) == bytes(before[1]) for before, after in pairwise(chain))
    assert len(chain) == 3


def blocked(backend: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [backend])
        return bool(cursor.fetchone()[0])
