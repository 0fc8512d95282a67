"""What is announced has a row, what is due has a loop, what is recorded is catalogued, what is a state has a name."""

from __future__ import annotations

import ast
import importlib
import re
from importlib.util import find_spec

from django.apps import apps
from django.db.models import DateTimeField

from config.areas import AREAS
from config.clocks import CLOCKS
from config.reactions import REACTIONS
from liandong.audit.catalogue import kinds
from liandong.intake.states import MATTER, ORDER
from liandong.routing.states import LIST
from liandong.transfer.notes import NOTES
from liandong.transfer.pages.story import CLOCK_LABELS, ORDER_CLOCKS
from liandong.transfer.states import KINDS, TRANSFER
from tests.architecture.source import ROOT, all_files, files, name, tree


def test_every_due_column_has_its_loop() -> None:
    columns = {
        f"{model._meta.db_table}.{field.name}"
        for area in AREAS
        for model in apps.get_app_config(area).get_models()
        for field in model._meta.get_fields()
        if isinstance(field, DateTimeField) and field.name.endswith("_by")
    }
    assert len(CLOCKS) == len({due.name for due in CLOCKS}), "a column has two loops"
    assert {due.name for due in CLOCKS} == columns


def test_every_fact_has_its_row_and_every_row_its_fact() -> None:
    announced: set[str] = set()
    for area in AREAS:
        if find_spec(f"liandong.{area}.facts"):
            announced |= set(getattr(importlib.import_module(f"liandong.{area}.facts"), "FACTS", ()))
    assert set(REACTIONS) == announced


def test_every_kind_of_audit_event_written_in_the_code_is_catalogued() -> None:
    known = {kind.code for kind in kinds()}
    recorded: dict[str, str] = {}
    for file in [*all_files(), *(ROOT / "config").glob("*.py")]:
        for node in ast.walk(tree(file)):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if called in ("record", "trace", "entry"):
                values = [n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant)]
                recorded |= {v: name(file) for v in values if isinstance(v, str) and re.fullmatch(r"[a-z_]+\.\w+", v)}
    assert len(recorded) > 10, "the test no longer sees how events are recorded"
    assert {code: file for code, file in recorded.items() if code not in known} == {}


def test_every_area_tells_what_it_decides_and_is_tested() -> None:
    without = [area for area in AREAS if not (ROOT / "liandong" / area / "README.md").is_file()]
    untested = [area for area in AREAS if not any(f.name.startswith("test_") for f in files(area, tests=True))]
    # The exchange is still being furnished; every other area has both.
    assert {*without, *untested} <= {"exchange"}


def test_every_word_of_the_rules_stands_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = {
        **TRANSFER.states,
        **ORDER.states,
        **MATTER.states,
        **{kind.code: kind.label for kind in KINDS.values()},
        **{edge.verb: edge.label.split("（")[0] for edge in TRANSFER.edges},
        **{edge.verb: edge.label for edge in ORDER.edges if edge.verb != "answer"},
        **{code: note.label for code, note in NOTES.items()},
        **LIST.states,
        **CLOCK_LABELS,
        **ORDER_CLOCKS,
    }
    rows = [line for line in glossary.splitlines() if line.startswith("|")]
    missing = [
        f"{code} {label}"
        for code, label in words.items()
        if not any(f"`{code}`" in row and label in row for row in rows)
    ]
    missing += [f"{e.verb} {e.label}" for e in LIST.edges if not any(f"`{e.verb}`" in r and e.label in r for r in rows)]
    missing += [due.column for due in CLOCKS if f"`{due.column}`" not in glossary]
    assert missing == []
