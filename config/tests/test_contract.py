from __future__ import annotations

from pathlib import Path

from config import contract


def test_the_import_contract_is_the_one_the_storeys_say() -> None:
    written = Path(__file__).resolve().parents[2] / ".importlinter"
    assert written.read_text(encoding="utf-8") == contract.text(), "run: python -m config.contract > .importlinter"
