"""Two notes of one event: what speaks for it, what against it, and how it is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.routing.duplicates import WEIGHTS, alike
from liandong.routing.evidence import evidence, told

COUNTIES = ("代县", "保德", "原平")


def rules(one: str, other: str) -> list[str]:
    return [reason.rule for reason in alike(one, other, COUNTIES).reasons]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("和平小区3号楼停水了，从早上到现在都没有水", "来电人住和平小区3号楼，说家里断水一天了，问啥时候来水"),
        ("云中花园门口路灯全灭了，晚上黑咕隆咚", "云中花园正门那一排路灯不亮，老人摔了一跤"),
        ("长征西街与七一路口红绿灯坏了", "七一路口的信号灯不亮了，车都堵成一团"),
        ("有人跳河了在云中河大桥", "云中河桥上有个女的要往下跳"),
        ("被骗了三万块，刷单", "刷单被骗转走3万"),
        ("锦绣嘉园二期8号楼3单元，电梯坏了七天", "锦园二期8-3电梯七天了还不修"),
        ("我姓郝，前天反映水表空转", "我是老郝，水表还在空转，没人来换，前天打过电话的"),
    ],
)
def test_one_event_in_other_words_is_one(one: str, other: str) -> None:
    assert alike(one, other, COUNTIES).holds


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("和平小区3号楼停水", "和平小区8号楼停水", "other_number"),
        ("和平小区停水", "光明小区停水", "other_place"),
        ("御龙湾小区保安不让外卖进", "御龙山小区保安不让外卖进", "other_place"),
        ("北城壹号地库水泵坏了", "北辰一号地库水泵坏了", "like_name"),
        ("代县东关换热站停了泵", "保德东关换热站停了泵", "other_county"),
        ("华北商厦东门的旋转门卡住了", "华北商厦西门的旋转门卡住了", "other_side"),
        ("商住楼二层网吧有未成年人上网", "商住楼四层网吧有未成年人上网", "other_floor"),
        ("七一路井盖丢了", "七一路有人违停", "other_matter"),
        ("富春园停电，六月二号当晚修好", "九月十一号富春园又没电了，这次是箱变烧了", "anew"),
        ("早市上老汉让三轮撞倒了", "早市上大妈叫三轮挂了，不是老汉那起", "apart"),
        ("奶奶的手机在公交上丢了", "婆婆的手机在公交上丢了，壳是红的", "other_kin"),
        ("楼下停着红摩托，老跟着我", "楼下停着白轿车，老跟着我", "other_colour"),
        ("去年冬天水管冻裂过，修好了", "今天水管又冻裂，热水喷到马路上", "other_moment"),
        ("县医院门诊空调滴水", "县医院急诊空调滴水", "other_part"),
    ],
)
def test_a_detail_that_differs_speaks_against_and_is_named(one: str, other: str, rule: str) -> None:
    assert rule in rules(one, other)
    assert alike(one, other, COUNTIES).score < alike(one, one, COUNTIES).score


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("和平小区3号楼停水", "和平小区8号楼停水"),
        ("和平小区停水", "光明小区停水"),
        ("七一路井盖丢了", "七一路有人违停"),
        ("上周和平街着过火，消防通道一直堵", "和平街着火了快来"),
        ("邻居家狗半夜叫", "楼上装修吵"),
        ("出租车拒载", "公交车不停站"),
    ],
)
def test_another_place_house_trouble_or_day_is_another_event(one: str, other: str) -> None:
    assert not alike(one, other).holds


def test_the_reasons_are_sentences_a_clerk_can_read_and_what_decided_stands_first() -> None:
    verdict = alike("和平小区3号楼停水", "和平小区8号楼停水")
    assert [reason.text for reason in verdict.reasons][:2] == ["楼不同：3、8", "都提到“和平小区”"]
    assert {reason.kind for reason in verdict.reasons} == {"duplicate"}
    assert alike("长征西街两车追尾", "长征西街附近两辆车撞了").reasons[0].text == "都说到车祸、车"


def test_where_only_the_sum_decides_a_sentence_says_so() -> None:
    assert alike("帮我看看这件事", "请问你们几点上班").reasons[0].text == "共同之处太少，不像同一件事"


def test_a_note_copied_with_a_beginning_is_the_same_and_with_another_house_is_not() -> None:
    note = "锦华家园5号楼2单元的下水道堵了三天，污水从地漏往外冒"
    assert alike(note, f"来电人反映：{note}").holds
    assert alike(note, note).score > 0.9
    assert not alike(note, note.replace("5号", "7号")).holds


def test_every_piece_of_evidence_has_its_weight() -> None:
    one = "去年代县御龙湾3号楼二层门诊我儿子丢了红壳手机，老汉那起修好了，刚报过"
    other = "今天保德御龙山8号楼四层急诊我侄子丢了黑壳手机，不是老汉那起，又丢了，光明小区东门"
    found = {piece.name for piece in evidence(told(one, COUNTIES), told(other, COUNTIES))}
    assert {"like_name", "other_county", "other_number", "other_floor", "other_kin", "other_colour"} <= found
    assert found <= WEIGHTS.keys()


@given(st.text(max_size=120), st.text(max_size=120))
def test_the_order_of_the_two_makes_no_difference(one: str, other: str) -> None:
    there, back = alike(one, other, COUNTIES), alike(other, one, COUNTIES)
    assert there.score == back.score
    assert [reason.rule for reason in there.reasons] == [reason.rule for reason in back.reasons]


TALK = "停水路灯和平云中三号楼昨晚孩子哭门口车坏东西去年又修好了小区8-3A座代县，。村镇里第二十"


@given(st.text(max_size=80, alphabet=TALK), st.text(max_size=80, alphabet=TALK))
def test_nor_does_it_in_what_people_say(one: str, other: str) -> None:
    there, back = alike(one, other, COUNTIES), alike(other, one, COUNTIES)
    assert there.score == back.score
    assert 0 <= there.score <= 1
    assert there.holds == (there.score >= 0.5) or there.score == 0.5


@pytest.mark.parametrize("text", ["", "  \n", "\u3000"])
def test_nothing_is_like_nothing(text: str) -> None:
    assert alike(text, "停水").score == 0.0
    assert not alike(text, text).holds


@pytest.mark.parametrize("text", ["停水" * 5000, "😀🔥😀", "fire at gate 3", "１２３ＡＢＣ", "𠮷野家门口", "İ" * 50])
def test_no_text_is_too_strange(text: str) -> None:
    assert 0 <= alike(text, "和平小区停水").score <= 1
