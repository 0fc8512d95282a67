"""`liandong exchange simulate`: nodes, network and storage at their worst, and whether the promises hold."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from multiprocessing import get_context

from simulation.network.mutations import MUTATIONS, broken
from simulation.network.play import Played, play

HELD, BROKEN = 0, 1
SHOWN = 5


def main(argv: Sequence[str]) -> int:
    """Play the seeds. Returns 1 when a promise was broken in one of them."""
    asked = _parser().parse_args([word for word in argv if word != "simulate"] if argv[:1] == ["simulate"] else argv)
    # What is loaded stays: the collector need not look through it again for the little that comes and goes in a seed.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    begin = time.monotonic()
    if asked.trace:
        with broken(asked.mutate) if asked.mutate else nullcontext():
            found = [play(asked.start, trace=print)]
    else:
        found = list(
            played(range(asked.start, asked.start + asked.seeds), asked.mutate, asked.processes, asked.seconds)
        )
    counted = told(found, time.monotonic() - begin)
    print(_chinese(counted))
    if asked.json:
        print(json.dumps(counted, ensure_ascii=False))
    return BROKEN if counted["broken"] else HELD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="liandong exchange simulate", description="节点、网络、存储故障的确定性模拟")
    parser.add_argument("--seeds", type=int, default=100, help="模拟多少个种子")
    parser.add_argument("--start", type=int, default=0, help="首个种子；同一种子过程相同")
    parser.add_argument("--seconds", type=float, default=None, help="到时即止，报告已完成的种子")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="并行进程数")
    parser.add_argument("--mutate", choices=sorted(MUTATIONS), help="故意破坏一条规则，应被发现")
    parser.add_argument("--trace", action="store_true", help="只运行首个种子，逐条说明经过")
    parser.add_argument("--json", action="store_true", help="最后一行输出 JSON")
    return parser


def played(seeds: range, mutation: str | None, processes: int, seconds: float | None) -> Iterator[Played]:
    """The seeds one after another or side by side, in their order; with a limit in seconds as many as fit."""
    until = None if seconds is None else time.monotonic() + seconds
    if processes < 2 or len(seeds) < 2:
        with broken(mutation) if mutation else nullcontext():
            for seed in seeds:
                yield play(seed)
                if until is not None and time.monotonic() > until:
                    return
        return
    # Forked, as the children then have what is loaded already; none of it is a thread or a connection.
    with get_context("fork").Pool(processes, _break, (mutation,)) as pool:
        for one in pool.imap(play, seeds, chunksize=8):
            yield one
            if until is not None and time.monotonic() > until:
                return


def _break(mutation: str | None) -> None:
    if mutation:
        broken(mutation).__enter__()


def told(found: Sequence[Played], seconds: float) -> dict[str, object]:
    """The figures of a run, as `--json` prints them."""
    counted, deaths = Counter[str](), Counter[str]()
    for one in found:
        counted += one.counted
        deaths += one.deaths
    wrong = [one for one in found if one.broken is not None]
    return {
        "seeds": len(found),
        "first": found[0].seed if found else None,
        "last": found[-1].seed if found else None,
        "seconds": round(seconds, 1),
        "counted": dict(sorted(counted.items())),
        "deaths": dict(sorted(deaths.items())),
        "lost_by_restore": sum(len(one.lost) for one in found),
        "broken": [
            {"seed": one.seed, "promise": one.broken.promise, "what": str(one.broken)} for one in wrong if one.broken
        ],
    }


def _chinese(counted: dict[str, object]) -> str:
    wrong = counted["broken"]
    assert isinstance(wrong, list)
    of = f"种子 {counted['first']} 至 {counted['last']} 共 {counted['seeds']} 个"
    lines = [f"{of}，{counted['seconds']} 秒，违反承诺 {len(wrong)} 个"]
    lines += [f"  种子 {one['seed']}：{one['what'][:400]}" for one in wrong[:SHOWN]]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
