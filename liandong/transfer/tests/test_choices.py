"""What a page may offer is what the write would take: never more, never less."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from liandong.kernel.errors import LiandongError
from liandong.transfer.baton import Around, Heard, check
from liandong.transfer.choices import FILLED, Standing, onward, open_notes, open_steps, verdicts, ways
from liandong.transfer.notes import NOTES, Speaker
from liandong.transfer.replica import Replica
from liandong.transfer.states import HOLDER, KINDS, TRANSFER

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DESKS = [("12345", "city_12345"), ("110", "city_110"), ("110-140902", "county_110"), ("gas", "hotline")]
OPEN = [state for state in TRANSFER.states if state not in TRANSFER.ends]


def replica(kind: str, state: str) -> Replica:
    return Replica(transfer="T", kind=kind, origin="12345", target="110", state=state, seq=1)


def verbs(found: Replica, author: str, around: Around | None = None) -> set[str]:
    return {edge.verb for edge in open_steps(found, author, around or Around(), NOW)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", OPEN)
def test_every_step_offered_is_taken_and_every_step_taken_is_offered(kind: str, state: str) -> None:
    found, around = replica(kind, state), Around(objection_until=NOW + timedelta(hours=1))
    for author in ("12345", "110", "gas"):
        taken = set()
        for verb in {edge.verb for edge in TRANSFER.edges if not edge.verb.endswith("_at_limit")}:
            try:
                check(found, verb, author, FILLED, around, NOW)
            except LiandongError:
                continue
            taken.add(verb)
        assert verbs(found, author, around) == taken


@pytest.mark.parametrize("state", OPEN)
def test_only_the_holder_of_the_baton_is_offered_a_step(state: str) -> None:
    waiting = "110" if HOLDER[state] == "origin" else "12345"
    assert verbs(replica("divert", state), waiting) == set()


@pytest.mark.parametrize("state", sorted(TRANSFER.ends))
def test_at_the_end_nobody_is_offered_anything(state: str) -> None:
    assert verbs(replica("divert", state), "12345") == verbs(replica("divert", state), "110") == set()


def test_a_danger_is_never_offered_to_be_refused() -> None:
    assert verbs(replica("danger", "offered"), "110") == {"accept"}


def test_an_award_is_offered_only_after_the_other_has_agreed_and_falling_back_only_after_the_time() -> None:
    talks, late = replica("unclear", "negotiating"), Around(settle_by=NOW)
    assert verbs(talks, "12345") == {"settle"}
    assert verbs(talks, "12345", Around(heard=Heard(agreed="target"))) == {"settle", "award"}
    assert verbs(talks, "12345", Around(heard=Heard(agreed="joint"))) == {"settle", "award_jointly"}
    assert verbs(talks, "12345", Around(heard=Heard(ruling="joint"))) == {"award_jointly"}
    assert verbs(talks, "12345", late) == {"settle", "fall_back"}


def test_handing_back_is_offered_within_the_window_only() -> None:
    ours = replica("divert", "accepted")
    within, over = Around(objection_until=NOW + timedelta(minutes=1)), Around(objection_until=NOW)
    assert verbs(ours, "110", within) == {"conclude", "hand_back"}
    assert verbs(ours, "110", over) == {"conclude"}
    assert verbs(replace(ours, awarded=True), "110", within) == {"conclude"}


@pytest.mark.parametrize(
    ("speaker", "state", "kinds"),
    [
        ("origin", "offered", {"urge", "supplement", "progress", "call_record", "discrepancy", "withdraw"}),
        ("target", "negotiating", {"urge", "supplement", "progress", "call_record", "discrepancy", "position"}),
        ("target", "accepted", {"urge", "supplement", "progress", "call_record", "discrepancy", "arrival"}),
        ("conference", "negotiating", {"ruling"}),
        ("supervisor", "offered", {"urge", "discrepancy"}),
        (None, "offered", set()),
    ],
)
def test_each_speaker_is_offered_the_notes_the_rule_allows(speaker: Speaker, state: str, kinds: set[str]) -> None:
    assert set(open_notes(speaker, "divert", state)) == kinds


def test_a_note_has_a_name_people_read() -> None:
    assert all(rule.label and not rule.label.isascii() for rule in NOTES.values())


def offered(origin: str, standing: Standing | None = None) -> set[tuple[str, str]]:
    return {(way.kind.code, way.target) for way in ways(origin, DESKS, standing or Standing())}


def test_each_desk_is_offered_the_ways_of_the_plan() -> None:
    assert offered("city_12345") == {("divert", "110"), ("divert", "gas"), ("clue", "110"), ("unclear", "110")}
    assert offered("county_110") == {("relay", "110")}
    assert ("relay", "110") not in offered("city_110")
    assert {("mediate", "12345"), ("notify", "12345"), ("divert", "12345")} <= offered("city_110")


def test_a_desk_that_is_not_responsible_is_offered_no_way_but_a_clue() -> None:
    assert offered("city_12345", Standing(responsible=False)) == {("clue", "110")}


def test_what_came_from_a_desk_is_not_offered_back_to_it() -> None:
    assert ("divert", "12345") not in offered("city_110", Standing(came_from=frozenset({"12345"})))


def test_an_order_out_of_hand_is_offered_only_what_does_not_pass_it_on() -> None:
    assert offered("city_110", Standing(in_hand=False)) == {("mediate", "12345"), ("notify", "12345")}


def test_what_is_on_its_way_is_not_offered_again() -> None:
    running = Standing(running=frozenset({("divert", "110")}))
    assert ("divert", "110") not in offered("city_12345", running)
    assert ("divert", "gas") in offered("city_12345", running)


def test_a_relay_goes_on_to_the_hotline_and_never_back_to_the_county() -> None:
    found = {(way.kind.code, way.target) for way in onward("city_110", DESKS, "110-140902")}
    assert found == {("divert", "12345"), ("divert", "gas"), ("unclear", "12345")}


def test_in_a_negotiation_each_closed_way_says_why_it_is_closed() -> None:
    found = replica("unclear", "negotiating")
    later = Around(settle_by=NOW + timedelta(hours=1))
    told = {one.edge.verb: one.why_not for one in verdicts(found, later, NOW)}
    assert set(told) == {"award", "settle", "award_jointly", "fall_back"}
    assert told["settle"] == ""
    assert "对方尚未表示同意" in told["award"]
    assert "协商时限未到" in told["fall_back"]
    agreed = Around(heard=Heard(agreed="target"), settle_by=NOW)
    told = {one.edge.verb: one.why_not for one in verdicts(found, agreed, NOW)}
    assert [verb for verb, why in told.items() if not why] == ["award", "settle", "fall_back"]
    assert verdicts(replica("unclear", "returned"), later, NOW) == []
