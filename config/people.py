"""`liandong person …`: the first account of a city, and a way back in when nobody can sign in any more."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Sequence

from liandong.identity import actions
from liandong.identity.rights import INSTALLER
from liandong.kernel.errors import LiandongError


def main(argv: Sequence[str]) -> int:
    """Opens an account or gives it a new first password, and prints that once; 1 with the reason when refused."""
    asked = _parser().parse_args(argv)
    password = secrets.token_urlsafe(12)
    try:
        if asked.verb == "add":
            actions.make_person(
                by=INSTALLER,
                username=asked.username,
                name=asked.name,
                post=asked.post,
                desk=asked.desk,
                unit=asked.unit,
                password=password,
            )
        else:
            actions.set_password(by=INSTALLER, username=asked.username, password=password)
    except LiandongError as why:
        print(f"未办理：{why.message}", file=sys.stderr)
        return 1
    print(f"用户名 {asked.username}\n首次密码 {password}\n请当面交给本人；首次登录后须立即修改。")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="liandong person", description="人员账号")
    verbs = parser.add_subparsers(dest="verb", required=True)
    add = verbs.add_parser("add", help="开设账号")
    add.add_argument("username", help="用户名")
    add.add_argument("name", help="姓名")
    add.add_argument("--post", required=True, help="岗位代码，见城市数据包 posts.csv")
    add.add_argument("--desk", help="台席代码，见 desks.csv")
    add.add_argument("--unit", help="单位代码，见 units.csv")
    verbs.add_parser("password", help="重置密码").add_argument("username", help="用户名")
    return parser
