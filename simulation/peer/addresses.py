"""Where the peer is, as flags of a command: a drop folder, an https address with certificates, a joint database."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from liandong.peers.channels.https import CONNECT, DEADLINE, Where
from liandong.peers.channels.middb.links import FAMILIES, MYSQL, TLS, Address, parsed
from liandong.peers.channels.middb.statements import GOV, OUTBOX, POLICE
from liandong.peers.channels.tls import Files
from simulation.peer.endpoint import Identity
from simulation.peer.ways import ByChannel, ByDatabase, ByHttps, Judge, NoWay, folder

SIDES = {"110": POLICE, "12345": GOV}
# Where a password is looked for that the address does not give, as the programs of the databases do.
PASSWORDS = {MYSQL: "MYSQL_PWD"}
PASSWORD = "PGPASSWORD"  # noqa: S105 - the name of a variable


def add_way(parser: argparse.ArgumentParser) -> None:
    """The flags of all channels."""
    parser.add_argument(
        "--peer",
        required=True,
        metavar="地址",
        help="被测方：其摆渡目录；https://主机:端口，只由对方来连的写 https://；"
        "或中间数据库 postgresql://用户@主机/库名、mysql://…（口令可放在环境变量 PGPASSWORD、MYSQL_PWD）",
    )
    https = parser.add_argument_group("https 通道")
    https.add_argument("--listen", metavar="地址:端口", help="本方接入地址，供对方推送和取件")
    https.add_argument("--certificate", type=Path, metavar="文件", help="本方证书；中间数据库的客户端证书也用它")
    https.add_argument("--certificate-key", type=Path, metavar="文件", help="证书的私钥")
    https.add_argument("--ca", type=Path, metavar="文件", help="证书机构的证书；也用于中间数据库")
    https.add_argument("--host", metavar="名称", help="对方证书上的主机名，缺省为地址中的主机")
    https.add_argument("--certificate-name", metavar="名称", help="对方来连时证书上的名称，缺省为其节点代码")
    https.add_argument("--pull", action="store_true", help="也向对方取件（对方连不到本方时）")
    middb = parser.add_argument_group("中间数据库")
    middb.add_argument("--side", choices=sorted(OUTBOX), help="本方在哪一侧，缺省 110 为 police、12345 为 gov")
    middb.add_argument("--tls", choices=TLS, default=TLS[0], help="与数据库的加密连接")


def way_of(asked: argparse.Namespace, me: Identity, judge: Judge) -> ByChannel:
    """The way that the flags name; a door of ours is open. Raises NoWay, ChannelDown."""
    scheme = asked.peer.partition("://")[0] if "://" in asked.peer else ""
    if scheme == "https":
        return _https(asked, me, judge)
    if scheme in FAMILIES:
        side = asked.side or SIDES.get(asked.role, GOV)
        return ByDatabase(_address(asked), me.code, me.peer, side, judge)
    if scheme:
        raise NoWay(f"没有“{scheme}”通道：可用摆渡目录、https、{'、'.join(FAMILIES)}。")
    return folder(Path(asked.peer), me.code, me.peer, judge)


def _https(asked: argparse.Namespace, me: Identity, judge: Judge) -> ByHttps:
    if not (asked.certificate and asked.certificate_key and asked.ca):
        raise NoWay(
            "https 通道须给出 --certificate、--certificate-key、--ca（试用证书：liandong exchange certs make）。"
        )
    where = _where(asked)
    if not asked.listen and not asked.pull:
        raise NoWay("请以 --listen 写明本方的接入地址，或以 --pull 向对方取件。")
    if where is None and not asked.listen:
        raise NoWay("对方来连时须以 --listen 写明本方的接入地址。")
    way = ByHttps(me, Files(asked.certificate, asked.certificate_key, asked.ca), judge)
    if where is not None:
        way.call(where)
    if asked.listen:
        host, port = _listen(asked.listen)
        opened = way.listen(host, port, [asked.certificate_name or me.peer])
        print(f"本方接入地址 https://{host}:{opened}", flush=True)
    return way


def _where(asked: argparse.Namespace) -> Where | None:
    """None where the peer comes to us alone."""
    if asked.peer == "https://":
        return None
    try:
        parts = urlsplit(asked.peer)
        fit = bool(parts.hostname) and (parts.port or 443) > 0
    except ValueError:
        fit = False
    if not fit:
        raise NoWay("https 地址应写作 https://主机:端口。")
    return Where(asked.peer, asked.host or parts.hostname or "", CONNECT, DEADLINE, asked.pull)


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise NoWay("--listen 应写作 地址:端口。")
    return host.strip("[]"), int(port)


def _address(asked: argparse.Namespace) -> Address:
    found = parsed(asked.peer)
    if found is None:
        raise NoWay("中间数据库的地址应写作 postgresql://用户:口令@主机:端口/库名，MySQL、MariaDB 为 mysql://…。")
    if asked.tls == "verify-ca" and not asked.ca:
        raise NoWay("--tls verify-ca 须以 --ca 写明证书机构的文件。")
    return replace(
        found,
        password=found.password or os.environ.get(PASSWORDS.get(found.family, PASSWORD), ""),
        tls=asked.tls,
        ca=asked.ca,
        certificate=asked.certificate,
        key=asked.certificate_key,
    )
