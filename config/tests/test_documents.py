"""Generated pages say what their sources say."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import documents


def test_no_generated_page_is_stale() -> None:
    assert documents.stale() == [], "run: python -m config.documents --write"


def test_a_page_that_was_edited_by_hand_is_found_and_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    monkeypatch.setattr(documents, "PAGES", {"docs/page.md": lambda: "as generated\n"})
    assert documents.main([]) == 1
    assert "docs/page.md" in capsys.readouterr().out
    assert documents.main(["--write"]) == 0
    (tmp_path / "docs" / "page.md").write_text("as edited\n")
    assert documents.main([]) == 1
    assert documents.write() == ["docs/page.md"]
    assert documents.main([]) == 0
