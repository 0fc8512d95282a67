"""What goes out to a peer, in which order and how often."""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.peers.outtray import Row, backlog, due, stored, stuck, tried, woken
from liandong.peers.pace import Pace, condition, pace_of
from liandong.peers.receipts import Receipt, Received, confirmed, receipt

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PARAMETERS = Path(__file__).parents[3] / "cities" / "xinzhou" / "parameters.csv"


def city_pace() -> Pace:
    with PARAMETERS.open(encoding="utf-8") as file:
        values = {row["name"]: float(row["value"]) for row in csv.DictReader(file)}
    return pace_of(values.__getitem__)


PACE = city_pace()


def row(serial: int, *, urgent: bool = False, at: datetime = NOW) -> Row:
    return Row(serial, "step", "T1", urgent, b"x", NOW, at)


def test_urgent_messages_overtake_a_backlog() -> None:
    rows = [*(row(serial) for serial in range(1, 2 * PACE.window)), row(5000, urgent=True)]
    batch = due(rows, NOW, PACE)
    assert [r.serial for r in batch[:3]] == [5000, 1, 2]
    assert len(batch) == PACE.window


def test_what_waits_for_its_receipt_is_not_sent_again_before_its_time() -> None:
    after = tried(row(1), NOW, PACE, 0.0)
    assert due([after], NOW + PACE.first - timedelta(microseconds=1), PACE) == []
    assert due([after], NOW + PACE.first, PACE) == [after]


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_waits_double_up_to_the_cap_and_are_never_given_up(tries: int, chance: float) -> None:
    wait = PACE.wait(tries, chance)
    assert PACE.first <= wait <= PACE.cap * (1 + PACE.jitter)
    assert PACE.wait(tries + 1, 0) >= PACE.wait(tries, 0)


def test_a_message_is_still_sent_after_a_thousand_tries() -> None:
    one, now, dice = row(1), NOW, random.Random(1)
    for _ in range(1000):
        assert due([one], now, PACE) == [one]
        one = tried(one, now, PACE, dice.random())
        now = one.next_try_at
    assert one.tries == 1000


def test_a_channel_that_came_back_makes_all_due_at_once() -> None:
    late = tried(tried(row(1), NOW, PACE, 0.5), NOW, PACE, 0.5)
    assert woken(late, NOW).next_try_at == NOW
    assert woken(late, NOW).tries == 0
    assert woken(row(2), NOW) == row(2)


def test_a_receipt_of_a_former_journal_lets_nothing_go() -> None:
    assert stored([row(1), row(2)], Receipt(7, 2), journal=8) == []
    assert stored([row(1), row(2), row(4)], Receipt(8, 1, (4,)), journal=8) == [1, 4]


def test_what_lies_too_long_without_receipt_is_a_stuck_order() -> None:
    rows = [row(2), row(1)]
    assert stuck(rows, NOW + PACE.stuck - timedelta(microseconds=1), PACE) == []
    assert [r.serial for r in stuck(rows, NOW + PACE.stuck, PACE)] == [1, 2]
    assert backlog(rows, NOW + timedelta(seconds=9)) == (2, 9.0)
    assert backlog([], NOW) == (0, 0.0)


@pytest.mark.parametrize(
    ("silence", "called"), [(0, "online"), (89, "online"), (90, "degraded"), (299, "degraded"), (300, "offline")]
)
def test_a_silent_peer_is_called_degraded_then_offline(silence: int, called: str) -> None:
    assert condition(NOW - timedelta(seconds=silence), NOW, PACE) == called


def test_a_peer_never_heard_of_is_unknown() -> None:
    assert condition(None, NOW, PACE) == "unknown"


serials = st.lists(st.integers(1, 40), max_size=80)


@given(serials)
def test_receipts_name_exactly_what_came_in_any_order_and_however_often(came: list[int]) -> None:
    received = Received()
    for serial in came:
        again = received.add(serial).add(serial)
        received = received.add(serial)
        assert again == received
    assert {s for s in range(1, 60) if received.has(s)} == set(came)
    assert confirmed(range(1, 60), receipt(1, received)) == sorted(set(came))
    assert received.through + 1 not in received.beyond
    assert all(serial > received.through for serial in received.beyond)


@given(st.randoms(use_true_random=False), st.integers(1, 25))
def test_no_message_is_lost_by_any_order_of_arrival_and_receipts(dice: random.Random, count: int) -> None:
    """Messages and receipts are lost and mixed; whatever leaves the tray has arrived, and at last all have."""
    tray = {serial: row(serial, urgent=dice.random() < 0.2) for serial in range(1, count + 1)}
    received, receipts, now = Received(), list[Receipt](), NOW
    for turn in range(400):
        bad = turn < 200
        for one in due(tray.values(), now, PACE):
            tray[one.serial] = tried(one, now, PACE, dice.random())
            if not bad or dice.random() < 0.5:
                received = received.add(one.serial)
        receipts.append(receipt(1, received))
        got = dice.choice(receipts) if bad else receipts[-1]
        for serial in stored(tray.values(), got, 1):
            assert received.has(serial)
            del tray[serial]
        now += PACE.cap
    assert tray == {}
    assert received == Received(count)
