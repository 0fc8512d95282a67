"""`liandong audit verify | head | catalogue`: for the auditor at a terminal and the nightly watch."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import django

INTACT, BROKEN, UNREADABLE = 0, 1, 2
CATALOGUE_PAGE = Path("docs") / "audit-events.md"


def main(argv: Sequence[str]) -> int:
    """Run one subcommand. Returns 0 when all is well, 1 when the trail is broken, 2 when nothing could be read."""
    asked = _parser().parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.db import DatabaseError

    try:
        return int(asked.run(asked))
    except DatabaseError as why:
        sys.stderr.write(f"无法读取审计记录，请检查数据库连接和权限：{why}\n")
        return UNREADABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="liandong audit", description="审计链：核验、链首、事件目录")
    commands = parser.add_subparsers(required=True, metavar="命令")
    verify = commands.add_parser("verify", help="重新计算整条审计链，指出首个被改动的记录")
    verify.add_argument("--patience", type=float, default=10, metavar="分钟", help="超过多少分钟未封签即为异常")
    verify.add_argument(
        "--deposited",
        type=_deposit,
        action="append",
        default=[],
        metavar="编号:校验值",
        help="外部留存的封签，可多次给出",
    )
    verify.add_argument("--json", action="store_true", help="以 JSON 输出")
    verify.set_defaults(run=_verify)
    head = commands.add_parser("head", help="最后一个封签的编号和校验值，供外部留存")
    head.add_argument("--json", action="store_true", help="以 JSON 输出")
    head.set_defaults(run=_head)
    catalogue = commands.add_parser("catalogue", help="审计事件目录")
    catalogue.add_argument("--write", action="store_true", help=f"写入 {CATALOGUE_PAGE}")
    catalogue.set_defaults(run=_catalogue)
    return parser


def _deposit(text: str) -> tuple[int, bytes]:
    number, _, hashed = text.partition(":")
    return int(number), bytes.fromhex(hashed)


def _verify(asked: argparse.Namespace) -> int:
    from liandong.audit.verify import verify_trail

    found = verify_trail(patience=timedelta(minutes=asked.patience), deposited=dict(asked.deposited))
    _say(json.dumps(found.plain(), ensure_ascii=False) if asked.json else found.chinese)
    return INTACT if found.intact else BROKEN


def _head(asked: argparse.Namespace) -> int:
    from liandong.audit import queries
    from liandong.kernel.canonical import moment

    seal = queries.head()
    if seal is None:
        _say("null" if asked.json else "尚无封签")
        return INTACT
    told = {"number": seal.number, "hash": bytes(seal.hash).hex(), "at": moment(seal.at)}
    _say(json.dumps(told) if asked.json else f"{told['number']}:{told['hash']}")
    return INTACT


def _catalogue(asked: argparse.Namespace) -> int:
    from django.conf import settings

    from liandong.audit.catalogue import fields, kinds
    from liandong.audit.document import render

    page = render(kinds(), fields())
    if not asked.write:
        _say(page.rstrip("\n"))
        return INTACT
    path = settings.BASE_DIR / CATALOGUE_PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    _say(f"已写入 {path}")
    return INTACT


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
