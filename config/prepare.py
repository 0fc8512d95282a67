"""What `liandong up` does before anything serves: bring the tables up to date and load the city pack, in one go."""

from __future__ import annotations

from collections.abc import Sequence

from config import citypack, migrate


def main(argv: Sequence[str]) -> int:
    """`liandong prepare xinzhou`. One process for both: starting Django twice would double the wait."""
    return migrate.main() or citypack.main(["load", *argv])
