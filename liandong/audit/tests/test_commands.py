"""What an auditor sees at a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings

from liandong.audit.by import By
from liandong.audit.catalogue import CatalogueError, EventKind, fields, kinds, register
from liandong.audit.commands import main
from liandong.audit.document import render
from liandong.audit.models import Seal
from liandong.audit.tests.written import DONE, forge, small_trail


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("known_kinds")
def test_an_intact_trail_is_told_in_one_line_with_its_head(clerk: By, capsys: pytest.CaptureFixture[str]) -> None:
    small_trail(clerk)
    head = bytes(Seal.objects.get(number=2).hash).hex()

    assert main(["verify"]) == 0
    assert main(["head"]) == 0
    assert main(["verify", "--deposited", f"2:{head}"]) == 0

    told, headed, _ = capsys.readouterr().out.splitlines()
    assert told == f"审计链完好：事件 7 条，主体 2 个，封签 2 个，待封 2 条。链首：封签 2 {head}"
    assert headed == f"2:{head}"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("known_kinds")
def test_a_broken_trail_fails_the_command_and_names_the_row(clerk: By, capsys: pytest.CaptureFixture[str]) -> None:
    event = small_trail(clerk).a[1]
    forge(f"UPDATE audit_event SET person = 8 WHERE id = {event}")

    assert main(["verify"]) == 1
    assert main(["verify", "--json"]) == 1

    told, machine = capsys.readouterr().out.splitlines()
    assert f"首处为事件 {event}（主体 a）：检索列被改动" in told
    assert json.loads(machine)["first"]["id"] == event
    assert json.loads(machine)["first"]["wrong"] == "columns"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("known_kinds")
def test_a_deposited_head_that_is_gone_fails_the_command(clerk: By, capsys: pytest.CaptureFixture[str]) -> None:
    small_trail(clerk)

    assert main(["verify", "--deposited", f"3:{'00' * 32}"]) == 1

    assert "首处为封签 3：与外部留存的封签校验值不符" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_a_trail_without_seals_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["head"]) == 0
    assert main(["verify", "--json"]) == 0

    said, machine = capsys.readouterr().out.splitlines()
    assert said == "尚无封签"
    assert json.loads(machine)["head"] is None


def test_the_catalogue_page_is_up_to_date() -> None:
    page = Path(settings.BASE_DIR) / "docs" / "audit-events.md"

    assert page.read_text(encoding="utf-8") == render(kinds(), fields()), "run: liandong audit catalogue --write"


@pytest.mark.usefixtures("known_kinds")
def test_the_catalogue_shows_each_kind_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalogue"]) == 0

    assert "| `thing.done` | 办理 | 办理 | `note` |" in capsys.readouterr().out


@pytest.mark.usefixtures("known_kinds")
def test_one_kind_cannot_be_described_in_two_ways() -> None:
    register(DONE)
    with pytest.raises(CatalogueError, match="described twice"):
        register(EventKind(DONE.code, "别的"))
