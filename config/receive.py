"""`liandong receive`: the listener other nodes connect to, https with certificates on both sides."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from collections.abc import Sequence

from liandong.kernel.errors import LiandongError
from liandong.peers.channels.deployment import DeploymentUnfit, Line, read_deployment
from liandong.peers.channels.tls import Fresh, files_of, server_context

log = logging.getLogger("liandong.peers")

TABLE, LISTEN = "https", "listen"
KEEP_ALIVE = 75  # seconds: a courier speaks about every half minute even when it has nothing to say
CONNECTIONS = 64  # requests under way at once, of all peers together
STOP_WITHIN = 5
LOOK = 2.0  # seconds; so often it is looked whether the certificate is another


def main(argv: Sequence[str] = ()) -> int:
    """Serve until SIGTERM. Returns 1 when the deployment names no listener, or one that cannot be."""
    argparse.ArgumentParser(prog="liandong receive", description="对端接入服务（双向证书）").parse_args(argv)
    try:
        table = listener()
        if table is None:
            raise DeploymentUnfit("通道部署文件没有写明接入地址，不能启动对端接入服务。")
        host, port = address_of(table)
        files = files_of(table)
        context = server_context(files)
    except LiandongError as why:
        print(f"liandong: {why.message}", file=sys.stderr)
        return 1
    threading.Thread(target=keep_fresh, args=(Fresh(context, files), threading.Event()), daemon=True).start()
    import uvicorn

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    uvicorn.run(
        "config.peerasgi:application",
        host=host,
        port=port,
        loop="uvloop",
        http="config.wire:PeerHttp",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=STOP_WITHIN,
        ssl_context_factory=lambda *_: context,
    )
    return 0


def keep_fresh(fresh: Fresh, stop: threading.Event, look: float = LOOK) -> None:
    """Until `stop`: a certificate that is replaced is shown without a restart, or its end would cut the peers off."""
    said = ""
    while not stop.wait(look):
        try:
            if fresh.renew():
                log.warning("对端接入服务已换用新的证书。")
            said = ""
        except LiandongError as why:
            if said != why.message:
                log.error("对端接入服务未能换用新的证书，仍用原证书：%s", why.message)
            said = why.message


def listener() -> Line | None:
    """The table of the listener, where this node has one. Needs no Django. Raises DeploymentUnfit."""
    table = read_deployment(os.environ.get("LIANDONG_CHANNELS", ""), "").tables.get(TABLE)
    return table if table is not None and table.has(LISTEN) else None


def address_of(table: Line) -> tuple[str, int]:
    """Raises DeploymentUnfit."""
    host, _, port = table.text(LISTEN).rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise table.unfit(f"“{LISTEN}”应写作 地址:端口")
    return host.strip("[]"), int(port)
