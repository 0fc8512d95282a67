"""Every kind of note × speaker × state, and what the next step hears of the notes."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from liandong.kernel.errors import Invalid
from liandong.transfer.errors import NotYours
from liandong.transfer.notes import NOTES, POSITIONS, RULINGS, Speaker, check_note, hear
from liandong.transfer.states import KINDS, TRANSFER

EVERY = frozenset(TRANSFER.states)
OPEN = EVERY - {"returned", "withdrawn", "confirmed"}
PARTIES = {"origin", "target"}
EXPECTED: dict[str, tuple[set[str], frozenset[str]]] = {
    "urge": ({*PARTIES, "supervisor"}, OPEN),
    "supplement": (PARTIES, EVERY),
    "progress": (PARTIES, OPEN),
    "position": ({"target"}, frozenset({"negotiating"})),
    "call_record": (PARTIES, OPEN),
    "arrival": ({"target"}, frozenset({"accepted"})),
    "ruling": ({"conference"}, frozenset({"negotiating"})),
    "discrepancy": ({*PARTIES, "supervisor"}, EVERY),
    "withdraw": ({"origin"}, frozenset({"offered"})),
}
SPEAKERS: tuple[Speaker | None, ...] = ("origin", "target", "conference", "supervisor", None)
BODY: dict[str, Any] = {"text": "说明", "position": "no", "ruling": "origin"}


@pytest.mark.parametrize("kind", sorted(EXPECTED))
def test_who_may_say_what_when(kind: str) -> None:
    speakers, states = EXPECTED[kind]
    for speaker, state in product(SPEAKERS, sorted(EVERY)):
        if speaker not in speakers:
            with pytest.raises(NotYours):
                check_note(kind, speaker, "divert", state, BODY)
        elif state not in states:
            with pytest.raises(Invalid) as why:
                check_note(kind, speaker, "divert", state, BODY)
            assert TRANSFER.states[state] in why.value.message
        else:
            check_note(kind, speaker, "divert", state, BODY)


def test_there_are_no_other_notes() -> None:
    assert set(NOTES) == set(EXPECTED)
    with pytest.raises(Invalid):
        check_note("gossip", "origin", "divert", "offered", BODY)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_only_what_may_be_withdrawn_is_asked_back(kind: str) -> None:
    if kind != "danger":
        check_note("withdraw", "origin", kind, "offered", {})
        return
    with pytest.raises(Invalid):
        check_note("withdraw", "origin", kind, "offered", {})


@pytest.mark.parametrize("kind", sorted(EXPECTED))
def test_a_note_says_something_unless_its_kind_says_all(kind: str) -> None:
    speakers, states = EXPECTED[kind]
    speaker: Any = sorted(speakers)[0]
    for text in ("", " \n", None):
        body = {**BODY, "text": text}
        if kind in ("urge", "withdraw", "arrival"):
            check_note(kind, speaker, "divert", sorted(states)[0], body)
            continue
        with pytest.raises(Invalid):
            check_note(kind, speaker, "divert", sorted(states)[0], body)


def test_a_position_and_a_ruling_choose_one_of_three() -> None:
    for position in POSITIONS:
        check_note("position", "target", "divert", "negotiating", {"text": "说明", "position": position})
    for ruling in RULINGS:
        check_note("ruling", "conference", "divert", "negotiating", {"text": "说明", "ruling": ruling})
    for wrong in ("", "both", None):
        with pytest.raises(Invalid):
            check_note("position", "target", "divert", "negotiating", {"text": "说明", "position": wrong})
        with pytest.raises(Invalid):
            check_note("ruling", "conference", "divert", "negotiating", {"text": "说明", "ruling": wrong})


def test_the_last_word_of_each_kind_counts() -> None:
    notes = [
        ("position", {"position": "target"}),
        ("supplement", {"text": "说明"}),
        ("position", {"position": "joint"}),
        ("ruling", {"ruling": "origin"}),
        ("ruling", {"ruling": "joint"}),
    ]
    assert (hear(notes).agreed, hear(notes).ruling, hear(notes).withdraw_asked) == ("joint", "joint", False)
    assert hear([*notes, ("position", {"position": "no"})]).agreed is None
    assert hear([("withdraw", {}), ("urge", {})]).withdraw_asked
    nothing = hear([])
    assert (nothing.agreed, nothing.ruling, nothing.withdraw_asked) == (None, None, False)
