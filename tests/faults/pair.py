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
from tests.faults.skew import NoSkew
from tests.faults.space import NoSpace
from tests.faults.table import write, write_rows
from tests.faults.trial import EQUAL_WITHIN, FAULTS, Told, faults_of, trial


def main(argv: Sequence[str]) -> int:
    """Returns 1 when something was lost, doubled, late or left."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.pair", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--channel", choices=sorted(LINKS), default="ferry")
    parser.add_argument("--fault", action="append", choices=[*FAULTS], help="one or several, else all")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--write", action="store_true", help="into docs/operations/faults.md")
    asked = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was begun is cleaned up
    begun = time.monotonic()
    told, end, checked = list[Told](), list[str](), list[str]()
    for setting, faults in faults_of(asked.channel).items():
        if wanted := [fault for fault in faults if not asked.fault or fault in asked.fault]:
            tried = _tried(asked.channel, setting, wanted, asked.seed)
            told, end, checked = told + tried[0], end + tried[1], checked + tried[2]
    for one in (*end, *checked):
        print(f"at the end: {one}")
    if asked.write and asked.fault:
        write_rows(asked.channel, told, seed=asked.seed)
    elif asked.write:
        found = list(dict.fromkeys([*end, *checked]))
        write(asked.channel, told, seed=asked.seed, seconds=time.monotonic() - begun, end=found)
    return 1 if end or not told or any(one.wrong for one in told) else 0


def _tried(kind: str, setting: str, faults: Sequence[str], seed: int) -> tuple[list[Told], list[str], list[str]]:
    """One pair, one fault after the other. Returns what came of them, what is wrong at the end, what the nodes say."""
    told = list[Told]()
    try:
        with couple(kind, setting) as both:
            for fault in faults:
                told.append(trial(both, fault, seed=seed))
                print(told[-1], flush=True)
            return told, [*both.await_equal(EQUAL_WITHIN), *broken(both)], checks(both)
    except (NoSpace, NoSkew) as why:
        return [Told(fault, skipped=str(why)) for fault in faults], [], []


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
