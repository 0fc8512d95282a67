"""The journeys through the pages on two nodes, unchanged: 12345's people at one, those of 110 at the other, and between
them files, https or a joint database.

A journey is the very function that runs on one node. What differs is where a browser is: a person's is at the node of
the person's desk, and what was done there is carried before anybody looks again. `make test` takes one journey by each
channel; LIANDONG_JOURNEYS=all takes all of them.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests.ferries import PAIR, Ferries
from tests.journeys import city, test_pages_desks, test_pages_handover
from tests.journeys.sheet import go
from tests.nodes import copies, node_of

# The county's 110 is at the node of the city's, as in the pack; the third database of the tests hosts nothing.
NODES = """code,name,ordinal,desks
gov,政务外网节点,0,12345 gas
police,公安网节点,1,110 110-140902"""
DESKS = {row["username"]: row["desk"] for row in csv.DictReader(city.PEOPLE.splitlines())}
CHANNELS = {"ferry": "net", "https": "secured", "middb": "joined"}

# It presses a button before a worker has run, which then does the same by itself: with workers there is none to press.
WITHOUT_WORKER = test_pages_handover.test_a_withdraw_is_asked_by_note_and_released_by_the_other
LOOP: tuple[Callable[[], None], ...] = (
    *(
        found
        for name, found in vars(test_pages_handover).items()
        if name.startswith("test_") and found is not WITHOUT_WORKER
    ),
    test_pages_desks.test_a_row_is_signed_for_in_place_and_the_order_is_opened_from_it,
    test_pages_desks.test_without_scripts_a_row_works_by_pages,
    test_pages_desks.test_the_second_of_two_is_told_who_was_first_and_keeps_what_was_typed,
    test_pages_desks.test_a_danger_cannot_be_refused_from_its_row,
    test_pages_desks.test_arrival_progress_result_and_confirmation_are_all_given_from_the_row,
    test_pages_desks.test_the_way_of_a_relay_is_shown_to_all_its_desks,
    test_pages_desks.test_the_room_shows_both_sides_and_says_what_each_may_do_and_why_not,
    test_pages_desks.test_who_took_part_in_a_call_is_written_down_and_one_voice_is_no_call,
    test_pages_desks.test_a_decision_that_came_too_late_is_told_in_the_room,
    test_pages_desks.test_the_conference_rules_in_the_room_and_only_the_ruling_is_left,
)
ALWAYS = (test_pages_handover.test_a_call_goes_to_110_and_comes_back_answered,)
JOURNEYS = LOOP if os.environ.get("LIANDONG_JOURNEYS") == "all" else ALWAYS


@pytest.fixture(scope="session")
def node_databases(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """Instead of those with the cast's city: with that of the journeys."""
    with django_db_blocker.unblock():
        yield from copies("journey", city.build, NODES)


class AtItsNode(Client):
    """A browser at a node. What was done in it has reached the other node before anybody looks again."""

    def __init__(self, net: Ferries, code: str) -> None:
        super().__init__(enforce_csrf_checks=True)
        self._net, self._code = net, code

    def request(self, **asked: Any) -> Any:
        with self._net.at(self._code):
            answer = super().request(**asked)
        if asked["REQUEST_METHOD"] != "GET":
            self._net.quiet()
        return answer

    def force_login(self, *given: Any, **named: Any) -> None:
        with self._net.at(self._code):
            super().force_login(*given, **named)


@pytest.fixture(params=CHANNELS)
def pair(db: None, request: pytest.FixtureRequest) -> Iterator[Ferries]:
    """The two nodes with this channel between them, and everybody at the node of their desk."""
    net: Ferries = request.getfixturevalue(CHANNELS[request.param])

    def sign_in(username: str) -> Client:
        from liandong.identity.models import Person

        code = node_of(DESKS[username])
        client = AtItsNode(net, code if code != "county" else "police")
        with net.at(client._code):
            client.force_login(Person.objects.get(username=username), backend=city.BACKEND)
        return client

    # A journey that asks the database asks the one of 12345.
    with city.people_sign_in(sign_in), net.at("gov"):
        yield net


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda one: one.__name__.removeprefix("test_"))
def test_the_journey_is_the_same_on_two_nodes(pair: Ferries, journey: Callable[[], None]) -> None:
    journey()
    assert_both_know_the_same(pair)


def assert_both_know_the_same(pair: Ferries) -> None:
    from liandong.transfer.models import Transfer

    with pair.at("gov"):
        numbers = set(Transfer.objects.values_list("matter__number", flat=True))
    assert numbers
    for number in numbers:
        pair.assert_agree(number, *PAIR)
    sent, unheard = zip(*(pair.journal(code) for code in PAIR), strict=True)
    assert sum(sent) > 0
    assert set(unheard) == {0}


def test_what_is_asked_back_is_released_by_the_other_node_itself(pair: Ferries) -> None:
    ours = test_pages_handover.take_call().press("移交", way="分流 → 市110", list_item="P01")
    ours.press("申请撤回", text="诉求人已自行解决")
    assert "已撤回" in go(ours.client, ours.url).text
    assert_both_know_the_same(pair)
