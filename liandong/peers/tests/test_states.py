"""The life of a message that came, edge by edge, and what a peer is called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from liandong.kernel.errors import NoSuchEdge
from liandong.peers.pace import Condition, Pace
from liandong.peers.reach import Reach, reach
from liandong.peers.states import INCOMING

EDGES = {
    (None, "store"): "stored",
    ("stored", "apply"): "applied",
    ("stored", "repeat"): "duplicate",
    ("stored", "wait"): "waiting",
    ("stored", "die"): "dead",
    ("waiting", "wake"): "stored",
    ("dead", "retry"): "stored",
    ("dead", "set_aside"): "set_aside",
    ("set_aside", "retry"): "stored",
    ("stored", "end"): "void",
    ("waiting", "end"): "void",
}
VERBS = sorted({verb for _, verb in EDGES})


@pytest.mark.parametrize(("state", "verb"), list(product([None, *INCOMING.states], VERBS)))
def test_every_edge_of_a_message_is_there_and_every_other_is_not(state: str | None, verb: str) -> None:
    if (state, verb) in EDGES:
        assert INCOMING.edge(state, verb).target == EDGES[(state, verb)]
    else:
        with pytest.raises(NoSuchEdge):
            INCOMING.edge(state, verb)


def test_letters_are_given_once_and_ends_have_no_way_out() -> None:
    assert len({edge.letter for edge in INCOMING.edges}) == len(INCOMING.edges) == len(EDGES)
    assert {state for state in INCOMING.states if not INCOMING.out_of(state)} == INCOMING.ends


NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PACE = Pace(
    first=SECOND * 5,
    cap=SECOND * 300,
    jitter=0.2,
    window=500,
    heartbeat=SECOND * 30,
    degraded=SECOND * 90,
    offline=SECOND * 300,
    stuck=SECOND * 1800,
    skew=SECOND * 120,
)


@pytest.mark.parametrize(
    ("silent", "trouble", "called", "since"),
    [
        (None, None, "unknown", None),
        (None, 10, "unknown", None),
        (0, None, "online", 0),
        (89, None, "online", 89),
        (90, None, "degraded", 0),
        (299, None, "degraded", 209),
        (300, None, "offline", 0),
        (900, 800, "offline", 600),
        (20, 10, "degraded", 10),
        (100, 40, "degraded", 40),
        (100, 5, "degraded", 10),
        (100, 10, "degraded", 10),
    ],
)
def test_a_peer_is_called_by_its_silence_and_by_what_keeps_us_apart(
    silent: int | None, trouble: int | None, called: Condition, since: int | None
) -> None:
    def ago(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW - SECOND * seconds

    assert reach(ago(silent), ago(trouble), NOW, PACE) == Reach(called, ago(since))


def test_the_same_word_goes_on_since_it_began() -> None:
    was = Reach("online", NOW - timedelta(hours=5))
    assert reach(NOW, None, NOW, PACE, was) is was
    assert reach(NOW, NOW, NOW, PACE, was) == Reach("degraded", NOW)


def test_a_peer_that_calls_itself_slow_is_called_so() -> None:
    heard = NOW - SECOND * 7
    assert reach(heard, None, NOW, PACE, said="degraded") == Reach("degraded", heard)
    assert reach(heard, None, NOW, PACE, said="online") == Reach("online", heard)
