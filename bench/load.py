"""The sender: a process of its own, raw HTTP/1.1 on keep-alive connections, one request under way on each.

`python -m bench.load PORT PATH --token T --connections 16 --seconds 4 --batch 1 --seed S` prints one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

import orjson
import uvloop

from bench.bodies import orders


@dataclass
class Job:
    """What is sent and what came of it. Seconds throughout."""

    requests: deque[bytes]
    warm_until: float
    until: float
    taken: list[float] = field(default_factory=list)
    strange: dict[str, int] = field(default_factory=dict)
    ended: float = 0.0


class Sender(asyncio.Protocol):
    """Sends the next request as soon as the answer before is whole."""

    def __init__(self, job: Job, done: asyncio.Future[None]) -> None:
        self.job, self.done = job, done
        self.answer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none of asyncio's classes
        self._send()

    def _send(self) -> None:
        if time.perf_counter() >= self.job.until or not self.job.requests:
            self.transport.close()
            return
        self.sent = time.perf_counter()
        self.transport.write(self.job.requests.popleft())

    def data_received(self, data: bytes) -> None:
        self.answer += data
        head, gap, body = self.answer.partition(b"\r\n\r\n")
        if not gap or len(body) < _length(head):
            return
        now = time.perf_counter()
        status = head[9:12].decode()
        if status not in ("200", "201"):
            key = f"{status} {body[:200].decode(errors='replace')}"
            self.job.strange[key] = self.job.strange.get(key, 0) + 1
        elif self.sent >= self.job.warm_until:
            self.job.taken.append(now - self.sent)
            self.job.ended = now
        self.answer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None or self.answer:
            self.job.strange["connection lost"] = self.job.strange.get("connection lost", 0) + 1
        if not self.done.done():
            self.done.set_result(None)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("an answer without a length")


def _requests(asked: argparse.Namespace) -> deque[bytes]:
    """All made before the clock starts, so that making them costs the servers nothing."""
    made: deque[bytes] = deque()
    bodies = orders(asked.seed)
    kind = "application/x-ndjson" if asked.batch > 1 else "application/json"
    for number in range(asked.most):
        body = b"\n".join(islice(bodies, asked.batch))
        head = (
            f"POST {asked.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {asked.token}\r\n"
            f"Idempotency-Key: {asked.seed}.{number}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


async def run(asked: argparse.Namespace) -> dict[str, object]:
    """Send for `seconds` after a second of warming up; rates count orders, latencies requests (milliseconds)."""
    loop = asyncio.get_running_loop()
    requests = _requests(asked)
    begin = time.perf_counter() + asked.warm
    job = Job(requests, begin, begin + asked.seconds)
    waits = []
    for _ in range(asked.connections):
        done: asyncio.Future[None] = loop.create_future()
        waits.append(done)
        await loop.create_connection(lambda done=done: Sender(job, done), "127.0.0.1", asked.port)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    await asyncio.wait_for(asyncio.gather(*waits), asked.warm + asked.seconds + 30)
    taken = sorted(job.taken)
    if not taken:
        return {"rate": 0.0, "p50": 0.0, "p99": 0.0, "count": 0, "strange": job.strange, "ran_dry": False}
    return {
        "rate": len(taken) * asked.batch / (job.ended - begin),
        "p50": 1000 * taken[len(taken) // 2],
        "p99": 1000 * taken[min(len(taken) - 1, int(len(taken) * 0.99))],
        "count": len(taken) * asked.batch,
        "strange": job.strange,
        "ran_dry": not requests,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.load")
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("--token", default="none")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--warm", type=float, default=0.5)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--most", type=int, default=20_000, help="requests made ready")
    parser.add_argument("--seed", required=True)
    print(orjson.dumps(uvloop.run(run(parser.parse_args()))).decode())


if __name__ == "__main__":
    main()
