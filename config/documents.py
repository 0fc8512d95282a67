"""The table of generated documents: which page comes from which function.

`python -m config.documents` names the stale pages and leaves with 1; `--write` writes them. A test runs the same check.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import django

from config import asyncpages, schemapages
from liandong.kernel.schemas import documents

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "liandong" / "intake" / "schemas"
# Message → the example shown. `common` only holds shared definitions and has no section.
SHOWN = {
    "order-accept": "work",
    "order-accepted": "danger",
    "matter": "open",
    "work-order": "answered",
    "police-order": "handed",
    "transfer": "concluded",
    "step": "conclude",
    "note": "ruling",
    "document": "photo",
    "order-act": "answer",
    "transfer-offer": "divert",
    "step-take": "refuse",
    "note-add": "position",
    "problem": "missing",
    "batch-answer": "accepted",
}


def standard() -> str:
    """The page of the published data standard (S1.1, S1.2)."""
    examples = {
        name: json.loads((SCHEMAS / "examples" / f"{name}.{case}.json").read_text(encoding="utf-8"))
        for name, case in SHOWN.items()
    }
    return schemapages.render(documents("liandong.intake"), tuple(SHOWN), examples)


# Message between nodes → the example shown; in the order of the page.
SENT = {
    "envelope": "step",
    "matter": "police",
    "step": "offer",
    "note": "progress",
    "attachment": "photo",
    "receipt": "gap",
    "heartbeat": "online",
    "digest": "days",
    "codes": "results",
    "list": "two",
}


def messages() -> str:
    """The catalogue of the messages between nodes."""
    return schemapages.messages(documents("liandong.peers"), tuple(SENT), _sent())


def asyncapi() -> str:
    """The same for programs: AsyncAPI 3."""
    made = asyncpages.render(documents("liandong.peers"), _sent())
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _sent() -> dict[str, Any]:
    folder = ROOT / "liandong" / "peers" / "schemas" / "examples"
    return {
        name: json.loads((folder / f"{name}.{case}.json").read_text(encoding="utf-8")) for name, case in SENT.items()
    }


def openapi() -> str:
    """The description of the API as it is served."""
    _django()
    from liandong.exchange.api import api

    return json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=1) + "\n"


def peer_openapi() -> str:
    """The description of what one node asks of another by https."""
    _django()
    from liandong.exchange.peeropenapi import document

    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def api_errors() -> str:
    """Every failure a system may be told, with what to do."""
    _django()
    from liandong.exchange.codes import page

    return page()


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


PAGES: dict[str, Callable[[], str]] = {
    "docs/protocols/standard.md": standard,
    "docs/protocols/openapi.json": openapi,
    "docs/protocols/openapi-peers.json": peer_openapi,
    "docs/protocols/messages.md": messages,
    "docs/protocols/asyncapi.json": asyncapi,
    "docs/guides/api-errors.md": api_errors,
}


def stale() -> list[str]:
    """The pages that differ from what their function writes now."""
    return [path for path, page in PAGES.items() if not (ROOT / path).is_file() or _read(path) != page()]


def write() -> list[str]:
    """Write the stale pages; returns them."""
    found = stale()
    for path in found:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(PAGES[path](), encoding="utf-8")
    return found


def main(argv: Sequence[str]) -> int:
    if list(argv) == ["--write"]:
        for path in write():
            print(f"已写入 {path}")
        return 0
    found = stale()
    for path in found:
        print(f"与来源不一致：{path}，请运行 python -m config.documents --write")
    return 1 if found else 0


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
