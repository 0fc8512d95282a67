"""S3.6: a clue is for those who need to know it, on both desks, wherever transfers are read."""

from __future__ import annotations

import pytest

from liandong.kernel.errors import NotFound
from liandong.transfer.facts import for_screens, named
from liandong.transfer.models import Transfer
from liandong.transfer.pages.reading import read
from liandong.transfer.pages.story import timeline
from liandong.transfer.queries import access_transfer, inbound, outbound, visible_of_matter, waiting
from tests.cast import CONFERENCE, HOTLINE, HOTLINE_TAKER, POLICE, POLICE_TAKER, SUPERVISOR, hand_over, new_order, note

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
        page = read(by, number)
        assert page.transfers == []
        assert [line for line in timeline(page) if line.kind != "order"] == []


def test_open_screens_hear_of_it_only_with_the_right(clue: Transfer) -> None:
    heard = for_screens("transfer.offer", named(clue))
    assert heard is not None
    assert heard.needs == "clue.read"
    plain = for_screens("transfer.offer", named(hand_over(new_order())))
    assert plain is not None
    assert plain.needs == ""
