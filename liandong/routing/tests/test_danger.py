"""The danger gate, leads and escalation: what they must see, and what only sounds like it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.routing.danger import RULES, danger, gate
from liandong.routing.escalation import escalated
from liandong.routing.learned_score import LearnedScore
from liandong.routing.stability import lead
from liandong.routing.verdicts import Note

PACK = Path(__file__).resolve().parents[3] / "cities" / "xinzhou"

DANGERS = [
    ("D01", "五楼阳台上晾的被子着了，火苗已经够到六楼空调了"),
    ("D03", "楼上那个人把煤气罐拧开了，说谁进来就点"),
    ("D04", "一开门厨房一股臭鸡蛋味，冲得人头晕，灶是关着的"),
    ("D15", "有个女的翻过桥栏杆站在外面，手抓着栏杆，一直往下看"),
    ("D15", "一个小女孩坐在六楼窗台外沿上，腿在外面晃，家里好像没大人"),
    ("D19", "楼上张大爷三天没下楼了，敲门没人应，门口能闻见臭味"),
    ("D24", "有个男的拿着菜刀在小区里转悠，嘴里骂骂咧咧"),
    ("D26", "我在一个出租屋里，手机身份证都被收走了，二十几个人看着，我是趁上厕所偷着打的"),
    ("D27", "您好，我要订一份披萨，送到幸福小区三号楼二单元，对，两个人，要快一点"),
]
TRAPS = [
    "商场广告写跳楼价，买回来发现比网上还贵，要求退差价",
    "健身房老板跑路了，卡里还有两千多，想问怎么退",
    "这家奶茶店太火爆了，排队把人行道都占了",
    "物业乱收费，把我肺都气炸了，希望查一查",
    "两辆车蹭了一下，没人受伤，就是堵路了，想问找谁定责",
    "去年我家着过火，房子烧了半间，村里说给补助一直没给",
    "昨天社区搞消防演练，烟雾弹熏得窗户都是灰，谁来清理",
    "剧组在桥上拍跳河的戏，封了一半路，堵车严重",
    "消防路和长征街口的路灯不亮了",
    "请问家里失火造成的损失政府有没有救助政策",
    "上次我家着火消防队四十分钟才到，要求追责",
    "楼下垃圾桶着火已经被保安扑灭了，就是想让物业换个新桶",
    "",
    "the garbage near my school is not collected",
]


@pytest.mark.parametrize(("rule", "text"), DANGERS)
def test_a_danger_is_seen_and_names_its_rule(rule: str, text: str) -> None:
    verdict = danger(Note(text))
    assert verdict.holds
    assert rule in {reason.rule for reason in verdict.reasons}
    assert all(reason.clause == "S3.4" and reason.words for reason in verdict.reasons)


@pytest.mark.parametrize("text", TRAPS)
def test_what_only_sounds_like_a_danger_is_none(text: str) -> None:
    assert not danger(Note(text)).holds


def test_more_callers_make_it_surer() -> None:
    text = "对面楼着火了"
    assert danger(Note(text, callers=3)).score > danger(Note(text)).score


def test_full_width_and_traditional_forms_read_the_same() -> None:
    plain = danger(Note("楼上煤气泄漏,味道很重,6号楼"))
    assert plain.holds
    assert danger(Note("樓上煤氣洩漏，味道很重，６號樓")).score == plain.score


def test_the_learned_score_only_adds() -> None:
    asked = gate(LearnedScore.load((PACK / "danger_weights.json").read_bytes()))
    found = asked(Note("浴池里一个大爷沉在水底，都以为他在泡"))
    assert found.holds
    assert found.reasons[0].rule == "D99"
    assert all(asked(Note(text)).holds for _, text in DANGERS)
    never = gate(lambda text: 0.0)
    assert all(never(Note(text)).holds for _, text in DANGERS)


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    verdict = danger(Note(text))
    assert 0 <= verdict.score <= 1
    assert 0 <= lead(Note(text)).score <= 1


def test_each_rule_can_be_looked_up() -> None:
    assert len({rule.number for rule in RULES}) == len(RULES)
    assert all(rule.clause == "S3.4" and rule.ways for rule in RULES)


def test_a_threat_is_a_lead() -> None:
    verdict = lead(Note("拆迁户说再来拆就和他们同归于尽，语气平静，说过好几遍，听着不像气话。"))
    assert verdict.holds
    assert {reason.rule for reason in verdict.reasons} == {"L02"}
    assert not lead(Note("想咨询公租房申请条件")).holds


def test_a_unit_that_meets_a_knife_has_met_an_escalation() -> None:
    assert escalated("现场协调时当事人情绪激动，手持菜刀，扬言要同归于尽").holds
    assert not escalated("已联系双方，达成和解，诉求人表示满意").holds
