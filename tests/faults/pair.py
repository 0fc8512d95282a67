"""`python -m tests.faults.pair --channel ferry [--fault NAME …] [--seed N] [--write]`: faults between two real nodes.

One line a fault; with `--write` they become the channel's table in docs/operations/faults.md.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from collections.abc import Sequence

from tests.faults.couple import LINKS, Couple, couple
from tests.faults.mischief import OF_LINKS, OF_NODES
from tests.faults.table import write
from tests.faults.trial import Told, faults_of, trial


def main(argv: Sequence[str]) -> int:
    """Returns 1 when something was lost, doubled, late or left."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.pair", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--channel", choices=sorted(LINKS), default="ferry")
    parser.add_argument("--fault", action="append", choices=[*OF_NODES, *OF_LINKS], help="one or several, else all")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--write", action="store_true", help="into docs/operations/faults.md")
    asked = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was begun is cleaned up
    begun = time.monotonic()
    with couple(asked.channel) as both:
        told = [_tried(both, fault, asked.seed) for fault in asked.fault or faults_of(both)]
        end, checked = [*both.apart(), *broken(both)], checks(both)
    for one in (*end, *checked):
        print(f"at the end: {one}")
    if asked.write:
        write(asked.channel, told, seed=asked.seed, seconds=time.monotonic() - begun, end=[*end, *checked])
    return 1 if end or any(one.wrong for one in told) else 0


def _tried(both: Couple, fault: str, seed: int) -> Told:
    told = trial(both, fault, seed=seed)
    print(told, flush=True)
    return told


def broken(both: Couple) -> list[str]:
    """Where the evidence of a node is no longer whole."""
    told = []
    for end in both.ends:
        verified = end.node.command("audit", "verify")
        if verified.returncode != 0:
            told.append(f"{end.desk}: audit verify: {(verified.stdout + verified.stderr)[-300:]}")
    return told


def checks(both: Couple) -> list[str]:
    """What `liandong check` says: what the faults had to leave must be in it; it is for a person to judge."""
    return [f"{end.desk}: {line}" for end in both.ends for line in end.node.command("check").stderr.splitlines()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
