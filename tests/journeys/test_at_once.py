"""Two people press the same button at the same moment: real connections, one wins, the other is told in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import Conflict, LiandongError, NoSuchEdge
from liandong.transfer import actions
from liandong.transfer.models import Transfer
from tests.cast import HOTLINE, POLICE, assert_whole, hand_over, load_small_city, new_order, note

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returned or raised, all of them started together on connections of their own."""
    start, came = Barrier(len(acts)), dict[int, Any]()

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=10)
            came[place] = act()
        except Exception as why:  # noqa: BLE001 - the test looks at what was raised
            came[place] = why
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return [came[place] for place in range(len(acts))]


def test_two_people_accept_at_once_and_one_of_them_does(clock: VirtualClock) -> None:
    load_small_city()
    row = hand_over(new_order())

    def accept() -> Transfer:
        return actions.take_step(by=POLICE, number=row.number, verb="accept")

    came = at_once(accept, accept)
    lost = [one for one in came if isinstance(one, LiandongError)]
    assert [type(one) for one in came if not isinstance(one, LiandongError)] == [Transfer]
    assert len(lost) == 1
    assert isinstance(lost[0], Conflict | NoSuchEdge)
    assert "请刷新" in lost[0].message
    assert list(row.steps.order_by("seq").values_list("verb", flat=True)) == ["offer", "accept"]
    assert row.matter.orders.filter(desk="110").count() == 1
    assert_whole(row.matter)


def test_refusing_and_accepting_at_once_never_both_happen(clock: VirtualClock) -> None:
    load_small_city()
    row = hand_over(new_order())
    refusal = {"code": "not_ours", "basis": "依据"}
    came = at_once(
        lambda: actions.take_step(by=POLICE, number=row.number, verb="accept"),
        lambda: actions.take_step(by=POLICE, number=row.number, verb="refuse", body=refusal),
        lambda: note(row, "urge", HOTLINE),
    )
    assert sum(isinstance(one, Transfer) for one in came) == 1
    assert row.steps.count() == 2
    assert row.notes.count() == 1
    assert_whole(row.matter)


def test_two_danger_signals_at_once_make_one_transfer(clock: VirtualClock) -> None:
    load_small_city()
    order = new_order()

    def signal() -> Transfer | None:
        return actions.raise_danger(by=HOTLINE, matter_id=order.matter_id, signal="有人持刀")

    came = at_once(signal, signal, signal)
    assert len({one.pk for one in came}) == 1
    assert Transfer.objects.filter(kind="danger").count() == 1
    assert_whole(order.matter)
