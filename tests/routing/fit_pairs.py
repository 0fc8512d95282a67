"""Fit the weights of `liandong.routing.duplicates` anew: `python -m tests.routing.fit_pairs` prints the table.

Fitted on the development pairs (pairs_dev.csv and the rows of pairs.csv in odd places; the rows in even places are
only
ever measured) and on what is made of them: notes of two different pairs (no pair), copies of a note with a
beginning or
without its end (a pair), copies with another name or number (none), and short notes of a place and a trouble each.
Logistic regression with a quadratic penalty, by Newton's method, in plain Python: a minute.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator, Sequence
from math import exp
from pathlib import Path

from liandong.routing.duplicates import WEIGHTS
from liandong.routing.evidence import evidence, told
from liandong.routing.gazetteer import spots

SETS = Path(__file__).parent / "sets"
_COUNTIES = "忻府 定襄 五台 代县 繁峙 宁武 静乐 神池 五寨 岢岚 河曲 保德 偏关 原平"
COUNTIES = tuple(_COUNTIES.split())
PENALTY = 2.0
STEPS = 25
Pair = tuple[str, str, int]
BEGINNINGS = ("来电人反映", "市民来电，", "群众再次反映：", "")
_NAMES = "恒通 锦华 东岳 富民 清泉 北辛 长丰 昌盛 望江 云岭"
NAMES = _NAMES.split()
_PLACES = """
和平小区3号楼 云中花园二期 七一路 董村镇东街 锦华家园5号楼2单元 长征西街农行门口 豆罗镇政府旁边 阳坡村 利民街
开莱国际B座 师院北门 体育场
滨河公园 原平京原路 慕山花苑 实验小学门口 古城南门 东关市场 卢家窑村口 御景园11号楼
"""
PLACES = _PLACES.split()
# The same trouble in several ways of saying it.
_TROUBLES = """
停水了/没水一天了/自来水停了，啥时候来 停电了/没电了/黑灯瞎火，跳闸了 暖气不热/家里冷得不行，暖气冰凉
电梯坏了/电梯停运好几天/电梯困人了
路灯不亮/路灯全灭了/晚上没灯，黑咕隆咚 井盖丢了/井盖没了，差点掉下去 垃圾没人清/垃圾堆成山，臭味大/垃圾三天没拉
有人打架/两伙人打起来了/有人动手打人 违停堵路/车乱停，过不去/有车占道，出不来 下水道堵了/污水往外冒/下水返上来了
水管爆了/自来水管裂了，跑水 施工噪音扰民/半夜工地还在打桩，吵得睡不着 烧烤油烟大/烧烤摊的烟呛人 着火了/起火了，冒黑烟
有人偷电动车/电瓶车被盗了 狗咬人/野狗追着孩子咬 路面塌了个坑/路上有个大坑 树倒了/大树要倒，挡着路
欠工资不给/老板拖欠工钱
小贩占道/摆摊的把人行道占满了 有煤气味/闻见燃气味道很大 老人走失/老人找不见了 楼上漏水/楼上渗水把顶棚泡了
广告牌要掉/牌子松了，快掉下来 有人要跳楼/楼顶有人想不开
"""
TROUBLES = [said.split("/") for said in _TROUBLES.split()]


def pairs(name: str) -> list[Pair]:
    """The pairs of a file in tests/routing/sets."""
    with (SETS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [(row["a"], row["b"], int(row["same"])) for row in csv.DictReader(file)]


def made_of(known: Sequence[Pair], chance: random.Random) -> Iterator[Pair]:
    """What is known to be a pair or none without anybody saying so."""
    for at, (a, b, _) in enumerate(known):
        for _ in range(2):
            elsewhere = chance.randrange(len(known) - 1)
            yield a, known[elsewhere + (elsewhere >= at)][1], 0
        yield from _copies(chance.choice((a, b)), chance)
    for _ in range(100):
        place, trouble = chance.choice(PLACES), chance.choice(TROUBLES)
        other_place = chance.choice([one for one in PLACES if one != place])
        other_trouble = chance.choice([one for one in TROUBLES if one is not trouble])
        one, two = chance.sample(trouble, 2)
        note = _note(place, one, chance)
        yield note, _note(place, two, chance), 1
        yield note, _note(place, chance.choice(other_trouble), chance), 0
        yield note, _note(other_place, chance.choice(trouble), chance), 0


def _note(place: str, trouble: str, chance: random.Random) -> str:
    return chance.choice(BEGINNINGS) + place + chance.choice(("", "，")) + trouble


def _copies(note: str, chance: random.Random) -> Iterator[Pair]:
    if chance.random() < 0.5:
        yield note, chance.choice(BEGINNINGS) + note, 1
        clauses = re.split("(?<=[，。])", note.rstrip("。"))
        if len(clauses) > 1:
            yield note, "".join(clauses[:-1]), 1
    named = [spot for spot in spots(note) if spot.level in ("estate", "village", "town", "way") and len(spot.core) > 1]
    if named and chance.random() < 0.6:
        core, name = named[0].core, chance.choice(NAMES)
        yield note, note.replace(core, chance.choice((name, core[0] + name[1]))), 0
    if number := re.search("[0-9]+(?=号楼|栋|单元|幢|号商铺|排)", note):
        yield note, f"{note[: number.start()]}{int(number[0]) + chance.randrange(1, 9)}{note[number.end() :]}", 0


def features(pair: Pair) -> list[float]:
    """Values by the order of WEIGHTS, and 1 for the start."""
    found = dict.fromkeys(WEIGHTS, 0.0)
    for piece in evidence(told(pair[0], COUNTIES), told(pair[1], COUNTIES)):
        found[piece.name] += piece.value
    return [*found.values(), 1.0]


def fit(rows: Sequence[Sequence[float]], same: Sequence[int]) -> list[float]:
    """Weights of the columns; all but the last, the start, are penalised in units of the column's spread."""
    width = len(rows[0])
    penalties = [PENALTY * _variance([row[at] for row in rows]) for at in range(width - 1)] + [0.01]
    weights = [0.0] * width
    for _ in range(STEPS):
        slope = [penalty * weight for penalty, weight in zip(penalties, weights, strict=True)]
        curve = [[penalties[i] * (i == j) + 1e-9 * (i == j) for j in range(width)] for i in range(width)]
        for row, truth in zip(rows, same, strict=True):
            chance = 1 / (1 + exp(-sum(map(float.__mul__, row, weights))))
            present = [(at, value) for at, value in enumerate(row) if value]
            for i, value in present:
                slope[i] += (chance - truth) * value
                for j, other in present:
                    curve[i][j] += chance * (1 - chance) * value * other
        weights = [weight - step for weight, step in zip(weights, _solve(curve, slope), strict=True)]
    return weights


def _variance(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values)


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss with pivots; the matrix is small and positive definite."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for at in range(len(rows)):
        best = max(range(at, len(rows)), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for row in range(len(rows)):
            if row != at and rows[row][at]:
                factor = rows[row][at]
                rows[row] = [value - factor * other for value, other in zip(rows[row], rows[at], strict=True)]
    return [row[-1] for row in rows]


def main() -> None:
    development = pairs("pairs_dev") + pairs("pairs")[0::2]
    made = list(made_of(development, random.Random(2026)))
    learned = development + made
    weights = fit([features(pair) for pair in learned], [same for _, _, same in learned])
    print(f"START = {weights[-1]:.2f}  # {len(development)} pairs, {len(made)} made of them")
    for name, weight in zip(WEIGHTS, weights, strict=False):
        print(f'    "{name}": {weight:.2f},')


if __name__ == "__main__":
    main()
