"""S3.7: what a desk writes while it handles a matter is read; what has got out of hand reaches 110, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from config.reactions import REACTIONS
from liandong.audit.models import Event
from liandong.intake import actions as intake
from liandong.kernel.models import Fact
from liandong.kernel.outbox import Told, handle_waiting
from liandong.routing.queries import engine_in_force
from liandong.routing.verdicts import Verdict
from liandong.transfer import actions
from liandong.transfer.actions import handling
from liandong.transfer.facts import UNJUDGED
from liandong.transfer.models import NoteRow, Transfer
from liandong.transfer.pages.reading import read
from liandong.transfer.pages.story import timeline, why_sent
from liandong.transfer.queries import alarms
from tests.cast import GAS, HOTLINE, POLICE, assert_whole, fresh, hand_over, new_order, note, react, step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]

KNIFE = "现场协调时当事人情绪激动，手持菜刀，扬言要同归于尽"
SETTLED = "已联系双方，达成和解，诉求人表示满意"
LEAK = "到现场检测燃气浓度很高，厨房燃气管还在泄漏，一名住户昏倒在地"
GATHER = "我听见工地上的人讲，今晚开会，明天一百多号人去劳动局打地铺"


def ordinary(by: Any = HOTLINE) -> Any:
    return new_order(by, title="楼道堆放杂物", content="三单元楼道里长期堆放杂物，请物业清理")


def handled(target: str = "110") -> Any:
    """A matter of 12345's that the other desk has taken."""
    row = hand_over(ordinary(), target=target)
    step(row, "accept")
    return fresh(row)


def from_police() -> Any:
    """A matter 110 handed to 12345, which handles it."""
    row = hand_over(ordinary(POLICE), target="12345")
    step(row, "accept")
    return fresh(row)


def sent(kind: str = "danger") -> list[Transfer]:
    return list(Transfer.objects.filter(kind=kind).order_by("pk"))


def everything() -> tuple[int, ...]:
    return Transfer.objects.count(), NoteRow.objects.count(), Event.objects.count(), Fact.objects.count()


def again() -> None:
    for fact in Fact.objects.filter(kind__in=("transfer.noted", "transfer.conclude", "order.answered")):
        for reaction in REACTIONS[fact.kind]:
            reaction(Told(id=fact.id, kind=fact.kind, payload=fact.payload, occurred_at=fact.occurred_at))


def test_every_kind_of_note_that_tells_of_handling_is_read() -> None:
    rows = [from_police() for _ in handling.TELLING]
    for row, kind in zip(rows, sorted(handling.TELLING), strict=True):
        note(row, kind, HOTLINE, text=KNIFE)
    react()
    assert [one.matter_id for one in sent()] == [row.matter_id for row in rows]


def test_a_note_of_handling_that_has_got_out_of_hand_is_a_danger_with_rule_and_words() -> None:
    row = from_police()
    note(row, "progress", HOTLINE, text=KNIFE)
    react()
    (danger,) = sent()
    assert sent("clue") == []  # one note is one message, and a danger says all of it
    assert (danger.origin, danger.target, danger.state, danger.beside) == ("12345", "110", "offered", True)
    assert danger.steps.get().person == "险情闸门"
    assert danger.reason.startswith("楼道堆放杂物（升级规则E0")
    assert "手持菜刀" in danger.reason
    assert [one.number for one in alarms(POLICE)] == [danger.number]
    assert fresh(row).state == "accepted"
    assert_whole(row.matter)


def test_the_order_page_says_why_it_went_out() -> None:
    row = from_police()
    note(row, "progress", HOTLINE, text=KNIFE)
    react()
    (danger,) = sent()
    page = read(HOTLINE, row.target_order.number)
    assert any("升级规则" in text for line in timeline(page) for _, text in line.said)
    assert "升级规则" in why_sent(page, danger)[0].reason


def test_the_desk_that_handles_it_goes_on_and_both_end(city: Any) -> None:
    row = from_police()
    note(row, "progress", HOTLINE, text=KNIFE)
    react()
    (danger,) = sent()
    for verb in ("accept", "conclude", "confirm"):
        step(danger, verb)
        react()
        assert_whole(row.matter)
    for verb in ("conclude", "confirm"):
        step(row, verb)
        react()
        assert_whole(row.matter)
    assert fresh(row).state == "confirmed"
    assert len(sent()) == 1


def test_told_again_and_noted_again_it_stays_one() -> None:
    row = from_police()
    note(row, "progress", HOTLINE, text=KNIFE)
    react()
    before = everything()
    again()
    assert everything() == before
    note(row, "supplement", HOTLINE, text=f"{KNIFE}，仍未平息")
    react()
    assert len(sent()) == 1


def test_what_was_a_danger_before_is_not_raised_again_when_a_note_looks_back_at_it() -> None:
    row = from_police()
    danger = actions.raise_danger(by=HOTLINE, matter_id=row.matter_id, signal="有人持刀")
    for verb in ("accept", "conclude", "confirm"):
        step(danger, verb)
    note(row, "progress", HOTLINE, text=KNIFE)
    react()
    assert sent() == [fresh(danger)]


def test_what_110_writes_itself_raises_nothing() -> None:
    row = handled()
    note(row, "progress", POLICE, text=KNIFE)
    note(row, "arrival", POLICE, text=KNIFE)
    react()
    assert sent() == []


def test_while_110_handles_it_as_paper_a_new_word_of_the_caller_alarms_it() -> None:
    row = handled()
    note(row, "supplement", HOTLINE, text=KNIFE)
    react()
    (danger,) = sent()
    assert danger.beside
    assert_whole(row.matter)


def test_words_between_the_desks_and_calm_notes_raise_nothing() -> None:
    row = from_police()
    note(row, "urge", POLICE, text=KNIFE)
    note(row, "urge", HOTLINE, text=KNIFE)
    note(row, "progress", HOTLINE, text=SETTLED)
    react()
    assert (sent(), sent("clue")) == ([], [])


def test_an_answer_and_a_feedback_are_read_as_well() -> None:
    order = ordinary()
    order = intake.start(by=HOTLINE, order=order)
    intake.answer(by=HOTLINE, order=order, result="solved", text=KNIFE)
    row = from_police()
    step(row, "conclude", text=KNIFE)
    react()
    assert {one.matter_id for one in sent()} == {order.matter_id, row.matter_id}
    assert_whole(order.matter)
    assert_whole(row.matter)


def test_a_linked_hotline_tells_of_what_it_did_not_come_for() -> None:
    row = handled("gas")
    note(row, "progress", GAS, text=LEAK)
    react()
    (danger,) = sent()
    assert danger.origin == "gas"
    assert_whole(row.matter)


def test_a_danger_a_linked_hotline_was_called_to_is_its_own() -> None:
    order = new_order(GAS, title="燃气泄漏", content="厨房燃气管断了，一直在漏气，屋里有人昏倒", kind="work")
    row = hand_over(order, target="12345")
    note(row, "progress", GAS, text=LEAK)
    react()
    assert sent() == []


def test_before_the_other_desk_has_an_order_the_origin_tells() -> None:
    row = hand_over(ordinary(), target="gas")
    note(row, "call_record", GAS, text=KNIFE)
    react()
    assert [one.origin for one in sent()] == ["12345"]


def test_in_a_closed_matter_supervision_is_told_once() -> None:
    row = from_police()
    for verb in ("conclude", "confirm"):
        step(row, verb)
    assert fresh(row.matter).state == "closed"
    note(row, "supplement", HOTLINE, text=KNIFE)
    react()
    again()
    assert (sent(), Event.objects.filter(kind="matter.problem").count()) == ([], 1)
    assert "办理记录" in fresh(row.matter).problem_why


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An engine whose judgement of notes fails, whatever the text."""

    def fails(text: str) -> Verdict:
        raise RuntimeError("no judgement")

    whole = engine_in_force
    with monkeypatch.context() as patched:
        patched.setattr(handling, "engine_in_force", lambda at: replace(whole(at), escalated=fails))
        yield patched


def test_a_judgement_that_fails_stops_nothing_and_is_made_up_for(broken: pytest.MonkeyPatch, city: Any) -> None:
    row = from_police()
    note(row, "progress", HOTLINE, text=KNIFE)
    while handle_waiting(REACTIONS):
        pass
    waiting = Fact.objects.get(handled_at=None)
    assert (waiting.kind, "no judgement" in waiting.trouble) == (UNJUDGED, True)
    assert (sent(), row.notes.count()) == ([], 1)
    broken.undo()
    city.advance(minutes=10)
    react()
    assert len(sent()) == 1


def test_a_lead_in_a_note_goes_by_its_own_channel(city: Any) -> None:
    row = from_police()
    note(row, "progress", HOTLINE, text=GATHER)
    react()
    (clue,) = sent("clue")
    assert (clue.origin, clue.target) == ("12345", "110")
    assert "涉稳规则" in clue.reason
    before = everything()
    again()
    assert everything() == before
    assert_whole(row.matter)


def test_a_danger_in_a_note_on_a_clue_is_told_without_the_words_of_the_note() -> None:
    row = hand_over(ordinary(), "clue", signal="有人串联上访")
    note(row, "supplement", HOTLINE, text=KNIFE)
    react()
    (danger,) = sent()
    assert "升级规则" in danger.reason
    assert "菜刀" not in danger.reason


def test_the_everyday_words_of_a_linked_hotline_alarm_nobody_and_what_a_rule_names_does() -> None:
    row = hand_over(ordinary(POLICE), target="gas")
    step(row, "accept")
    note(fresh(row), "progress", GAS, text="抢修人员已到场，吉祥里3号楼。")
    react()
    assert engine_in_force(fresh(row).opened_at).escalated("抢修人员已到场，吉祥里3号楼。").holds
    assert sent() == []
    note(fresh(row), "progress", GAS, text=KNIFE)
    react()
    assert len(sent()) == 1
