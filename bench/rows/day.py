"""One simulated day of the city, through the real actions, with its checks."""

from __future__ import annotations

import json
import subprocess
import time

from bench.figures import Figure, Result
from bench.ground import BASE, Failed, Ground
from config.processes import liandong

MOST_SECONDS = 30.0


def day(ground: Ground, quick: bool) -> list[Result]:
    """`liandong simulate --days 1`; `quick` simulates a tenth of one."""
    days = 0.1 if quick else 1.0
    command = liandong("simulate", "--days", str(days), "--check", "--json")
    begin = time.monotonic()
    done = subprocess.run(command, env=ground.env(BASE), capture_output=True, text=True, timeout=900, check=False)
    taken = time.monotonic() - begin
    if done.returncode != 0:
        raise Failed(f"the simulation ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-400:]}")
    counted = json.loads(done.stdout.strip().splitlines()[-1])
    orders = sum(counted["orders"].values())
    with_it = "all checks, start and scratch database (which does not wait for the disk)"
    name = f"{days:g} simulated day of the city with {with_it}"
    return [
        Figure(
            name, f"{taken:.1f} s", f"{orders:,} orders", taken, f"{taken:.1f} s", most=None if quick else MOST_SECONDS
        )
    ]
