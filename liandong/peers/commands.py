"""`liandong exchange keys | certs | export | reconcile | restored | verify | middb | profile | translate`: keys of this
node, certificates for trying out, a chain as a file, whether such a file is whole, what two nodes hold, going on from a
backup, the joint database, vendor profiles.

All but `export`, `reconcile` and `restored` need neither database nor node.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from liandong.kernel import clock
from liandong.kernel.errors import Invalid, LiandongError
from liandong.kernel.ids import city_time, local_day
from liandong.kernel.keys import PUBLIC, FolderKeys, KeyUnknown, PublicKeys, fingerprint, publics
from liandong.peers import profilecommands
from liandong.peers.chain import check_chain
from liandong.peers.channels.middb import commands as middb
from liandong.peers.envelope import MESSAGE_BYTES

DONE, BROKEN, REFUSED = 0, 1, 2


def main(argv: Sequence[str]) -> int:
    """Run one subcommand. Returns 0; 1 when a chain is broken; 2 when what was given cannot be taken."""
    asked = _parser().parse_args(argv)
    try:
        return int(asked.run(asked))
    except LiandongError as why:
        sys.stderr.write(f"liandong exchange: {why.message}\n")
    except OSError as why:
        sys.stderr.write(f"liandong exchange: 无法读写{why.filename}：{why.strerror}\n")
    return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="liandong exchange", description="节点之间的对接")
    verbs = parser.add_subparsers(required=True, metavar="命令")
    keys = verbs.add_parser("keys", help="本节点的SM2密钥").add_subparsers(required=True, metavar="命令")
    make = keys.add_parser("make", help="生成一把密钥，私钥只留在本机")
    make.add_argument("key", metavar="密钥编号", help="如 xz12345-2026；不会覆盖已有密钥")
    make.set_defaults(run=_make)
    shown = keys.add_parser("list", help="列出密钥及公钥指纹，供双方电话核对")
    shown.set_defaults(run=_list)
    for one in (make, shown):
        one.add_argument("--folder", type=Path, metavar="目录", help="密钥目录，缺省为数据目录下的 keys")
    certs = verbs.add_parser("certs", help="https 通道的证书（试用；城市部署用自己的证书机构）")
    of_certs = certs.add_subparsers(required=True, metavar="命令")
    signed = of_certs.add_parser("make", help="为节点签发证书，证书机构在目录中，没有时新建")
    signed.add_argument("node", metavar="节点代码")
    signed.add_argument("--host", action="append", metavar="主机", help="证书上的主机名或地址，可多次；缺省为本机")
    signed.add_argument("--days", type=int, default=825, metavar="天数")
    signed.add_argument("--folder", type=Path, required=True, metavar="目录")
    signed.set_defaults(run=_sign)
    seen = of_certs.add_parser("list", help="列出目录中的证书和有效期")
    seen.add_argument("--folder", type=Path, required=True, metavar="目录")
    seen.set_defaults(run=_certificates)
    export = verbs.add_parser("export", help="导出一次移交的全部步，每行一步")
    export.add_argument("transfer", metavar="移交号")
    export.add_argument("--out", type=Path, metavar="文件", help="写入文件，缺省写到标准输出")
    export.set_defaults(run=_export)
    reconcile = verbs.add_parser("reconcile", help="与对端对账：比对双方所存，缺少的自动补发，列出未了的出入")
    reconcile.add_argument("--peer", default="", metavar="节点", help="只与一个对端，缺省为全部")
    reconcile.add_argument("--all", action="store_true", help="比对全部事项，缺省为近期受理的")
    reconcile.set_defaults(run=_reconcile)
    restored = verbs.add_parser("restored", help="本节点刚由备份恢复：启用新世代，先与全部对端核对，再办理恢复前的事项")
    restored.add_argument("--why", default="", metavar="说明", help="由哪一份备份恢复、为什么恢复")
    restored.add_argument("--without", default="", metavar="节点", help="不再等待一个无法答复的对端，须写 --note")
    restored.add_argument("--note", default="", metavar="处理说明", help="与对方谁核对过、为什么不再等待")
    restored.set_defaults(run=_restored)
    verify = verbs.add_parser("verify", help="核验导出的步：不需要数据库和节点，指出第一处问题")
    verify.add_argument("file", type=Path, metavar="文件")
    verify.add_argument("--keys", type=Path, metavar="目录", help=f"公钥目录（密钥编号{PUBLIC}）；给出后每行都须有签名")
    verify.add_argument("--head", default="", metavar="摘要", help="曾经交存的链头，须在链中")
    verify.add_argument("--json", action="store_true", help="以一行 JSON 输出")
    verify.set_defaults(run=_verify)
    middb.add_to(verbs)
    profilecommands.add(verbs)
    return parser


def _make(asked: argparse.Namespace) -> int:
    keys = FolderKeys(_folder(asked))
    public = keys.make(asked.key)
    _say(f"已生成密钥{asked.key}，公钥指纹 {fingerprint(public)}\n请将下列公钥交给对方，并在电话中核对指纹：\n{public}")
    return DONE


def _list(asked: argparse.Namespace) -> int:
    keys = FolderKeys(_folder(asked))
    for key in keys.ids():
        _say(f"{key}  {fingerprint(keys.public(key))}")
    return DONE


def _sign(asked: argparse.Namespace) -> int:
    from liandong.peers.channels import certs

    now = clock.now()
    certs.make_ca(asked.folder, now)
    made = certs.make_node(asked.folder, asked.node, now, hosts=asked.host or certs.HOSTS, days=asked.days)
    _say(f"已签发 {asked.node} 的证书：{made.certificate}，私钥 {made.key}，证书机构 {made.ca}")
    return DONE


def _certificates(asked: argparse.Namespace) -> int:
    from liandong.peers.channels.certs import CERTIFICATE
    from liandong.peers.channels.tls import look_at

    for path in sorted(asked.folder.glob(f"*{CERTIFICATE}")):
        found = look_at("证书", path)
        _say(found.why if found.ends_at is None else f"{path.name}  有效期至 {local_day(found.ends_at)}")
    return DONE


def _folder(asked: argparse.Namespace) -> Path:
    return asked.folder or Path(os.environ["LIANDONG_KEYS"])


def _export(asked: argparse.Namespace) -> int:
    from liandong.audit.by import By
    from liandong.peers.actions import export_chain

    rights = frozenset({"order.read", "desk.all", "clue.read"})
    operator = By(name="系统管理员（命令行）", post="installer", system="exchange", rights=rights)
    text = b"".join(line + b"\n" for line in export_chain(by=operator, number=asked.transfer))
    if asked.out is None:
        sys.stdout.buffer.write(text)
        return DONE
    asked.out.write_bytes(text)
    _say(f"已写入{asked.out}")
    return DONE


def _reconcile(asked: argparse.Namespace) -> int:
    """Begin the comparison; the worker carries it on. Tell how the last ones ended and what still differs."""
    from liandong.identity.queries import node, other_nodes
    from liandong.peers.actions import ask
    from liandong.peers.queries import last_reconciliation, open_differences

    wanted = [node(asked.peer)] if asked.peer else list(other_nodes())
    if not wanted:
        raise Invalid("本系统没有其他节点，不需要对账。")
    for peer in wanted:
        before = last_reconciliation(peer.code)
        row = ask(peer=peer.code, everything=asked.all)
        _say(f"{peer.code}：已发起对账，共 {row.days} 日，由后台处理完成；再次运行本命令可看结果。")
        if before is not None and before.apart is not None:
            found = "双方一致" if before.apart == 0 else f"有 {before.apart} 日不一致"
            _say(f"{peer.code}：上次对账（{city_time(before.asked_at)}）{found}。")
        for one in open_differences(peer.code):
            _say(f"{peer.code}：{one.kind} {one.subject} {one.mark}：{one.repair}")
    return DONE


def _restored(asked: argparse.Namespace) -> int:
    """Begin a new life, or go on without a peer; and tell whose answer is still awaited."""
    from liandong.audit.by import By
    from liandong.identity.queries import held_back_since
    from liandong.peers.actions.lives import begin_life, go_on_without
    from liandong.peers.queries.desk import MANAGE, awaited

    operator = By(name="系统管理员（命令行）", post="installer", system="exchange", rights=frozenset({MANAGE}))
    if asked.without:
        go_on_without(by=operator, peer=asked.without, note=asked.note)
    elif asked.why or held_back_since() is None:
        row = begin_life(by=operator, why=asked.why)
        _say(f"已启用新世代 {row.number}。核对完成前不办理恢复前的事项；新来电和险情照常。请启动后台处理。")
    waiting = [node.code for node in awaited()]
    _say(f"等待答复的对端：{'、'.join(waiting)}" if waiting else "核对已全部完成，恢复前的事项可以照常办理。")
    return DONE


def _verify(asked: argparse.Namespace) -> int:
    known = publics(asked.keys) if asked.keys else None
    if known == {}:
        raise KeyUnknown(f"目录{asked.keys}中没有公钥文件（密钥编号{PUBLIC}）。")
    with asked.file.open("rb") as file:
        # No longer line is a step; whoever hands over a file without an end must not fill the memory.
        lines = iter(lambda: file.readline(MESSAGE_BYTES + 2), b"")
        found = check_chain(lines, PublicKeys(), known, asked.head)
    _say(json.dumps({**asdict(found), "intact": found.intact}, ensure_ascii=False) if asked.json else found.chinese)
    return DONE if found.intact else BROKEN


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
