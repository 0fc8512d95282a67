"""`liandong routing replay | publish`: a past period under any version of the list; figures for the quality page."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from liandong.hindsight.moves import WHATS
from liandong.kernel.errors import LiandongError

DONE, REFUSED = 0, 2


def main(argv: Sequence[str]) -> int:
    """Run one subcommand. Returns 0, or 2 when what was given cannot be taken: the reason stands on stderr."""
    parser = argparse.ArgumentParser(prog="liandong routing")
    verbs = parser.add_subparsers(required=True, metavar="命令")
    one = verbs.add_parser("replay", help="清单变更仿真：以清单的一个版本回放过去一段时间，不写入任何数据")
    one.add_argument("--from", dest="since", type=_day, required=True, metavar="日期", help="起日，YYYY-MM-DD")
    one.add_argument("--to", dest="until", type=_day, required=True, metavar="日期", help="止日，含当日")
    one.add_argument("--list", dest="version", required=True, metavar="版本", help="清单版本号，草稿也可以")
    one.add_argument("--json", action="store_true", help="以一行 JSON 输出")
    one.set_defaults(run=_replay)
    two = verbs.add_parser("publish", help="把标准输入中的评测结果（routing evaluate --json）存入，供质量页展示")
    two.set_defaults(run=_publish)
    asked = parser.parse_args(argv)
    try:
        return int(asked.run(asked))
    except LiandongError as why:
        sys.stderr.write(f"liandong routing: {why.message}\n")
        return REFUSED


def _replay(asked: argparse.Namespace) -> int:
    result = _run(asked.since, asked.until, asked.version)
    lines = json.dumps(result, ensure_ascii=False) if asked.json else "\n".join(told(result))
    sys.stdout.write(f"{lines}\n")
    return DONE


def _publish(asked: argparse.Namespace) -> int:
    from liandong.audit.by import By
    from liandong.hindsight.actions import publish
    from liandong.hindsight.errors import EvaluationUnreadable

    try:
        given = json.loads(sys.stdin.buffer.read())
    except ValueError:
        raise EvaluationUnreadable from None
    if not isinstance(given, dict):
        raise EvaluationUnreadable
    operator = By(name="系统管理员（命令行）", post="installer", system="routing", rights=frozenset({"routing.switch"}))
    sys.stdout.write(f"已存入{publish(by=operator, told=given)}项评测数字\n")
    return DONE


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("日期应为 YYYY-MM-DD") from None


def _run(since: date, until: date, version: str) -> dict[str, Any]:
    from liandong.audit.by import By
    from liandong.hindsight.actions import check_period
    from liandong.hindsight.queries.run import begun
    from liandong.routing.queries import MAKING, access_version, values_of

    check_period(since, until)
    rights = frozenset({"order.read", *MAKING})
    operator = By(name="系统管理员（命令行）", post="installer", system="routing", rights=rights)
    begin = time.monotonic()
    run = begun(since, until, version, values_of(access_version(operator, version)))
    while not run.over:
        run.go_on()
    about = {"list": version, "from": since.isoformat(), "to": until.isoformat()}
    return {**about, **run.result(), "seconds": round(time.monotonic() - begin, 2)}


def told(result: Mapping[str, Any]) -> list[str]:
    """The result as lines for whoever sits at the terminal."""
    lines = [
        f"清单{result['list']}，{result['from']}至{result['to']}：回放{result['orders']}件，"
        f"其中移交过{result['handed']}件，结果改变{result['moved']}件，用时{result['seconds']}秒"
    ]
    lines += [f"{WHATS[what]}：{count}件" for what, count in sorted(result["what"].items())]
    lines += [f"归口{'→'.join(way.split('>'))}：{count}件" for way, count in sorted(result["sides"].items())]
    for pair, counts in sorted(result["items"].items(), key=lambda one: -sum(one[1].values()))[:20]:
        lines.append(f"条目{' → '.join(code or '无' for code in pair.split('>'))}：{sum(counts.values())}件")
    for way, label in (("later", "会更晚移交的险情"), ("earlier", "会更早移交的险情")):
        one = result[way]
        lines.append(f"{label}：{one['count']}件" + (f"，中位数{one['median']:.0f}秒" if one["known"] else ""))
    return lines
