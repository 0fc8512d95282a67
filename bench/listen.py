"""Many open screens in one process: `python -m bench.listen PORT` reads session keys from its input, one a line.

It opens one line for each, prints `open` when all of them hear, and at the end of its input one line of JSON: for each
transfer the moments (CLOCK_MONOTONIC, which all processes share) at which its danger reached a screen.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import resource
import sys
import time
from collections import defaultdict
from typing import cast

import orjson
import uvloop

OFFERED = re.compile(rb'"kind":"transfer\.offer"[^\n]*?"transfer":"([^"]+)"')
OPEN_WITHIN = 120.0


class Screen(asyncio.Protocol):
    """Asks for the line and keeps when what came."""

    def __init__(self, key: str, heard: asyncio.Event, moments: dict[str, list[float]]) -> None:
        self.key, self.heard, self.moments = key, heard, moments
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        asked = f"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={self.key}\r\n\r\n"
        cast("asyncio.Transport", transport).write(asked.encode())

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        whole, gap, self.rest = (self.rest + data).rpartition(b"\n\n")
        if b"event: beat" in whole:
            self.heard.set()
        for number in OFFERED.findall(whole + gap):
            self.moments[number.decode()].append(now)

    def connection_lost(self, exc: Exception | None) -> None:
        self.moments["lost"].append(time.monotonic())


async def run(port: int) -> dict[str, list[float]]:
    loop = asyncio.get_running_loop()
    moments: dict[str, list[float]] = defaultdict(list)
    keys = [line.strip() for line in iter(sys.stdin.readline, "\n")]
    heard = [asyncio.Event() for _ in keys]
    for key, event in zip(keys, heard, strict=True):
        await loop.create_connection(lambda key=key, event=event: Screen(key, event, moments), "127.0.0.1", port)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    async with asyncio.timeout(OPEN_WITHIN):
        await asyncio.gather(*(event.wait() for event in heard))
    print("open", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    return moments


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.listen")
    parser.add_argument("port", type=int)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(orjson.dumps(uvloop.run(run(parser.parse_args().port))).decode())


if __name__ == "__main__":
    main()
