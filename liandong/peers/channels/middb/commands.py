"""`liandong exchange middb ddl | check | refused`: for whoever sets the joint database up and looks after it.

Needs neither the node's database nor Django: only the deployment file, and the joint database.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from typing import Any

from liandong.kernel.errors import Invalid
from liandong.peers.channels.deployment import DeploymentUnfit, Line, read_deployment
from liandong.peers.channels.middb import address_of, side_of
from liandong.peers.channels.middb.checks import findings
from liandong.peers.channels.middb.links import MYSQL, POSTGRESQL, Trouble, connected
from liandong.peers.channels.middb.statements import SEEN, Statements

KIND = "middb"
FILE, NODE = "LIANDONG_CHANNELS", "LIANDONG_NODE"
DONE, WRONG = 0, 1


def add_to(verbs: Any) -> None:
    """The verbs of this channel below `liandong exchange`."""
    own = verbs.add_parser(KIND, help="中间数据库").add_subparsers(required=True, metavar="命令")
    ddl = own.add_parser("ddl", help="打印建表和授权的语句，供数据库管理员执行")
    ddl.add_argument("--family", required=True, choices=(POSTGRESQL, MYSQL), help="数据库的种类")
    ddl.set_defaults(run=_ddl)
    check = own.add_parser("check", help="检查中间数据库的表、权限和设置，指出问题")
    check.set_defaults(run=_check)
    refused = own.add_parser("refused", help="列出本节点隔离的行及原因；--seen 记下已有人看过")
    refused.add_argument("--seen", type=int, metavar="行号", help="这一行已看过，不再列出")
    refused.add_argument("--why", default="", metavar="说明", help="与 --seen 同用，记入 handled 表")
    refused.set_defaults(run=_refused)
    for one in (check, refused):
        one.add_argument("--file", metavar="文件", help=f"通道部署文件，缺省为 {FILE}")
        one.add_argument("--node", metavar="代码", help=f"本节点代码，缺省为 {NODE}")


def ddl(family: str) -> str:
    """The statements that make the tables and the two users."""
    return files("liandong.peers.channels.middb").joinpath(f"{family}.sql").read_text(encoding="utf-8")


def _ddl(asked: argparse.Namespace) -> int:
    sys.stdout.write(ddl(asked.family))
    return DONE


def _check(asked: argparse.Namespace) -> int:
    me, wrong = _me(asked), 0
    for line in _lines(asked):
        found = list(findings(address_of(line), me, line.peer, side_of(line)))
        for finding in found:
            _say(f"✗ 对端 {line.peer}：{finding}")
        if not found:
            _say(f"对端 {line.peer}：中间数据库检查通过。")
        wrong += len(found)
    return WRONG if wrong else DONE


def _refused(asked: argparse.Namespace) -> int:
    me = _me(asked)
    for line in _lines(asked):
        says = Statements.of(side_of(line))
        try:
            with closing(connected(address_of(line))) as link:
                rows = link.rows(says.refused, (me,))
                if asked.seen is not None and any(row[0] == asked.seen for row in rows):
                    link.write(says.handle, [(me, SEEN, asked.why, asked.seen)])
                    _say(f"已记下：第{asked.seen}行有人看过。")
                    return DONE
        except Trouble as trouble:
            raise Invalid(trouble.message) from trouble
        for number, sender, at, why in rows if asked.seen is None else ():
            _say(f"第{number}行  发送 {sender}  {at:%Y-%m-%d %H:%M:%S}（UTC）\n  {why}")
    if asked.seen is not None:
        raise Invalid(f"没有隔离着的第{asked.seen}行。")
    return DONE


def _me(asked: argparse.Namespace) -> str:
    me = str(asked.node or os.environ.get(NODE, ""))
    if not me:
        raise Invalid(f"请给出本节点代码（{NODE}）。")
    return me


def _lines(asked: argparse.Namespace) -> Iterator[Line]:
    """The joint databases of the deployment. Raises DeploymentUnfit when there is none."""
    deployment = read_deployment(asked.file or os.environ.get(FILE, ""), "")
    found = [line for lines in deployment.peers.values() for line in lines if line.kind == KIND]
    if not found:
        raise DeploymentUnfit(f"请给出写有中间数据库通道的部署文件（{FILE}）。")
    yield from found


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
