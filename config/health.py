"""`liandong check`: what an administrator looks at before trusting the installation, each finding with what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from liandong.identity.queries import held_back_since, other_nodes
from liandong.kernel import clock
from liandong.kernel.ids import local_day
from liandong.kernel.queries import known_years, troubles
from liandong.peers.channels.deployment import DeploymentUnfit
from liandong.peers.channels.registry import certificates, channels_of, faults, is_connected, parameter
from liandong.peers.errors import ChannelDown
from liandong.peers.queries import channel_states, dead, open_differences, refused_there, standing, stuck, troubled
from liandong.peers.queries.desk import awaited

OLDEST = 150000


def main(argv: Sequence[str] = ()) -> int:
    """Print every finding; exit code 1 when there is one."""
    found = list(findings())
    for finding in found:
        print(f"✗ {finding}", file=sys.stderr)
    if not found:
        print("检查通过：配置、数据库、工作日历均正常，没有搁置的工作。")
    return 1 if found else 0


def findings() -> Iterator[str]:
    """One Chinese sentence each."""
    try:
        call_command("check", deploy=False, verbosity=0)
    except SystemCheckError as why:
        yield f"配置有误：{why}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        (version,) = cursor.fetchone()
    if version < OLDEST:
        yield f"数据库版本过低（{version // 10000}），请升级到 PostgreSQL 15 或以上。"
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield "数据库结构不是最新，请运行 liandong migrate。"
        return
    year = local_day(clock.now()).year
    for needed in (year, year + 1):
        if needed not in known_years():
            yield f"工作日历缺少 {needed} 年，涉及该年的期限无法计算：请在国务院办公厅公布安排后导入。"
    counts = troubles()
    if counts["facts"] or counts["due"]:
        yield f"有搁置的工作：联动事件 {counts['facts']} 件，到期处理 {counts['due']} 件，请逐件查明原因后处理。"
    yield from _peers()


def _peers() -> Iterator[str]:
    """What keeps this node and the others apart."""
    if held_back_since() is not None:
        waiting = "、".join(node.code for node in awaited())
        yield f"本节点由备份恢复，正等待对端 {waiting} 核对，恢复前的事项暂不能办理。"
    for peer in other_nodes():
        if (count := stuck(peer.code)) > 0:
            yield f"发往对端 {peer.code} 的报文有 {count} 件久未收到回执，请检查通道和对端。"
        if (count := dead().filter(peer=peer.code).count()) > 0:
            yield f"对端 {peer.code} 的报文有 {count} 件不能处理，请逐件查明原因后处理。"
        if (count := refused_there(peer.code).count()) > 0:
            yield f"发往对端 {peer.code} 的报文有 {count} 件被对端拒收，请与对端查明原因，处理后重新发送。"
        if (count := open_differences(peer.code).count()) > 0:
            yield f"与对端 {peer.code} 对账有 {count} 处未了的出入，请运行 liandong exchange reconcile 查看。"
        if standing(peer.code).condition == "offline":
            yield f"对端 {peer.code} 已长时间没有消息，请检查通道，急事请电话联系。"
        if is_connected():
            yield from _channels(peer.code)
    for known in troubled():
        yield f"对端 {known.code}：{known.trouble}"
    if is_connected():
        yield from faults()
        yield from _certificates()


def _certificates() -> Iterator[str]:
    """Those that are over, or soon will be."""
    try:
        found = certificates()
    except DeploymentUnfit:
        return  # told by `faults`
    for one in found:
        left = None if one.ends_at is None else one.ends_at - clock.now()
        if left is None:
            yield one.why
        elif left.days < parameter("peer_certificate_warn_days"):
            yield f"{one.what}（{one.path}）有效期至{local_day(one.ends_at or clock.now())}，请及时更换。"


def _channels(peer: str) -> Iterator[str]:
    """What lies in quarantine, and which channels fail while another works."""
    try:
        ways = channels_of(peer)
    except DeploymentUnfit:
        return  # told by `faults`
    states = {one.channel: one for one in channel_states(peer)}
    down = [way.name for way in ways if way.name in states and states[way.name].trouble]
    for way in ways:
        with suppress(ChannelDown):  # the courier has the same trouble, and tells it
            if (apart := way.channel.set_apart(peer)) > 0:
                yield f"对端 {peer} 由通道 {way.name} 送来的 {apart} 批已隔离，请查看原因，处理后移走或记为已看。"
        if way.name in down and len(down) < len(ways):
            yield f"对端 {peer} 的通道 {way.name} 不通，正由其他通道收发：{states[way.name].trouble}"
