"""The storm over two and three nodes: seeds with no promise broken, and how many a second."""

from __future__ import annotations

import json
import os
import subprocess

from bench.figures import Figure, Result
from bench.ground import BASE, Failed, Ground
from config.processes import liandong

SEEDS, MOST_SECONDS = 10_000, 900.0


def exchange_sim(ground: Ground, quick: bool) -> list[Result]:
    """`liandong exchange simulate` with every core; `quick` stops after ten seconds."""
    seconds = 10.0 if quick else MOST_SECONDS
    command = liandong("exchange", "simulate", "--seeds", str(SEEDS), "--seconds", str(seconds), "--json")
    done = subprocess.run(
        command, env=ground.env(BASE), capture_output=True, text=True, timeout=2 * MOST_SECONDS, check=False
    )
    if not done.stdout.strip():
        raise Failed(f"the simulation ended with {done.returncode}: {done.stderr.strip()[-400:]}")
    counted = json.loads(done.stdout.strip().splitlines()[-1])
    wrong, seeds = counted["broken"], counted["seeds"]
    died = sum(counted["deaths"].values())
    met = counted["counted"]
    about = f"{met.get('messages', 0):,} messages, {died:,} crashes, {met.get('restores', 0):,} restored backups"
    rate = seeds / counted["seconds"] / (os.cpu_count() or 1)
    return [
        Figure(
            "seeds of the storm over two and three nodes in which a promise (I1–I8) was broken",
            str(len(wrong)),
            f"{seeds:,} seeds, {about}",
            len(wrong),
            "; ".join(f"seed {one['seed']} {one['promise']}" for one in wrong[:3]) or "none",
            most=0,
        ),
        Figure(
            "such seeds played",
            f"{seeds:,}",
            f"{counted['seconds']:.0f} s",
            seeds,
            f"{rate:.0f}/s a core",
            least=None if quick else SEEDS,
        ),
    ]
