"""S3.6: a clue is for those who need to know it, on both desks, wherever transfers are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from liandong.audit.by import By
from liandong.intake.filters import Filter
from liandong.intake.models import Order
from liandong.intake.queries import (
    access_matter,
    access_order,
    access_orders,
    by_phone,
    newest,
    orders_of,
    recent,
    search,
    visible_orders,
    work_list,
)
from liandong.intake.queries.lists import arrived, exported, listed
from liandong.kernel import clock
from liandong.kernel.errors import LiandongError, NotFound
from liandong.transfer import actions
from liandong.transfer.facts import for_screens, named
from liandong.transfer.models import Transfer
from liandong.transfer.pages.reading import read
from liandong.transfer.pages.story import timeline
from liandong.transfer.queries import (
    access_transfer,
    alarms,
    inbound,
    of_matter,
    outbound,
    visible_custody,
    visible_of_matter,
    waiting,
)
from tests.cast import (
    CONFERENCE,
    HOTLINE,
    HOTLINE_TAKER,
    POLICE,
    POLICE_TAKER,
    SUPERVISOR,
    hand_over,
    new_order,
    note,
    step,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]
KNOW, OTHERS = (HOTLINE, POLICE), (HOTLINE_TAKER, POLICE_TAKER, CONFERENCE, SUPERVISOR)
SIGNAL = "有人串联上访"


@pytest.fixture
def clue(city: object) -> Transfer:
    row: Transfer = hand_over(new_order(), "clue", signal=SIGNAL)
    note(row, "supplement", HOTLINE, text="人数约三十")
    return row


def test_who_needs_to_know_reads_it(clue: Transfer) -> None:
    for by in KNOW:
        assert access_transfer(by, clue.number) == clue
        assert visible_of_matter(by, clue.matter) == [clue]
    assert waiting(POLICE).transfers == inbound(POLICE).transfers == outbound(HOTLINE).transfers == [clue]


def test_nobody_else_finds_it_in_any_list_or_by_its_number(clue: Transfer) -> None:
    for by in OTHERS:
        with pytest.raises(NotFound):
            access_transfer(by, clue.number)
        assert visible_of_matter(by, clue.matter) == []
        assert waiting(by).transfers == inbound(by).transfers == outbound(by).transfers == []


def test_the_page_of_the_order_says_nothing_of_it_to_others(clue: Transfer) -> None:
    number = clue.origin_order.number
    told = [line for line in timeline(read(HOTLINE, number)) if line.kind != "order"]
    assert any(SIGNAL in text for line in told for _, text in line.said)
    for by in OTHERS:
        with pytest.raises(NotFound):
            read(by, number)


def finds(by: By, order: Order) -> set[str]:
    """The ways by which the actor comes to the order."""
    asked = Filter() if by.desk == order.desk else Filter(desk=order.desk)
    ways: dict[str, Callable[[], Iterable[Order]]] = {
        "visible": lambda: list(visible_orders(by)),
        "number": lambda: [access_order(by, order.number)],
        "numbers": lambda: access_orders(by, [order.number]),
        "matter": lambda: orders_of(by, access_matter(by, order.matter.number)),
        "work": lambda: work_list(by).orders,
        "newest": lambda: newest(by).orders,
        "recent": lambda: [one for one, _ in recent(by, since=order.received_at)],
        "words": lambda: search(by, "聚众赌博").orders,
        "by number": lambda: search(by, order.number).orders,
        "phone": lambda: by_phone(by, "13800138000").orders,
        "list": lambda: listed(by, "orders", asked).orders,
        "list of words": lambda: listed(by, "orders", replace(asked, text="聚众赌博")).orders,
        "open list": lambda: listed(by, "work", asked).orders,
        "export": lambda: list(exported(by, "orders", asked)),
    }
    found = set()
    for name, way in ways.items():
        try:
            if order in way():
                found.add(name)
        except LiandongError:
            pass
    return found


def test_the_orders_of_a_clue_are_there_for_who_needs_to_know_and_for_nobody_else(clue: Transfer) -> None:
    step(clue, "accept")
    clue.refresh_from_db()
    assert clue.target_order is not None
    for by, order in ((HOTLINE, clue.origin_order), (POLICE, clue.target_order)):
        assert len(finds(by, order)) == 14
    for order in (clue.origin_order, clue.target_order):
        for by in OTHERS:
            assert finds(by, order) == set()
    since = f"{clock.now().replace(year=2020).isoformat()}|0"
    assert [arrived(by, "orders", Filter(), since) for by in (HOTLINE, HOTLINE_TAKER)] == [1, 0]


def test_another_hand_over_of_the_same_matter_says_nothing_of_it_either(clue: Transfer) -> None:
    other = hand_over(clue.origin_order)
    assert other in waiting(POLICE).transfers
    assert waiting(POLICE_TAKER).transfers == outbound(SUPERVISOR).transfers == []
    with pytest.raises(NotFound):
        access_transfer(HOTLINE_TAKER, other.number)


def test_who_sent_it_goes_on_seeing_the_order_but_not_what_came_of_it(city: object) -> None:
    order = new_order(HOTLINE_TAKER)
    clue = actions.offer(by=HOTLINE_TAKER, order=order.number, kind="clue", target="110", body={"signal": SIGNAL})
    step(clue, "accept")
    page = read(HOTLINE_TAKER, order.number)
    assert (page.orders, page.transfers) == ([order], [])
    assert [one.party for one in page.custody] == ["12345"]
    assert [one.party for one in read(HOTLINE, order.number).custody] == ["12345", "110"]
    assert [one.party for one in visible_custody(HOTLINE_TAKER, order.matter, of_matter(order.matter))] == ["12345"]
    with pytest.raises(NotFound):
        access_order(replace(HOTLINE_TAKER, person=99), order.number)
    with pytest.raises(NotFound):
        access_order(replace(HOTLINE_TAKER, person=None), order.number)


def test_danger_goes_before_and_is_everybodys(clue: Transfer) -> None:
    danger = actions.raise_danger(by=HOTLINE, matter_id=clue.matter_id, signal="有人持刀")
    assert danger is not None
    for by in (HOTLINE_TAKER, POLICE_TAKER, SUPERVISOR):
        page = read(by, clue.origin_order.number)
        assert page.transfers == [danger]
        assert all(one.via != clue.number for one in page.custody)
    assert alarms(POLICE_TAKER) == [danger]
    later = hand_over(new_order(urgency="danger"), "clue", signal=SIGNAL)
    assert access_order(HOTLINE_TAKER, later.origin_order.number) == later.origin_order


def test_a_clue_withdrawn_as_a_mistake_confines_nothing(clue: Transfer) -> None:
    note(clue, "withdraw", HOTLINE, text="误报")
    step(clue, "release")
    assert access_order(HOTLINE_TAKER, clue.origin_order.number) == clue.origin_order


def test_open_screens_hear_of_it_only_with_the_right(clue: Transfer) -> None:
    heard = for_screens("transfer.offer", named(clue))
    assert heard is not None
    assert heard.needs == "clue.read"
    plain = for_screens("transfer.offer", named(hand_over(new_order())))
    assert plain is not None
    assert plain.needs == ""
