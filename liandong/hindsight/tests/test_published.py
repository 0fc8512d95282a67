"""The figures of an evaluation that a city pack carries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.conf import settings

from config.citypack import read_rows
from liandong.audit.by import By
from liandong.hindsight.actions import load_evaluation, publish
from liandong.hindsight.models import Published
from liandong.hindsight.queries.quality import published
from liandong.identity.rights import INSTALLER
from liandong.kernel.rows import BadRow, Loaded, Row

FIGURE = {
    "model": "清单2026-1",
    "list_version": "2026-1",
    "part": "danger",
    "name": "class fire",
    "right": "17",
    "total": "18",
    "wrong": "0",
    "wrong_of": "12",
}


def rows(*changes: Mapping[str, str]) -> list[Row]:
    return [Row("evaluation.csv", line, {**FIGURE, **change}) for line, change in enumerate(changes, start=2)]


@pytest.mark.django_db
def test_what_the_pack_carries_is_shown_and_loaded_again_it_changes_nothing() -> None:
    assert load_evaluation(by=INSTALLER, rows=rows({}, {"name": ""})) == Loaded(created=2)
    assert load_evaluation(by=INSTALLER, rows=rows({}, {"name": ""})) == Loaded(unchanged=2)
    assert [(one.name, one.right, one.total) for one in published()] == [("class fire", 17, 18), ("", 17, 18)]


@pytest.mark.django_db
def test_what_was_measured_later_stays_in_front_of_what_the_pack_carries() -> None:
    load_evaluation(by=INSTALLER, rows=rows({}))
    operator = By(name="系统管理员", post="installer", rights=frozenset({"routing.switch"}))
    figure = {"part": "danger", "name": "", "right": 1, "total": 2, "wrong": 0, "wrong_of": 3}
    publish(by=operator, told={"model": "2", "list_version": "2026-1", "figures": [figure]})
    assert load_evaluation(by=INSTALLER, rows=rows({})) == Loaded(unchanged=1)
    assert [one.model for one in published()] == ["2"]


@pytest.mark.django_db
def test_other_figures_of_the_pack_are_published_anew() -> None:
    load_evaluation(by=INSTALLER, rows=rows({}))
    assert load_evaluation(by=INSTALLER, rows=rows({"right": "18"})) == Loaded(created=1)
    assert [one.right for one in published()] == [18]


@pytest.mark.django_db
def test_a_figure_that_is_no_number_names_its_line_and_column() -> None:
    with pytest.raises(BadRow) as caught:
        load_evaluation(by=INSTALLER, rows=rows({}, {"total": "viele"}))
    assert "第3行 total" in caught.value.message
    assert not Published.objects.exists()


def test_the_pack_and_the_report_tell_of_one_run() -> None:
    """Of the dangers of all classes together; both files are written by `liandong routing evaluate --rows`."""
    root = Path(settings.BASE_DIR)
    carried = read_rows(root / "cities" / "xinzhou" / "evaluation.csv")
    report = (root / "docs" / "routing-evaluation.md").read_text(encoding="utf-8")
    (whole,) = [row for row in carried if row.text("part") == "danger" and not row.optional("name")]
    told = re.search(r"^\| all \| .*?, (\d+) of (\d+) \| .*?, (\d+) of (\d+) \|", report, re.MULTILINE)
    assert told is not None
    assert told.groups() == tuple(whole.text(name) for name in ("right", "total", "wrong", "wrong_of"))
