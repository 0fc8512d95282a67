"""The learner and what it learns: features, exactness, honest confidence."""

from __future__ import annotations

import numpy as np
import pytest

from liandong.routing.calibration import Rate, at_coverage, expected_error, reliability, score, sharpness
from liandong.routing.classifier import Classifier, ModelUnreadable
from liandong.routing.corpus import counted
from liandong.routing.grams import HEAD, TAIL, grams, spelled
from liandong.routing.learning import Recipe, learn
from liandong.routing.matrix import DENSE, Floats, Rows
from liandong.routing.ridge import FEW, solve
from liandong.routing.trials import folds

WATER = ["小区停水两天了", "自来水停了没人修", "水管爆了全楼停水", "停水通知没看见", "家里没有水"]
LIGHT = ["路灯坏了一排", "村口路灯不亮", "巷子里的灯黑着", "路灯白天亮晚上黑", "装一盏路灯"]
FIXED = Recipe(sharpness={"label": 5.0})


def taught(recipe: Recipe = FIXED) -> Classifier:
    answers = ["water"] * len(WATER) + ["light"] * len(LIGHT)
    return learn(WATER + LIGHT, {"label": answers}, recipe, version="测试")


def made_up(count: int, width: int, each: int) -> tuple[Rows, Floats]:
    """A sparse matrix whose columns are as unevenly used as words are, and the same as a dense one."""
    draw = np.random.default_rng(7)
    share = 1 / np.arange(1, width + 1)
    ids = [np.unique(draw.choice(width, size=each, p=share / share.sum())) for _ in range(count)]
    bounds = np.concatenate([[0], np.cumsum([len(one) for one in ids])])
    rows = Rows(bounds, np.concatenate(ids).astype(np.int32), draw.random(bounds[-1], dtype=np.float32), width)
    dense = np.zeros((count, width), dtype=np.float32)
    dense[rows.owners(), rows.ids] = rows.values
    return rows, dense


def test_a_run_holds_its_characters_and_none_reaches_over_a_pause() -> None:
    runs = {spelled(int(key)) for key in grams("停水，修", 2)}
    assert runs == {"停", "水", "修", "停水"}


@pytest.mark.parametrize(("one", "other"), [("ＡＢ１２", "ab34"), ("５号楼", "3号楼"), ("KTV吵", "ktv吵")])
def test_width_case_and_which_digit_make_no_difference(one: str, other: str) -> None:
    assert grams(one, 3).tolist() == grams(other, 3).tolist()


@pytest.mark.parametrize("text", ["停 水", "停\u3000水"])
def test_a_blank_between_ideographs_is_nothing_and_anywhere_else_a_pause(text: str) -> None:
    assert grams(text, 2).tolist() == grams("停水", 2).tolist()
    assert {spelled(int(key)) for key in grams("a 停  水 b", 2)} == {"a", "停", "水", "b"}


@pytest.mark.parametrize("text", ["", "，。！", "\n\t", "\ud800", "\0\0"])
def test_a_text_without_words_has_no_runs(text: str) -> None:
    assert grams(text, 2).size == 0


def test_of_a_very_long_text_head_and_tail_are_read() -> None:
    text = "头" * 2 + "中" * (HEAD + TAIL) + "尾" * 2
    runs = {spelled(int(key)) for key in grams(text, 2)}
    assert {"头头", "尾尾"} <= runs
    assert grams(text, 2).size <= 2 * (HEAD + TAIL)


def test_counts_are_of_each_text_and_rare_runs_can_be_left_out() -> None:
    keys, rows = counted(["停水停水", "停电", ""], 2, least=2)
    assert [spelled(int(key)) for key in keys] == ["停"]
    assert rows.values.tolist() == [2.0, 1.0]
    assert rows.bounds.tolist() == [0, 1, 2, 2]


def test_products_of_the_sparse_matrix_are_those_of_the_dense_one() -> None:
    rows, dense = made_up(200, 1500, 60)
    factor = np.random.default_rng(1).random((3, 1500), dtype=np.float32)
    lengths = np.bincount(rows.ids, minlength=1500)
    assert lengths.min() < DENSE <= lengths.max()
    assert np.allclose(rows.times(factor), factor @ dense.T, atol=1e-4)
    assert np.allclose(rows.alike(), dense @ dense.T, atol=1e-4)
    assert np.allclose(rows.turned().times(factor[:, :200]), factor[:, :200] @ dense, atol=1e-4)


def test_an_empty_row_stays_empty() -> None:
    rows = Rows(np.array([0, 0, 2, 2]), np.array([0, 1], np.int32), np.array([3.0, 4.0], np.float32), 2)
    assert rows.times(np.ones((1, 2), np.float32)).tolist() == [[0.0, 7.0, 0.0]]
    assert np.allclose(rows.scaled(np.ones(2, np.float32)).values, [0.6, 0.8])


def test_both_ways_to_solve_find_what_the_equations_say() -> None:
    rows, dense = made_up(FEW + 60, 800, 40)
    few, first = rows.some(np.arange(300)), dense[:300]
    draw = np.random.default_rng(2)
    penalty = draw.uniform(5, 9, FEW + 60).astype(np.float32)
    targets = np.where(draw.random((2, FEW + 60)) < 0.3, 1, -1).astype(np.float32)
    for known, whole in ((few, first), (rows, dense)):
        size = len(whole)
        found = solve(known, targets[:, :size], penalty[:size])
        system = np.block([[whole @ whole.T + np.diag(penalty[:size]), np.ones((size, 1))], [np.ones((1, size)), 0]])
        exact = np.linalg.solve(system.astype(np.float64), np.append(targets[:, :size].T, np.zeros((1, 2)), axis=0))
        assert np.allclose(found.bias, exact[-1], atol=2e-3)
        assert np.allclose(found.duals @ whole, exact[:-1].T @ whole, atol=5e-3)


def test_what_a_text_would_have_scored_had_it_not_been_learnt_from_is_exact() -> None:
    rows, _ = made_up(40, 300, 30)
    targets = np.where(np.arange(40) % 3 == 0, 1, -1).astype(np.float32)[None]
    penalty = np.full(40, 0.5, dtype=np.float32)
    told = solve(rows, targets, penalty, leave_out=True).left_out
    assert told is not None
    for one in (0, 17, 39):
        rest = np.delete(np.arange(40), one)
        found = solve(rows.some(rest), targets[:, rest], penalty[rest])
        weights = rows.some(rest).turned().times(found.duals)
        assert np.allclose(rows.some(np.array([one])).times(weights)[0] + found.bias, told[0, one], atol=1e-3)


def test_it_answers_what_it_was_taught_and_says_by_which_words() -> None:
    model = taught()
    seen = model.read("我们楼停水了，请来修")
    answers = model.answers(seen, "label")
    assert model.named["label"].labels[int(answers.argmax())] == "water"
    assert answers.sum() == pytest.approx(1)
    assert "停水" in "".join(model.words(seen, "label", "water"))


def test_a_model_is_the_same_after_it_was_kept_as_bytes() -> None:
    model = taught()
    again = Classifier.load(model.dump())
    text = "路灯不亮"
    assert (again.version, again.heads) == (model.version, model.heads)
    assert np.allclose(again.read(text).scores, model.read(text).scores, atol=2e-3)


@pytest.mark.parametrize("raw", [b"", b"no model", b"PK\x03\x04rest"])
def test_bytes_that_are_no_model_are_refused_by_name(raw: bytes) -> None:
    with pytest.raises(ModelUnreadable):
        Classifier.load(raw)


def test_what_nobody_taught_is_known_to_be_unknown() -> None:
    model = taught()
    known = model.read("小区停水两天了").known
    assert known > 0.9
    assert model.read("hello, my car is gone").known < 0.1
    assert model.read("忻州古城游客如织").known < 0.5 * known
    assert model.read("").known == model.read("😀😀").known == 0.0


def test_several_heads_may_know_different_texts() -> None:
    heads = {"label": ["water"] * 5 + ["light"] * 5, "kind": ["", "", "a", "b", "", "a", "b", "", "", ""]}
    model = learn(WATER + LIGHT, heads, Recipe(sharpness={"label": 5.0}))
    assert [head.labels for head in model.heads] == [("light", "water"), ("a", "b")]
    assert model.read("停水").scores.shape == (4,)


@pytest.mark.parametrize("texts", [[], ["，"]])
def test_without_a_word_there_is_nothing_to_learn(texts: list[str]) -> None:
    with pytest.raises(ValueError, match="no text"):
        learn(texts, {"label": ["a"] * len(texts)}, FIXED)


def test_sharpness_makes_a_timid_and_a_boastful_model_equally_believable() -> None:
    draw = np.random.default_rng(3)
    truth = draw.integers(0, 3, 4000)
    honest = draw.normal(size=(4000, 3)).astype(np.float32) + 1.5 * np.eye(3, dtype=np.float32)[truth]
    factors = [sharpness(honest * np.float32(scale), truth) * scale for scale in (0.1, 1.0)]
    assert factors[0] == pytest.approx(factors[1], rel=0.35)


def test_reliability_and_coverage_say_how_far_a_confidence_can_be_believed() -> None:
    sure = np.array([0.95, 0.95, 0.55, 0.55], dtype=np.float32)
    right = np.array([True, True, True, False])
    table = reliability(sure, right)
    assert [(one.count, one.right) for one in table] == [(2, 0.5), (2, 1.0)]
    assert expected_error(table) == pytest.approx(0.05)
    assert at_coverage(sure, right, 0.5) == 1.0


def test_a_rate_comes_with_the_interval_of_wilson() -> None:
    low, high = Rate(8, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert Rate(0, 0).interval == (0.0, 1.0)


def test_macro_f1_counts_a_label_that_was_only_guessed() -> None:
    found = score(["a", "a", "b"], ["a", "c", "b"])
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.macro_f1 == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_near_duplicates_stay_in_one_fold() -> None:
    groups = ["a", "b", "a", "c", "d", "a", "e", "f"]
    fold = folds(groups, 2)
    assert len({fold[at] for at in (0, 2, 5)}) == 1
    assert sorted(np.bincount(fold).tolist()) == [4, 4]
