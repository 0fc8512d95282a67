"""Rules and the learned scores together: who may add, who may hold back, and that nothing is held back in silence."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from liandong.routing.commands import pack, scores
from liandong.routing.danger import danger
from liandong.routing.decision import Decision, Engine, decide
from liandong.routing.engine import WEIGHTS, from_pack
from liandong.routing.learned_score import LearnedScore
from liandong.routing.mixing import Hearing
from liandong.routing.rulebook import read
from liandong.routing.score_training import TAUGHT, Taught, named, train
from liandong.routing.traits import parts
from liandong.routing.verdicts import HELD, Note

CITY = Path(__file__).resolve().parents[3] / "cities" / "xinzhou"
DAY = "2026-11-26"
FIRE = "对面楼着火了"


class Says:
    """A score that always says the same and can say why."""

    def __init__(self, score: float) -> None:
        self.score = score

    def __call__(self, text: str) -> float:
        return self.score

    def words(self, text: str, most: int = 4, *, against: bool = False) -> tuple[str, ...]:
        return ("对面",) if against else ("着火",)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return from_pack(pack("xinzhou"), DAY, None, *scores("xinzhou"))


def about(text: str, engine: Engine) -> Decision:
    return decide(Note(text), engine)


def test_a_rule_that_is_held_back_stays_with_what_spoke_against_it() -> None:
    found = danger(Note(FIRE), Says(0.01))
    assert not found.holds
    assert found.score < 0.5
    first = found.reasons[0]
    assert (first.kind, first.rule, first.clause) == (HELD, "D01", "S3.4")
    assert "未按险情处理" in first.text
    assert "“对面”" in first.text
    assert "0.01" in first.text


def test_a_decision_shows_what_was_held_back(engine: Engine) -> None:
    held = from_pack(pack("xinzhou"), DAY, None, Says(0.01))
    told = about(FIRE, held)
    assert not told.danger
    assert told.reasons[0].kind == HELD
    assert "未按险情处理" in told.reason


def test_only_a_score_that_can_say_why_may_hold_back_and_none_against_several_callers() -> None:
    assert danger(Note(FIRE), lambda text: 0.01).holds
    assert danger(Note(FIRE, callers=2), Says(0.01)).holds


def test_beside_a_rule_the_score_has_to_be_less_sure_than_alone_and_in_an_account_more() -> None:
    bars = Hearing(alone=0.6, ruled=0.2, account=0.9, long=3)
    assert danger(Note(FIRE), Says(0.3), bars).holds
    assert not danger(Note("路灯坏了"), Says(0.3), bars).holds
    assert danger(Note("路灯坏了"), Says(0.6), bars).reasons[0].rule == "D99"
    account = "路灯坏了，多次反映没有人来修，" * 12
    assert len(parts(read(account))) > 3
    assert not danger(Note(account), Says(0.8), bars).holds
    assert danger(Note(account), Says(0.9), bars).holds
    assert [bars.asked(n, ruled=False) for n in (1, 2, 3, 9)] == pytest.approx([0.6, 0.75, 0.9, 0.9])
    assert [bars.asked(n, ruled=True) for n in (1, 2, 3, 9)] == pytest.approx([0.2, 0.4, 0.6, 0.6])


def test_the_bars_are_dated_rows_of_the_city() -> None:
    files = pack("xinzhou")
    names = {row["name"] for row in files["parameters"]}
    for what in TAUGHT:
        assert {f"routing_{what}_alone", f"routing_{what}_ruled", f"routing_{what}_account"} <= names
    rows = [
        row if row["name"] != "routing_danger_alone" else {**row, "effective_to": DAY} for row in files["parameters"]
    ]
    rows.append({**rows[-1], "name": "routing_danger_alone", "value": "0.99", "effective_from": DAY})
    strict = from_pack({**files, "parameters": rows}, DAY, None, Says(0.9))
    assert not about("路灯坏了", strict).danger
    assert about("路灯坏了", from_pack(files, DAY, None, Says(0.9))).danger


@pytest.mark.parametrize(
    "text",
    [
        "商场贴着跳楼价的牌子，买回来质量很差，想退货",
        "健身房老板跑路了，会员卡里的钱怎么退",
        "两车剐蹭，没人受伤，想问保险怎么定损",
        "去年我家着过火，现在想申请危房改造补助",
    ],
)
def test_what_only_sounds_like_a_danger_is_none_with_the_score_either(text: str, engine: Engine) -> None:
    assert not about(text, engine).danger


@pytest.mark.parametrize(
    "text",
    [
        "俺大掉井里咧，快些来人，还在水里扑腾哩",
        "煤汽漏了，味到好大，我头好昏，快叫消放",
        "我家楼下着火了，６楼，烟很大",
        "我家楼下着火了🔥🔥快来🆘",
        "门缝底下往外淌红的，昨天夜里听见吵得厉害，叫门不开",
    ],
)
def test_a_danger_is_heard_in_dialect_misspelt_in_full_width_and_between_pictures(text: str, engine: Engine) -> None:
    told = about(text, engine)
    assert told.danger
    assert told.side == "110"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "，。！？",
        "😀😀😀",
        "0000000000",
        "the street lamp near my school is broken",
        "Фонарь не горит",
        "の" * 50,
    ],
)
def test_of_what_nobody_taught_nothing_is_said_and_a_person_decides(text: str, engine: Engine) -> None:
    told = about(text, engine)
    assert not told.danger
    assert not told.lead
    assert told.unsure
    assert told.confidence < 0.5


def test_ten_thousand_characters_are_one_note(engine: Engine) -> None:
    calm = "我们小区的路灯坏了，希望尽快来修。" * 600
    assert len(calm) > 10_000
    assert not about(calm, engine).danger
    assert 0 < about(calm, engine).confidence <= 1


def test_leads_and_escalations_are_heard_without_the_words_of_a_rule(engine: Engine) -> None:
    lead = about("业主群里接龙，周六都到售楼部门口站着，不给说法不走，已经有八十多人报了名", engine)
    assert lead.lead
    assert not about("我们几十户业主联名申请更换物业，材料交给街道了，想问多久答复", engine).lead
    assert engine.escalated("检查时店主把卷帘门拉下，两名队员被关在店内，手机被夺走").holds
    assert not engine.escalated("已联系诉求人，路灯更换完毕，恢复照明，诉求人满意").holds


def test_the_weights_of_the_pack_were_learnt_from_its_notes() -> None:
    for (what, (_, file)), kept in zip(TAUGHT.items(), scores("xinzhou"), strict=True):
        with (CITY / f"{what}_notes.csv").open(encoding="utf-8", newline="") as opened:
            rows = list(csv.DictReader(opened))
        assert kept is not None
        assert kept.version == named(rows, what), f"{file}: run liandong routing learn-scores"
    assert tuple(file for _, file in TAUGHT.values()) == WEIGHTS


def test_the_same_notes_teach_the_same_weights_and_what_is_kept_says_the_same() -> None:
    notes = [Taught("楼上着火了快来人", True), Taught("家里着火了有烟", True), Taught("路灯坏了没人修", False)]
    notes += [Taught("请问路灯归谁修", False), Taught("着火了，老人还在屋里", True), Taught("物业没人修路灯", False)]
    made = train(notes)
    assert made.dump() == train(notes).dump()
    kept = LearnedScore.load(made.dump())
    assert kept("我家着火了") == pytest.approx(made("我家着火了"), abs=0.01)
    assert kept("我家着火了") > 0.5 > kept("路灯没人修")
    assert any("着火" in run for run in kept.words("我家着火了"))
    assert any("路灯" in run for run in kept.words("路灯没人修", against=True))
    with pytest.raises(ValueError, match="both kinds"):
        train(notes[:2])
    with pytest.raises(ValueError, match="not a table"):
        LearnedScore.load(b"[]")
