"""`liandong exchange profile check | translate`: vendor profiles at a terminal, without node or database."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from liandong.kernel.jsontext import parse_json
from liandong.peers.envelope import MESSAGE_BYTES
from liandong.peers.profiles import KINDS, SUFFIX, Profile, ProfileUnfit, load, read
from liandong.peers.translation import NotOfTheProfile, inward, outward

DONE, UNFIT = 0, 1


def add(verbs: Any) -> None:
    """Add the commands to a parser's verbs."""
    profile = verbs.add_parser("profile", help="核对厂商对照方案").add_subparsers(required=True, metavar="命令")
    checked = profile.add_parser("check", help="逐行核对一个方案")
    checked.add_argument("file", metavar="文件", help="方案文件，或随软件提供的方案名")
    checked.set_defaults(run=_check_profile)
    translate = verbs.add_parser("translate", help="按方案将一份单据译为我方草稿，或反之")
    translate.add_argument("file", type=Path, metavar="文件", help="JSON 单据")
    translate.add_argument("--profile", required=True, metavar="方案", help="方案名或方案文件")
    translate.add_argument("--direction", choices=("in", "out"), required=True, help="in 对方到我方，out 我方到对方")
    translate.add_argument("--kind", choices=KINDS, default="matter", help="out 时我方报文的种类")
    translate.set_defaults(run=_translate)


def _profile(given: str) -> Profile:
    file = Path(given)
    return read(file.read_text(encoding="utf-8")) if file.suffix == SUFFIX else load(given)


def _check_profile(asked: argparse.Namespace) -> int:
    try:
        found = _profile(asked.file)
    except ProfileUnfit as why:
        for complaint in why.complaints:
            _say(complaint)
        return UNFIT
    rows = sum(len(table) for table in found.tables.values())
    fields = sum(len(one.fields) for one in found.documents)
    told = f"方案“{found.title}”{found.version}版：{len(found.documents)}种单据、{fields}行字段、{rows}行代码"
    _say(f"{told}，没有问题。")
    return DONE


def _translate(asked: argparse.Namespace) -> int:
    profile, given = _profile(asked.profile), parse_json(asked.file.read_bytes(), MESSAGE_BYTES)
    if not isinstance(given, dict):
        raise NotOfTheProfile("文件不是一个JSON对象。")
    found = inward(profile, given) if asked.direction == "in" else outward(profile, asked.kind, given)
    said = {"document": found.document, "kind": found.kind, "data": found.data}
    said |= {"left": found.left} if found.left else {}
    _say(json.dumps(said, ensure_ascii=False, indent=2))
    for doubt in found.doubts:
        sys.stderr.write(f"{doubt.message}\n")
    return DONE


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
