"""`liandong exchange conformance`: play a peer against an implementation and write what it got right. No database."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

from liandong.kernel import clock
from liandong.kernel.errors import Invalid, LiandongError
from liandong.peers.channels.tls import Files
from liandong.peers.errors import ChannelDown
from simulation.conformance.kit import CASES, Result, as_json, as_markdown, counted, named, play
from simulation.conformance.session import Session
from simulation.conformance.verdicts import CHINESE
from simulation.peer.addresses import add_way, way_of
from simulation.peer.endpoint import Endpoint
from simulation.peer.run import add_identity, identity_of
from simulation.peer.ways import ByChannel, ByHttps

CONFORMS, FAILS, REFUSED = 0, 1, 2
EVERY = 0.3


class PeerAway(LiandongError):
    """The channel was never there: that is no verdict on the peer."""

    code = "peer_away"
    status = 503


class Waits:
    """Seconds of the wall clock: for a machine, and for a person."""

    def __init__(self, machine: float, person: float, *, asks: bool) -> None:
        self._machine, self._person, self._asks = machine, person, asks

    def turns(self, *, acts: bool) -> Iterator[None]:
        until = time.monotonic() + (self._person if acts else self._machine)
        while True:
            yield
            if time.monotonic() >= until:
                return
            time.sleep(EVERY)

    def ask(self, what: str) -> None:
        if self._asks:
            print(f"  请操作：{what}（{self._person:.0f}秒内）", flush=True)


def main(argv: Sequence[str]) -> int:
    """Play the cases. Returns 0 when none failed, 1 when one did, 2 when none was played: what was given cannot be
    taken, or the peer was never there.
    """
    asked = _parser().parse_args([word for word in argv if word != "conformance"])
    if asked.list:
        for one in CASES:
            only = f"（只在{one.only}通道）" if one.only else f"（{one.never}通道除外）" if one.never else ""
            print(f"{one.code:<19} {one.title}{only}：{one.sent} → {one.expected}〔{one.asked_by}〕")
        return CONFORMS
    try:
        return _play(asked)
    except LiandongError as why:
        sys.stderr.write(f"liandong exchange: {why.message}\n")
    except OSError as why:
        sys.stderr.write(f"liandong exchange: 无法读写{why.filename}：{why.strerror}\n")
    except KeyboardInterrupt:
        sys.stderr.write("liandong exchange: 已中断，未写报告。\n")
    return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="liandong exchange conformance", description="协议符合性检查")
    add_identity(parser)
    add_way(parser)
    parser.add_argument(
        "--other-certificate", type=Path, metavar="文件", help="同一机构签发给另一名称的证书，试对方是否拒绝"
    )
    parser.add_argument("--other-key", type=Path, metavar="文件", help="其私钥")
    parser.add_argument("--list", action="store_true", help="只列出用例")
    parser.add_argument("--only", nargs="*", default=[], metavar="用例", help="只做这些用例")
    parser.add_argument(
        "--patience-start", type=float, default=60, metavar="秒", help="开始前等对方接通多久，到时仍不通即不做"
    )
    parser.add_argument("--patience", type=float, default=20, metavar="秒", help="等回执多久")
    parser.add_argument("--patience-desk", type=float, default=60, metavar="秒", help="等对方的台操作多久")
    parser.add_argument("--alone", action="store_true", help="对方无人操作，不提示请其移交")
    parser.add_argument(
        "--out", type=Path, default=Path("conformance"), metavar="前缀", help="报告写到 前缀.md、前缀.json"
    )
    return parser


def _play(asked: argparse.Namespace) -> int:
    known = {one.code for one in CASES}
    if strange := [code for code in asked.only if code not in known]:
        raise Invalid(f"没有用例“{'、'.join(strange)}”，可用 --list 列出全部。", field="--only")
    me = identity_of(asked)
    waits = Waits(asked.patience, asked.patience_desk, asks=not asked.alone)
    reader = Endpoint(me, Random(asked.seed))
    way = way_of(asked, me, reader.read)
    if isinstance(way, ByHttps) and asked.other_certificate and asked.other_key:
        way.other = Files(asked.other_certificate, asked.other_key, asked.ca)
    session = Session(me, way, waits, asked.seed)
    start = Waits(asked.patience_start, 0, asks=False)
    try:
        until_there(way, start.turns(acts=False), asked.patience_start)
        begin = clock.now()
        results = play(session, named(asked.only, way.kind), _told)
    finally:
        way.close()
    counts = counted(results)
    asked.out.with_suffix(".md").write_text(as_markdown(session, results), encoding="utf-8")
    text = json.dumps(as_json(session, results), ensure_ascii=False, indent=1)
    asked.out.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    summary = "、".join(f"{word} {counts[verdict]}" for verdict, word in CHINESE.items())
    print(f"{summary}，用时{(clock.now() - begin).total_seconds():.0f}秒；报告：{asked.out.with_suffix('.md')}")
    return FAILS if counts["fail"] else CONFORMS


def until_there(way: ByChannel, turns: Iterable[None], seconds: float) -> None:
    """Wait for the channel, so that no case is lost to a peer that is still starting. Raises PeerAway."""
    why = ""
    for _ in turns:
        try:
            way.look()
        except ChannelDown as down:
            if not why:
                print(f"等待对方接通，最多{seconds:.0f}秒：{down.message}", flush=True)
            why = down.message
        else:
            return
    raise PeerAway(
        f"被测方在{seconds:.0f}秒内没有接通：{why}没有做任何用例，未写报告。"
        "请在对方就绪后重新运行，或以 --patience-start 等得更久。"
    )


def _told(one: Result) -> None:
    print(f"{CHINESE[one.outcome.verdict]}  {one.case.title}（{one.case.code}）：{one.outcome.came}", flush=True)
