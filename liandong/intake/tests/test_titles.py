"""A title is the first sentence of the note, in the length of a line."""

import pytest

from liandong.intake.titles import COMFORTABLE, title_of


@pytest.mark.parametrize(
    ("note", "title"),
    [
        ("", ""),
        ("  \n ", ""),
        ("楼下棋牌室整夜打牌。邻居劝过无效。", "楼下棋牌室整夜打牌"),
        ("来电人反映，和平小区路灯不亮，已经三天", "和平小区路灯不亮，已经三天"),
        ("市民来电称：井盖缺失！很危险", "井盖缺失"),
        ("第一行没有句号\n第二行", "第一行没有句号"),
        ("。。。\n真正的话", "真正的话"),
        ("来电人反映", "来电人反映"),
        ("𠮷祥里🏮掉落。", "𠮷祥里🏮掉落"),
    ],
)
def test_the_title_is_what_happened(note: str, title: str) -> None:
    assert title_of(note) == title


def test_a_long_sentence_is_cut_at_a_pause() -> None:
    note = "小区东门外的早市占道经营，摊贩每天凌晨四点开始叫卖，居民无法休息，多次找社区没有结果，希望尽快清理"
    assert title_of(note) == "小区东门外的早市占道经营，摊贩每天凌晨四点开始叫卖，居民无法休息"


def test_a_long_sentence_without_pause_is_cut_and_says_so() -> None:
    assert title_of("长" * 200) == "长" * (COMFORTABLE - 1) + "…"
