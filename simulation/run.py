"""`liandong simulate`: days of a city in minutes, through the real actions, and whether the promises held."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import django


def main(argv: Sequence[str]) -> int:
    """Run it. Returns 0, 1 when a check found violations, 2 when the run could not be made."""
    asked = _parser().parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    # What is loaded stays: the collector need not look through it again for every few hundred rows that come and go.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    from liandong.kernel.errors import LiandongError

    try:
        return _live(asked) if asked.live else _days(asked)
    except LiandongError as why:
        print(f"模拟未能运行：{why.message}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="liandong simulate", description="模拟城市的若干天，走真实的受理与移交操作")
    parser.add_argument("--days", type=float, default=1, help="模拟天数，可为小数")
    parser.add_argument("--seed", type=int, default=1, help="随机种子；种子和文本相同则过程相同")
    parser.add_argument("--start", type=date.fromisoformat, default=date(2026, 3, 2), help="首日 YYYY-MM-DD")
    parser.add_argument("--city", default="xinzhou", help="城市数据包")
    parser.add_argument("--storm", action="store_true", help="首日安排一次来电高峰")
    parser.add_argument("--texts", type=Path, help="真实诉求文本（CSV），进入12345")
    parser.add_argument("--all-texts", action="store_true", help="每条文本恰好进入一次，最后运行到全部办结")
    parser.add_argument("--drain", action="store_true", help="来电结束后继续运行，直到全部办结")
    parser.add_argument("--api", help="经接口受理：app 为进程内接口，或运行中服务的地址")
    parser.add_argument("--token", help="12345台的接口令牌（--api 为地址时需要）")
    parser.add_argument("--check", action="store_true", help="运行后核验各项承诺，有违反则退出码为1")
    parser.add_argument("--json", action="store_true", help="最后一行输出 JSON")
    parser.add_argument("--database", choices=("current", "scratch"), help="写入当前库，或临时库（默认）")
    parser.add_argument("--keep", action="store_true", help="保留临时库")
    parser.add_argument("--live", action="store_true", help="按真实时间向运行中的系统送入示例来电")
    parser.add_argument("--per-minute", type=float, default=None, help="--live 每分钟来电数")
    return parser


def _days(asked: argparse.Namespace) -> int:
    from config.citypack import CITIES
    from simulation.checks import check_all
    from simulation.database import check_choice, scratch
    from simulation.entrances import chosen
    from simulation.habits import read_habits
    from simulation.play import Plan, play
    from simulation.report import chinese, counted
    from simulation.texts import appeal_texts

    choice = check_choice(asked.database, live=False)
    plan = Plan(
        start=asked.start,
        days=asked.days,
        seed=asked.seed,
        pack=CITIES / asked.city,
        habits=read_habits(),
        storm=asked.storm,
        texts=tuple(appeal_texts(asked.texts)) if asked.texts else (),
        each_once=asked.all_texts,
        drain=asked.drain or asked.all_texts,
    )
    with scratch(asked.city, keep=asked.keep) if choice == "scratch" else nullcontext("当前库") as name:
        played = play(plan, chosen(asked.api, asked.token, asked.start))
        violations = check_all(now=played.ended) if asked.check else None
        figures = counted(played, violations, plan)
        print(chinese(figures, violations, name))
    if asked.json:
        print(json.dumps(figures, ensure_ascii=False))
    return 1 if violations else 0


def _live(asked: argparse.Namespace) -> int:
    from config.citypack import CITIES
    from simulation.database import check_choice
    from simulation.live import feed

    check_choice(asked.database, live=True)
    return feed(CITIES / asked.city, seed=asked.seed, per_minute=asked.per_minute)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
