"""Corrections by people and models trained from them: who may, what is kept, what is compared, the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from liandong.audit.by import By
from liandong.audit.models import Event
from liandong.identity.rights import INSTALLER
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import Conflict, Invalid, NoSuchEdge, NotAllowed, NotFound
from liandong.routing import commands, queries
from liandong.routing.actions import (
    confirm,
    correct,
    dismiss,
    keep,
    load_examples,
    load_guides,
    load_items,
    load_versions,
    roll_back,
    switch,
    train,
)
from liandong.routing.classifier import Classifier
from liandong.routing.comparison import Compared
from liandong.routing.decision import decide
from liandong.routing.errors import NoModelBefore, NothingCorrected, OwnCorrection, WorseModel
from liandong.routing.models import Correction, Decided, ModelVersion
from liandong.routing.verdicts import Note
from tests.cast import HOTLINE, HOTLINE_TAKER, LIST_ITEMS, POLICE, POLICE_TAKER, new_order, rows

# The people of the cast have no accounts; what keeps an account needs one.
TAKER = replace(HOTLINE_TAKER, person=None)

GUIDES = """code,signals,examples,source
litigation,判决 法院,法院判决不公要求改判|官司输了不服|法院立案要啥材料,测试"""
NOTES = """id,side,desk,title,text,nature,urgency,kind,item,category,place,synthetic
N1,12345,12345,广场舞太吵,楼下广场舞到十一点还在响,complaint,ordinary,none,,,140902,1
N2,12345,12345,有人聚赌,棋牌室里天天聚众赌博,report,ordinary,divert,P01,,140902,1
N3,110,110,问路,问派出所在哪,consult,ordinary,divert,H01,,140902,1"""


@pytest.fixture(autouse=True)
def taught(city: VirtualClock) -> VirtualClock:
    load_guides(by=INSTALLER, rows=rows("guides.csv", GUIDES))
    load_examples(by=INSTALLER, rows=rows("notes.csv", NOTES))
    queries.forget_engine()
    return city


def suggested(text: str, by: By = TAKER) -> Decided:
    """An order with what the engine in force suggests for it."""
    from liandong.kernel import clock

    order = new_order(by, title=text[:20], content=text)
    engine = queries.engine_in_force(clock.now())
    return keep(by=by, number=order.number, decision=decide(Note(text), engine), engine=engine)


def corrected(text: str, **right: str) -> Correction:
    made = correct(by=TAKER, decided=suggested(text).pk, right=right)
    return confirm(by=OFFICER, correction=made.pk, seen=made.version)


OFFICER = By(
    name="联席办工作人员乙",
    post="conference_officer",
    desk="12345",
    rights=frozenset({"order.read", "desk.all", "routing.confirm", "routing.switch", "supervise.read"}),
)


def test_what_was_suggested_is_kept_with_the_list_the_model_and_the_reasons() -> None:
    made = suggested("楼下广场舞噪声扰民，天天到半夜")
    (kept,) = queries.why(HOTLINE, made.order.number)
    assert (kept.side, kept.item, kept.list_version, kept.model) == ("12345", "H01", "T-1", "清单T-1")
    assert any(reason["rule"] == "H01" for reason in kept.reasons)
    assert 0 <= kept.output["confidence"] <= 1


def test_who_may_not_see_the_order_does_not_see_what_was_suggested() -> None:
    made = suggested("楼下广场舞噪声扰民")
    with pytest.raises(NotFound):
        queries.why(POLICE, made.order.number)
    with pytest.raises(NotFound):
        correct(by=POLICE_TAKER, decided=made.pk, right={"side": "110"})


@pytest.mark.parametrize("right", [{}, {"side": "12345"}, {"side": ""}, {"colour": "red"}])
def test_a_correction_changes_something(right: dict[str, str]) -> None:
    made = suggested("楼下广场舞噪声扰民")
    assert made.side == "12345"
    with pytest.raises(NothingCorrected):
        correct(by=TAKER, decided=made.pk, right=right)


def test_a_side_is_one_of_three() -> None:
    with pytest.raises(Invalid):
        correct(by=TAKER, decided=suggested("广场舞噪声").pk, right={"side": "119"})


def test_a_correction_is_learnt_from_only_after_another_person_confirmed_it() -> None:
    made = correct(by=TAKER, decided=suggested("广场舞噪声").pk, right={"side": "110", "item": "P01"})
    assert (made.state, queries.confirmed_lessons()) == ("noted", [])
    for nobody in (TAKER, HOTLINE):
        with pytest.raises(NotAllowed):
            confirm(by=nobody, correction=made.pk, seen=0)
    done = confirm(by=OFFICER, correction=made.pk, seen=0)
    (lesson,) = queries.confirmed_lessons()
    assert (done.state, lesson.lesson.side, lesson.lesson.item) == ("confirmed", "110", "P01")
    assert "广场舞噪声" in lesson.lesson.text
    kinds = Event.objects.filter(subject=f"decided:{made.decided_id}").values_list("kind", flat=True)
    assert list(kinds) == ["correction.moved"] * 2


def test_nobody_confirms_their_own_correction() -> None:
    from liandong.identity.models import Person, Post

    person = Person.objects.create(
        username="both",
        name="兼任",
        post=Post.objects.get(code="duty_officer"),
        desk_id=None,
        since="2026-01-01T00:00Z",
    )
    both = By(name="兼任", post="duty_officer", desk="12345", person=person.pk, rights=OFFICER.rights | TAKER.rights)
    made = correct(by=both, decided=suggested("广场舞噪声").pk, right={"side": "110"})
    with pytest.raises(OwnCorrection):
        confirm(by=both, correction=made.pk, seen=0)


def test_a_confirmed_correction_can_be_taken_out_again_and_a_dismissed_one_is_settled() -> None:
    made = corrected("广场舞噪声", side="110")
    gone = dismiss(by=OFFICER, correction=made.pk, seen=made.version)
    assert (gone.state, queries.confirmed_lessons()) == ("dismissed", [])
    with pytest.raises(NoSuchEdge):
        confirm(by=OFFICER, correction=made.pk, seen=gone.version)


def test_of_two_who_settle_a_correction_at_once_one_is_told() -> None:
    made = correct(by=TAKER, decided=suggested("广场舞噪声").pk, right={"side": "110"})
    confirm(by=OFFICER, correction=made.pk, seen=0)
    with pytest.raises(Conflict):
        dismiss(by=OFFICER, correction=made.pk, seen=0)


def test_a_model_is_trained_kept_as_a_draft_and_decides_once_it_is_switched_to(taught: VirtualClock) -> None:
    for number in range(6):
        corrected(f"院里养鸽子{number}只，羽毛乱飞", side="110", item="P01")
    made = train(by=OFFICER)
    assert (made.state, made.corrections, made.list_version.code) == ("draft", 6, "T-1")
    assert Classifier.load(bytes(made.blob)).version == made.code
    assert queries.engine_in_force(taught.now()).model == "清单T-1"
    switch(by=OFFICER, code=made.code, seen=made.version)
    engine = queries.engine_in_force(taught.now())
    assert engine.model == made.code
    assert decide(Note("院里有人养鸽子，羽毛乱飞"), engine).side == "110"
    report = Compared.from_plain(made.report)
    assert report.side == (6, 6)
    assert report.side_before[1] == 6


def test_the_comparison_is_made_on_corrections_the_model_in_use_had_not_seen(taught: VirtualClock) -> None:
    corrected("院里养鸽子，羽毛乱飞", side="110", item="P01")
    first = train(by=OFFICER)
    switch(by=OFFICER, code=first.code, seen=first.version)
    taught.advance(hours=1)
    assert Compared.from_plain(train(by=OFFICER).report).side[1] == 0
    corrected("广场舞噪声大得很", side="110", item="P01")
    assert Compared.from_plain(train(by=OFFICER).report).side[1] == 1


def test_a_model_that_is_worse_is_not_switched_to_unless_somebody_insists() -> None:
    made = train(by=OFFICER)
    made.report = Compared(side=(1, 9), side_before=(8, 9)).plain()
    made.save()
    with pytest.raises(WorseModel):
        switch(by=OFFICER, code=made.code, seen=made.version)
    assert switch(by=OFFICER, code=made.code, seen=made.version, even_if_worse=True).state == "active"


def test_one_model_is_in_use_and_the_one_before_comes_back(taught: VirtualClock) -> None:
    with pytest.raises(NoModelBefore):
        roll_back(by=OFFICER)
    made = []
    for _ in range(2):
        made.append(train(by=OFFICER))
        taught.advance(hours=1)
        switch(by=OFFICER, code=made[-1].code, seen=0)
    states = dict(ModelVersion.objects.values_list("code", "state"))
    assert states == {made[0].code: "retired", made[1].code: "active"}
    assert roll_back(by=OFFICER).code == made[0].code
    assert queries.engine_in_force(taught.now()).model == made[0].code
    assert dict(ModelVersion.objects.values_list("code", "state")) == {made[0].code: "active", made[1].code: "retired"}


def test_a_model_of_another_list_does_not_decide_and_is_not_switched_to(taught: VirtualClock) -> None:
    made = train(by=OFFICER)
    switch(by=OFFICER, code=made.code, seen=0)
    waiting = train(by=OFFICER)
    day = (taught.now() + timedelta(days=1)).date()
    head, version = (
        "version,name,status,effective_from,effective_to,approved_by,source",
        f"T-2,新,in_force,{day},,测试,测试",
    )
    load_versions(by=INSTALLER, rows=rows("list_versions.csv", f"{head}\n{version}"))
    load_items(by=INSTALLER, rows=rows("list_items.csv", LIST_ITEMS.replace("T-1", "T-2")))
    taught.advance(days=2)
    assert queries.engine_in_force(taught.now()).model == "清单T-2"
    with pytest.raises(Invalid):
        switch(by=OFFICER, code=waiting.code, seen=0)


def test_training_and_switching_need_the_right() -> None:
    with pytest.raises(NotAllowed):
        train(by=HOTLINE)
    with pytest.raises(NotAllowed):
        roll_back(by=HOTLINE)


def test_the_error_rate_of_an_item_counts_confirmed_corrections_of_sure_suggestions(taught: VirtualClock) -> None:
    begin = taught.now()
    kept: list[Any] = [suggested(f"楼下广场舞噪声扰民第{number}天") for number in range(4)]
    assert {one.item for one in kept} == {"H01"}
    made = correct(by=TAKER, decided=kept[0].pk, right={"item": "P01"})
    confirm(by=OFFICER, correction=made.pk, seen=0)
    correct(by=TAKER, decided=kept[1].pk, right={"item": "P01"})  # nobody confirmed it
    rates = queries.error_rates(OFFICER, begin, taught.now() + timedelta(seconds=1))
    sure = sum(not one.unsure for one in kept)
    assert (rates["H01"].count, rates["H01"].total) == (int(not kept[0].unsure), sure)
    low, high = rates["H01"].interval
    assert 0 <= low <= rates["H01"].share <= high <= 1


def test_a_model_is_trained_switched_to_and_rolled_back_at_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    corrected("院里养鸽子，羽毛乱飞", side="110", item="P01")
    assert commands.main(["train"]) == 0
    told = capsys.readouterr().out
    assert "其中纠正1条" in told
    assert "待启用" in told
    assert commands.main(["train", "--switch"]) == 0
    assert "已启用" in capsys.readouterr().out
    assert commands.main(["roll-back"]) == 2
    assert "没有可以恢复" in capsys.readouterr().err
    assert commands.main(["versions"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("M")] == ["使用中", "待启用"]
    assert "条目" in lines[2]


def test_the_errors_by_item_are_told_at_a_terminal_with_their_interval(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["versions"]) == 0
    assert "尚无条目错误率" in capsys.readouterr().out
    made = suggested("楼下广场舞噪声扰民，装修噪声也扰民")
    made.unsure = False
    made.save()
    told = correct(by=TAKER, decided=made.pk, right={"item": "P01"})
    confirm(by=OFFICER, correction=told.pk, seen=told.version)
    assert commands.main(["versions"]) == 0
    assert "H01  100.0%（20.7%至100.0%）  1/1件" in capsys.readouterr().out
