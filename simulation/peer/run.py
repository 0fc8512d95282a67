"""`liandong exchange simulate-peer`: a stand-alone 110 or 12345 to try an implementation against. No database.

It answers as a desk would and, on demand, as a bad line does. Equal seed, equal course.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

from liandong.kernel import clock
from liandong.kernel.errors import LiandongError
from liandong.kernel.keys import FolderKeys, KeyUnknown, fingerprint, publics
from liandong.peers.envelope import parse
from liandong.peers.keyring import known_keys
from simulation.peer import faults
from simulation.peer.addresses import add_way, way_of
from simulation.peer.counterpart import Counterpart
from simulation.peer.desk import Manners
from simulation.peer.endpoint import Identity
from simulation.peer.memory import Memory
from simulation.peer.ways import ByChannel, Way

DONE, REFUSED = 0, 2
OTHER = {"110": "12345", "12345": "110"}
EVERY = 0.5
T = TypeVar("T")
STORM_SEED = 7919  # the line's chance is apart from the desk's, so that a fault changes no decision


def main(argv: Sequence[str]) -> int:
    """Play the peer until it is stopped. Returns 2 when what was given cannot be taken."""
    asked = _parser().parse_args([word for word in argv if word != "simulate-peer"])
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        me = identity_of(asked)
        peer = Counterpart(me, asked.seed)
        way = way_of(asked, me, peer.line.read)
        try:
            return _play(asked, peer, way)
        finally:
            way.close()
    except LiandongError as why:
        sys.stderr.write(f"liandong exchange: {why.message}\n")
    except OSError as why:
        sys.stderr.write(f"liandong exchange: 无法读写{why.filename}：{why.strerror}\n")
    except KeyboardInterrupt:
        return DONE
    return REFUSED


def add_identity(parser: argparse.ArgumentParser) -> None:
    """What the kit and the simulated peer have in common: who speaks to whom."""
    parser.add_argument("--role", choices=sorted(OTHER), required=True, help="本方扮演的台")
    parser.add_argument("--code", metavar="节点代码", help="本方节点代码，缺省为 sim-<台>")
    parser.add_argument("--peer-code", required=True, metavar="节点代码", help="被测方节点代码")
    parser.add_argument("--desk", metavar="台", help="本方的台，缺省同 --role")
    parser.add_argument("--peer-desk", metavar="台", help="被测方的台，缺省为另一方")
    parser.add_argument("--keys", type=Path, required=True, metavar="目录", help="本方密钥目录；空的则生成一把")
    parser.add_argument("--peer-keys", type=Path, required=True, metavar="目录", help="被测方公钥目录")
    parser.add_argument("--division", default="140900", metavar="区划", help="编号所用的区划代码")
    parser.add_argument("--seed", type=int, default=1, help="随机种子；同一种子、同样来报，过程相同")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="liandong exchange simulate-peer", description="独立的模拟 110 或 12345")
    add_identity(parser)
    add_way(parser)
    parser.add_argument("--fault", default="", metavar="故障", help="如 drop=0.1,duplicate,reorder,delay=5s,forge")
    parser.add_argument("--answers", type=float, default=2, metavar="秒", help="多久作出回应")
    parser.add_argument("--concludes", type=float, default=10, metavar="秒", help="签收后多久办结")
    parser.add_argument("--offers", type=int, default=0, metavar="件", help="主动移交多少件")
    parser.add_argument("--offer-every", type=float, default=30, metavar="秒", help="每隔多久移交一件")
    parser.add_argument("--state", type=Path, metavar="文件", help="状态文件；重启后接着演")
    parser.add_argument("--seconds", type=float, metavar="秒", help="到时即止，缺省一直运行")
    return parser


def identity_of(asked: argparse.Namespace) -> Identity:
    """Who we are; a key is made where there is none. Raises KeyUnknown when the peer has none."""
    keys = FolderKeys(asked.keys)
    code = asked.code or f"sim-{asked.role}"
    if not keys.ids():
        public = keys.make(f"{code}-1")
        print(f"已生成密钥{code}-1，公钥指纹 {fingerprint(public)}；请将 {asked.keys}/{code}-1.pub.pem 登记在被测方。")
    entered = publics(asked.peer_keys)
    if not entered:
        raise KeyUnknown(f"目录{asked.peer_keys}中没有被测方的公钥文件（密钥编号.pub.pem）。")
    return Identity(
        code=code,
        desk=asked.desk or asked.role,
        peer=asked.peer_code,
        peer_desk=asked.peer_desk or OTHER[asked.role],
        keys=keys,
        signing=keys.ids()[-1],
        known=known_keys({asked.peer_code: entered}),
        division=asked.division,
    )


def _play(asked: argparse.Namespace, peer: Counterpart, way: ByChannel) -> int:
    given, me = faults.read(asked.fault, way.kind), peer.me
    slower = faults.SLOWER if given.slow else 1
    peer.manners = Manners(
        answers=timedelta(seconds=asked.answers * slower), concludes=timedelta(seconds=asked.concludes * slower)
    )
    memory = Memory(peer, asked.state, print)
    storm = faults.Storm(given, Random(asked.seed + STORM_SEED))
    way.bear(given, Random(asked.seed + STORM_SEED + 1))
    begin = clock.now()
    until = begin + timedelta(seconds=asked.seconds) if asked.seconds else None
    left, next_offer = asked.offers, begin
    print(f"模拟{me.desk}（{me.code}）已就绪，被测方 {me.peer_desk}（{me.peer}）", flush=True)
    while until is None or clock.now() < until:
        now = clock.now()
        offers = bool(left and now >= next_offer)
        if offers:
            left, next_offer = left - 1, now + timedelta(seconds=asked.offer_every)
        turn(memory, way, storm, now, offers=offers)
        time.sleep(EVERY)
    return DONE


def turn(memory: Memory, way: Way, storm: faults.Storm, now: datetime, *, offers: bool = False) -> int:
    """One round: what came is kept before anything is answered. Returns how many messages came and went."""
    came = _tolerant(way.fetch, memory.say) or []
    going = storm.passed(memory.tick(came, now, offers=offers), now)
    _tolerant(lambda: way.send(going), memory.say)
    for raw in going:
        memory.say(f"发 {told(raw)}")
    return len(came) + len(going)


def _tolerant(does: Callable[[], T], say: Callable[[str], object]) -> T | None:
    """A line that is down is a line that is down: what was not taken is said again by itself."""
    try:
        return does()
    except LiandongError as why:
        say(why.message)
        return None


def told(raw: bytes) -> str:
    """A message in one line, as far as it can be read."""
    try:
        one = parse(raw)
    except LiandongError as why:
        return f"读不懂的报文（{why.code}）"
    what = f" {one.data.get('verb') or one.data.get('kind')}" if one.kind in ("step", "note") else ""
    return f"{one.kind}{what} 第{one.serial}号 {one.subject}"
