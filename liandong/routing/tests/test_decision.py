"""What is decided and why: gates before the list, the list before nothing, and a person where nothing is sure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liandong.routing import commands
from liandong.routing.coldstart import NEITHER
from liandong.routing.decision import (
    BY_PERSON,
    DANGER,
    LEAD,
    Decision,
    Engine,
    Gate,
    Learned,
    decide,
    no_danger,
    no_lead,
)
from liandong.routing.engine import bars, from_pack
from liandong.routing.errors import NoListInForce
from liandong.routing.verdicts import Note, Reason, Verdict

DAY = "2026-11-26"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return from_pack(commands.pack("xinzhou"), DAY)


def plain(engine: Engine) -> Engine:
    """Without the gates, as if no rule held."""
    return replace(engine, danger=no_danger, lead=no_lead)


def alarming(verdict: Verdict) -> Gate:
    """A gate that always says the same."""

    def gate(note: Note, learned: Learned | None = None) -> Verdict:
        return verdict

    return gate


def about(text: str, engine: Engine, nature: str = "", division: str = "") -> Decision:
    return decide(Note(text, nature=nature, division=division), engine)


@pytest.mark.parametrize(
    ("text", "side", "item"),
    [
        ("我们小区停水三天了，打供水电话说在抢修。", "12345", "B0401"),
        ("车被一辆白色轿车堵在楼下，联系不上车主，想挪车。", "12345", "B0101"),
        ("判决下来一年了对方不还钱，法院执行局说再等等。", NEITHER, "enforcement"),
        ("电动车昨晚停在楼下被偷了，监控拍到一个戴帽子的。", "110", "A0102"),
    ],
)
def test_a_clear_note_finds_its_side_and_item(text: str, side: str, item: str, engine: Engine) -> None:
    found = about(text, engine)
    assert (found.side, found.item, found.unsure) == (side, item, False)
    assert engine.topics[item].text in found.reason
    assert (item in found.reason) == (side != NEITHER)  # the code of a guide path tells a clerk nothing
    assert found.confidence > 0.7


def test_danger_goes_to_110_and_says_so_first(engine: Engine) -> None:
    why = Reason("danger", "D01", "有人正在受到伤害", ("刀",), "S3.4")
    gated = replace(engine, danger=alarming(Verdict(True, 0.97, (why,))))
    found = about("我们小区停水三天了", gated)
    assert (found.side, found.danger, found.unsure) == ("110", True, False)
    assert found.confidence == pytest.approx(0.97)
    assert found.reasons[0] == why
    assert engine.topics[found.item].kind == DANGER


def test_a_stability_lead_goes_to_110_and_is_of_an_item_for_leads(engine: Engine) -> None:
    why = Reason("stability", "L01", "有人串联聚集", clause="S3.6")
    gated = replace(plain(engine), lead=lambda note: Verdict(True, 0.8, (why,)))
    found = about("工资没发，约好明天去堵政府大门", gated)
    assert (found.side, found.lead, found.danger) == ("110", True, False)
    assert found.reasons[0] == why
    assert engine.topics[found.item].kind == LEAD


def test_danger_comes_before_a_lead(engine: Engine) -> None:
    both = Verdict(True, 0.9, (Reason("x", "1", "理由"),))
    gated = replace(engine, danger=alarming(both), lead=lambda note: both)
    found = about("有人要跳楼讨薪，下面围了几十个人", gated)
    assert engine.topics[found.item].kind == DANGER


def test_the_gate_is_told_what_the_list_makes_of_the_note(engine: Engine) -> None:
    heard: list[float] = []

    def gate(note: Note, learned: Learned | None = None) -> Verdict:
        assert learned is not None
        heard.append(learned(note.text))
        return Verdict(False, 0.0)

    gated = replace(engine, danger=gate)
    about("有人站在楼顶边上要跳下去", gated)
    about("问身份证到期怎么换", gated)
    assert heard[0] > 0.5 > heard[1]


@pytest.mark.parametrize("text", ["", " ", "😀😀😀", "1234567", "Hello, my car was stolen last night", "\0"])
def test_where_there_is_no_word_to_go_by_nothing_is_named_and_a_person_decides(text: str, engine: Engine) -> None:
    found = about(text, plain(engine))
    assert found.unsure
    assert (found.item, found.unit, found.nature) == ("", "", "")
    assert found.confidence < 0.5
    assert found.reason.startswith(BY_PERSON)


@pytest.mark.parametrize("text", ["漏水", "停水", "咨询"])
def test_one_word_says_what_it_may_be_and_not_what_it_is(text: str, engine: Engine) -> None:
    found = about(text, plain(engine))
    assert found.unsure
    assert found.item


@pytest.mark.parametrize(
    "text",
    [
        "停水" * 5000,
        "ＡＢＣ１２３　停水了　请来人",
        "停水了🚰💧没人管😡",
        "俺家寻不见那头牛咧，甚时候能给查查",
        "跳楼价大甩卖，喇叭从早喊到晚",
        "\ud83d停水",
        'He said: "停水"，\n然后挂了',
        "ā" * 10_000,
    ],
)
def test_any_text_is_decided_with_a_confidence_between_none_and_full(text: str, engine: Engine) -> None:
    found = about(text, engine)
    assert 0.0 <= found.confidence <= 1.0
    assert found.side in ("12345", "110", NEITHER)
    assert found.reason


def test_width_and_emoji_do_not_change_the_side(engine: Engine) -> None:
    note = "小区电梯停运两天了，物业说等配件"
    wide = note.replace("，", "，　") + "😡😡"
    assert about(note, engine).item == about(wide, engine).item


def test_below_the_bar_a_person_decides_and_the_best_guess_is_shown(engine: Engine) -> None:
    strict = replace(plain(engine), bars=replace(engine.bars, side=1.01))
    found = about("我们小区停水三天了，打供水电话说在抢修。", strict)
    assert found.unsure
    assert (found.side, found.item) == ("12345", "B0401")
    assert found.reason.startswith(BY_PERSON)


def test_what_the_call_taker_chose_is_not_guessed_again(engine: Engine) -> None:
    found = about("路灯坏了一个月，投诉没人修", engine, nature="advice", division="140981")
    assert (found.nature, found.county) == ("advice", "140981")


@pytest.mark.parametrize(
    ("text", "nature"),
    [
        ("特别感谢派出所，想送一面锦旗表扬", "praise"),
        ("建议在小学门口加装红绿灯", "advice"),
        ("举报隔壁作坊往河里排污水", "report"),
        ("想问一下办居住证需要什么材料", "consult"),
    ],
)
def test_a_note_that_names_its_nature_is_taken_at_its_word(text: str, nature: str, engine: Engine) -> None:
    assert about(text, engine).nature == nature


def test_the_place_and_the_unit_come_with_their_reasons(engine: Engine) -> None:
    found = about("原平市区南大街的路灯坏了一个月", engine)
    assert found.county == "140981"
    assert 1 <= len(found.units) <= 3
    assert found.unit == found.units[0].code
    assert {"place", "unit", "list"} <= {one.kind for one in found.reasons}


def test_nobody_is_assigned_what_belongs_to_neither_side(engine: Engine) -> None:
    assert about("判决下来一年了对方不还钱，法院执行局说再等等。", engine).units == ()


def test_the_list_of_the_day_decides() -> None:
    with pytest.raises(NoListInForce):
        from_pack(commands.pack("xinzhou"), "2020-01-01")


def test_bars_are_rows_of_the_day() -> None:
    row = {"name": "routing_side_sure", "value": "0.9", "effective_from": "2026-01-01", "effective_to": "2026-06-01"}
    assert bars([row], "2026-05-31").side == 0.9
    assert bars([row], "2026-06-01").side == bars([], "2026-06-01").side
