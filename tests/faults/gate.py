"""`python -m tests.faults.gate ROOT NODE…`: the gate of the file ferry as a process of its own, that can be killed.

It copies in small pieces and so slowly that somebody who watches can catch it half-way; a rash one (`--rash`) copies
under the final name at once, the marker first, as the ferry's contract allows.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from config.pair import Side, carry_over, sides_of
from config.statedir import BASE_DIR
from liandong.peers.channels.ferry import IN, MARKER, OUT, SET

LOOK = 0.1
PIECE = 512  # bytes at a time
CITY = BASE_DIR / "cities" / "xinzhou"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.gate")
    parser.add_argument("root", type=Path)
    parser.add_argument("directions", nargs="*", help="codes of the nodes from which files are carried")
    parser.add_argument("--rash", action="store_true")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two pieces of a file")
    asked = parser.parse_args(argv)
    sides = sides_of(CITY, asked.root)
    while True:
        for side, peer in (sides, sides[::-1]):
            if side.code not in asked.directions:
                continue
            try:
                if asked.rash:
                    rashly(side, peer, asked.pause)
                else:
                    carry_over(side, peer, lambda source, to: in_pieces(source, to, asked.pause))
            except OSError as why:
                print(f"gate: {why}", file=sys.stderr, flush=True)  # what is not over stays where it is
        time.sleep(LOOK)


def in_pieces(source: Path, to: Path, pause: float) -> None:
    with source.open("rb") as whole, to.open("wb") as copy:
        while piece := whole.read(PIECE):
            copy.write(piece)
            copy.flush()
            time.sleep(pause)


def rashly(side: Side, peer: Side, pause: float) -> None:
    out, to = side.ferry(peer.code) / OUT, peer.ferry(side.code) / IN
    for marker in sorted(out.glob(f"*{MARKER}")):
        to.mkdir(parents=True, exist_ok=True)
        name = marker.name.removesuffix(MARKER)
        for suffix in reversed(SET):
            in_pieces(out / f"{name}{suffix}", to / f"{name}{suffix}", pause)
        for suffix in reversed(SET):
            (out / f"{name}{suffix}").unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
