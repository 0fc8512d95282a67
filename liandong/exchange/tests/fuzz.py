"""Let schemathesis loose on the running server, led by the description the server gives of itself.

The suite makes a small run (`test_whatever_is_sent.py`). For a long one, with a seed of its own:
`DATABASE_URL=… python -m liandong.exchange.tests.fuzz --max-examples 500`
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from liandong.exchange.tests.served import ROOT, Served, serving
from liandong.exchange.tests.speaking import Program, work

HERE = Path(__file__).resolve().parent
WISH = {"kind": "divert", "to": "110", "reason": "属治安警情"}


def seeded(hot: Program, police: Program) -> dict[str, list[str]]:
    """Numbers of orders, matters and transfers in several states, so that requests have something to meet."""
    orders, matters, transfers = [], [], []
    for n in range(12):
        answer = hot.accepted(
            work(**({"handover": WISH} if n % 2 else {}), **({"urgency": "danger"} if n == 2 else {}))
        )
        orders.append(answer["order_number"])
        matters.append(answer["linkage_number"])
        transfers += [answer[name] for name in ("transfer", "danger_transfer") if name in answer]
    for number in transfers[:3]:
        police.step(number, "accept")
    police.step(transfers[0], "conclude", result="solved", text="已处理")
    refusal = {"code": "not_ours", "basis": "不属警情"}
    police.step(transfers[-1], "refuse", **refusal)
    police.step(transfers[-2], "refuse", **refusal)
    hot.step(transfers[-2], "contest", basis="有人受伤")
    return {"orders": orders, "matters": matters, "transfers": transfers}


def fuzz(served: Served, numbers: dict[str, list[str]], *options: str) -> subprocess.CompletedProcess[str]:
    """Run all checks in all phases with positive and negative data; the outcome has what was found in its output."""
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(HERE / "fuzz.toml")),
        *("run", f"{served.url}/api/v1/openapi.json", "--checks", "all", "--no-color", "--mode", "all"),
        *("--header", f"Authorization: Bearer {served.tokens['hot']}", *options),
    ]
    env = {
        **os.environ,
        "LIANDONG_FUZZ_NUMBERS": json.dumps(numbers),
        "SCHEMATHESIS_HOOKS": "liandong.exchange.tests.fuzz_hooks",
    }
    # It keeps a folder of what it saw; the next run must not lean on it.
    with tempfile.TemporaryDirectory() as folder:
        env |= {"PYTHONPATH": str(ROOT)}
        return subprocess.run(
            command, cwd=folder, env=env, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )


def main(options: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory() as state, serving(Path(state)) as served:
        numbers = seeded(Program(served.url, served.tokens["hot"]), Program(served.url, served.tokens["police"]))
        done = fuzz(served, numbers, *options)
    sys.stdout.write(done.stdout)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
