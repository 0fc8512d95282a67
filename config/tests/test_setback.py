"""A machine's clock that ran fast and was set right: nothing waits by the wrong time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from config.setback import TOLERATED, Setback
from liandong.kernel.clock import VirtualClock, running_on
from liandong.kernel.ids import uuid7
from liandong.kernel.models import Fact
from liandong.kernel.outbox import announce, handle_waiting
from liandong.peers.models import ChannelState, Outgoing, Peer

pytestmark = [pytest.mark.django_db, pytest.mark.external]
FAST = timedelta(minutes=5)


def waiting(at: datetime, serial: int) -> Outgoing:
    return Outgoing.objects.create(
        peer="gov",
        message=uuid7(at),
        serial=serial,
        kind="note",
        subject="1",
        mark=str(serial),
        urgent=False,
        document=b"x",
        made_at=at,
        next_try_at=at,
    )


def test_what_was_put_off_by_a_fast_clock_waits_no_longer_when_it_is_set_right(clock: VirtualClock) -> None:
    right = clock.now()
    heard: list[str] = []
    with running_on(VirtualClock(right + FAST)) as fast:
        watch = Setback()
        with transaction.atomic():
            announce("heard")
        row = waiting(fast.now() + timedelta(seconds=5), 1)
        Peer.objects.create(
            code="gov", paused_until=fast.now(), beat_at=fast.now(), heard_at=fast.now(), said_at=fast.now()
        )
        ChannelState.objects.create(peer="gov", channel="ferry", paused_until=fast.now())
        watch.look()
    watch.look()
    row.refresh_from_db()
    assert row.next_try_at == right
    peer = Peer.objects.get()
    assert (peer.paused_until, peer.beat_at, peer.heard_at, peer.said_at) == (None, None, right, right)
    assert ChannelState.objects.get().paused_until is None
    assert handle_waiting({"heard": (lambda told: heard.append(told.kind),)}) == 1
    assert heard == ["heard"]


@pytest.mark.parametrize("back", [timedelta(0), TOLERATED, -FAST])
def test_a_clock_that_goes_on_or_steps_a_little_changes_nothing(clock: VirtualClock, back: timedelta) -> None:
    start = clock.now()
    with running_on(VirtualClock(start)):
        watch = Setback()
        row = waiting(start + FAST + FAST, 1)
        Outgoing.objects.filter(pk=row.pk).update(made_at=start)
        with transaction.atomic():
            fact = announce("heard")
        Fact.objects.filter(pk=fact.pk).update(next_try_at=start + FAST + FAST)
    with running_on(VirtualClock(start - back)):
        watch.look()
    row.refresh_from_db()
    fact.refresh_from_db()
    assert row.next_try_at == fact.next_try_at == start + FAST + FAST


def test_what_the_peer_has_and_what_was_set_aside_stay_as_they_are(clock: VirtualClock) -> None:
    right = clock.now()
    with running_on(VirtualClock(right + FAST)) as fast:
        watch = Setback()
        row = waiting(fast.now(), 1)
        Outgoing.objects.filter(pk=row.pk).update(stored_at=fast.now())
        with transaction.atomic():
            fact = announce("heard")
        Fact.objects.filter(pk=fact.pk).update(set_aside_at=fast.now())
    watch.look()
    row.refresh_from_db()
    fact.refresh_from_db()
    assert row.next_try_at == fact.next_try_at == right + FAST


def test_where_the_database_is_away_it_is_done_at_the_next_look(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = clock.now()
    with running_on(VirtualClock(right + FAST)):
        watch = Setback()
        row = waiting(right + FAST, 1)
    monkeypatch.setattr("liandong.kernel.outbox.handle_no_later", _away)
    with pytest.raises(ConnectionError):
        watch.look()
    monkeypatch.undo()
    watch.look()
    row.refresh_from_db()
    assert row.next_try_at == right


def _away() -> int:
    raise ConnectionError


def test_what_was_begun_by_the_fast_clock_and_is_committed_after_the_look_is_found_by_the_next(
    clock: VirtualClock,
) -> None:
    right = clock.now()
    with running_on(VirtualClock(right + FAST)) as fast:
        watch = Setback()
        late = fast.now()
    watch.look()
    row = waiting(late, 1)
    watch.look()
    row.refresh_from_db()
    assert row.next_try_at == right


@pytest.mark.parametrize("fact", [True, False])
def test_what_was_told_in_the_future_shows_that_a_clock_was_ahead_that_nobody_saw(
    clock: VirtualClock, fact: bool
) -> None:
    watch, right = Setback(), clock.now()
    with running_on(VirtualClock(right + FAST)) as fast:
        row = waiting(fast.now(), 1)
        if fact:
            Outgoing.objects.filter(pk=row.pk).update(next_try_at=right)
            with transaction.atomic():
                announce("heard")
    watch.look()
    row.refresh_from_db()
    assert row.next_try_at == right
    assert list(Fact.objects.values_list("next_try_at", flat=True)) == [right] * fact


def test_what_was_sent_by_our_clock_and_waits_for_its_next_try_is_left_alone(clock: VirtualClock) -> None:
    watch, right = Setback(), clock.now()
    row = waiting(right + FAST, 1)
    Outgoing.objects.filter(pk=row.pk).update(sent_at=right)
    watch.look()
    row.refresh_from_db()
    assert row.next_try_at == right + FAST
