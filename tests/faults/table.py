"""The page docs/operations/faults.md: what was measured stands between markers, one table a channel."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from config import embedded
from config.statedir import BASE_DIR
from tests.faults.trial import Told

PAGE = BASE_DIR / "docs" / "operations" / "faults.md"


def write(channel: str, told: Sequence[Told], *, seed: int, seconds: float, end: Sequence[str]) -> None:
    """Put the table of this channel in place of the one that stands there."""
    _replace(channel, lambda _: table(channel, told, seed=seed, seconds=seconds, end=end))


def write_rows(channel: str, told: Sequence[Told], *, seed: int) -> None:
    """Put the rows of some faults in place of theirs, and say below that they were tried apart."""

    def again(stands: str) -> str:
        lines, fresh = stands.splitlines(), {one.fault: row(one) for one in told}
        for fault, line in fresh.items():
            lines = [line if old.startswith(f"| `{fault}` |") else old for old in lines]
        asked = " ".join(f"--fault {fault}" for fault in fresh)
        command = f"`python -m tests.faults.pair --channel {channel} {asked} --seed {seed} --write`"
        lines += ["", f"Tried apart, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}: {command}."]
        return "\n".join(lines) + "\n"

    _replace(channel, again)


def _replace(channel: str, made: Callable[[str], str]) -> None:
    begin, close = (f"<!-- measured: {channel}{what} -->\n" for what in ("", " end"))
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(begin, 1)
    stands, after = rest.split(close, 1)
    PAGE.write_text(f"{before}{begin}{made(stands)}{close}{after}", encoding="utf-8")


def table(channel: str, told: Sequence[Told], *, seed: int, seconds: float, end: Sequence[str]) -> str:
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {seconds:.0f} s in all,",
        f"`python -m tests.faults.pair --channel {channel} --seed {seed} --write`;",
        f"commit {_commit()}, Python {platform.python_version()}, PostgreSQL {embedded.MAJOR},",
        f"{platform.system()} {platform.release()}, load {os.getloadavg()[2]:.0f} on {os.cpu_count()} cores.",
        "",
        "| fault | what was seen | equal after | danger after | messages (sent) | matters at their end | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [row(one) for one in told]
    lines += [
        "",
        f"Found by the nodes themselves at the end (`liandong check`, `audit verify`): {'；'.join(end) or 'nothing'}",
    ]
    return "\n".join(lines) + "\n"


def row(one: Told) -> str:
    cells = (
        f"`{one.fault}`",
        one.seen or "–",
        "–" if one.skipped else f"{one.equal_after:.1f} s",
        "–" if one.skipped else one.danger,
        f"{one.messages} ({one.sent})",
        str(one.matters),
        one.verdict,
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=BASE_DIR, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
