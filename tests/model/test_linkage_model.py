"""The Promela model of one transfer over a channel that loses, repeats and mixes: I1, I2, I6 in every state."""

from __future__ import annotations

from pathlib import Path

import pytest

from liandong.transfer.states import TRANSFER
from tests.model.spin import MODEL, check, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"not on this machine: {missing()} (apt-get install spin gcc)")


def test_no_gap_one_author_and_a_clock_in_every_state_of_six_steps(tmp_path: Path) -> None:
    checked = check(tmp_path, "MOST=6")
    assert checked.errors == 0, checked.said
    assert checked.whole
    assert checked.states > 100_000, "the model has become too small to say anything"


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        ("GAP", "oduty[0]||tduty[1]"),
        ("ALONE", "tduty[1]&&(state[1]=="),
        ("ANYONE", "made[(seq[me]+1)]==1"),
    ],
)
def test_a_rule_broken_on_purpose_is_found(tmp_path: Path, broken: str, found: str) -> None:
    checked = check(tmp_path, "MOST=6", broken, quickly="-O0")
    assert checked.errors == 1
    assert found in checked.said


def test_the_model_knows_every_state_of_the_table() -> None:
    """But for one name that is a word of Promela's other tongue, they are the same."""
    model = MODEL.read_text(encoding="utf-8")
    listed = model[model.index("mtype = {") : model.index("};")]
    assert {state.replace("handed_back", "handed") for state in TRANSFER.states} <= set(
        listed.replace(",", " ").split()
    )
