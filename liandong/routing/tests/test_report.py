"""The page about routing says plainly whether the goal is reached, and of which run a reading of the flagged is."""

from __future__ import annotations

from liandong.routing.calibration import Rate
from liandong.routing.report import Measured, page
from liandong.routing.trials import Alarms

READ = [
    {"read_on": "2026-01-02", "weights": "abc", "appeals": "stream", "kind": "past event reported", "count": "2"},
    {"read_on": "2026-01-02", "weights": "abc", "appeals": "stream", "kind": "nothing of the kind", "count": "1"},
]


def measured(found: int, flagged: int = 3, weights: str = "abc") -> Measured:
    alarms = Alarms(Rate(found, 100), Rate(1, 100))
    return Measured(
        "",
        danger={"": alarms, "class fire": alarms},
        real={"stream": (Rate(flagged, 1000), Rate(9, 1000))},
        weights=weights,
        reading=READ,
    )


def test_a_missed_goal_is_said_with_the_classes_that_were_missed() -> None:
    told = page(measured(97))
    assert "98% found and at most 1% false, is missed" in told
    assert "by class: fire 3." in told
    told = page(measured(100))
    assert "98% found and at most 1% false, is reached" in told
    assert "by class: none." in told


def test_a_reading_is_of_this_run_only_with_its_weights_and_its_counts() -> None:
    assert "with the weights abc: a reading of this run." in page(measured(97))
    assert "| past event reported | 2 |" in page(measured(97))
    assert "not of this one" in page(measured(97, weights="other"))
    assert "not of this one" in page(measured(97, flagged=4))
