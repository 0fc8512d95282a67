"""kill -9 at random under load: the storm of tests/faults, longer."""

from __future__ import annotations

import random

from bench.figures import Figure, Result
from bench.ground import Ground
from tests.faults.node import node
from tests.faults.storm import storm


def faults(ground: Ground, quick: bool) -> list[Result]:
    """A node of its own, eight connections, SIGKILL every two to four seconds; then every order is looked for."""
    with node("--no-calls") as whole:
        told = storm(whole, seconds=12 if quick else 60, seed=random.randrange(10**6))
    print(told, flush=True)
    kills = ", ".join(f"{name} {times}" for name, times in sorted(told.kills.items()))
    name = f"orders lost, doubled or broken when processes are killed (seed {told.seed}: {kills})"
    wrong = len(told.wrong)
    return [Figure(name, str(wrong), f"{told.accepted:,} accepted", wrong, "; ".join(told.wrong) or "none", most=0)]
