"""The page docs/operations/faults.md: what was measured stands between markers, one table a channel."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime

from config import embedded
from config.statedir import BASE_DIR
from tests.faults.trial import Told

PAGE = BASE_DIR / "docs" / "operations" / "faults.md"


def write(channel: str, told: Sequence[Told], *, seed: int, seconds: float, end: Sequence[str]) -> None:
    """Put the table of this channel in place of the one that stands there."""
    begin, close = (f"<!-- measured: {channel}{what} -->" for what in ("", " end"))
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(begin, 1)
    after = rest.split(close, 1)[1]
    made = table(channel, told, seed=seed, seconds=seconds, end=end)
    PAGE.write_text(f"{before}{begin}\n{made}{close}{after}", encoding="utf-8")


def table(channel: str, told: Sequence[Told], *, seed: int, seconds: float, end: Sequence[str]) -> str:
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {seconds:.0f} s in all,",
        f"`python -m tests.faults.pair --channel {channel} --seed {seed} --write`;",
        f"commit {_commit()}, Python {platform.python_version()}, PostgreSQL {embedded.MAJOR},",
        f"{platform.system()} {platform.release()}.",
        "",
        "| fault | what was seen | equal after | slowest danger | messages (sent) | matters at their end | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in told:
        cells = (
            f"`{one.fault}`",
            one.seen or "–",
            "–" if one.skipped else f"{one.equal_after:.1f} s",
            "–" if one.skipped else one.danger,
            f"{one.messages} ({one.sent})",
            str(one.matters),
            one.verdict,
        )
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    lines += [
        "",
        f"Found by the nodes themselves at the end (`liandong check`, `audit verify`): {'；'.join(end) or 'nothing'}",
    ]
    return "\n".join(lines) + "\n"


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=BASE_DIR, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
