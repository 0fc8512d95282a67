"""Files of an area above the foundations have a common name, or they are pure rules that never meet Django."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from config.areas import AREAS
from tests.architecture.source import ROOT, files, name

FOUNDATIONS = {"kernel", "audit", "identity"}
DOORS = {"console", "exchange"}
COMMON = {
    "__init__", "actions", "api", "apps", "channels", "errors", "facts", "models", "pages", "queries", "states",
    "timers", "urls",
}  # fmt: skip
# What may be a package, when it is more than one thought.
PACKAGES = {"actions", "channels", "queries", "pages", "models", "templatetags"}
# Rules that also must hold without Django although their file has a common name.
PURE_TOO = {"states", "errors"}


def pure_modules() -> list[str]:
    found = []
    for area in AREAS:
        if area in FOUNDATIONS | DOORS:
            continue
        for file in files(area):
            within = file.relative_to(ROOT / "liandong" / area).with_suffix("").parts
            common = within[0] in COMMON | {"templatetags"} and within[0] not in PURE_TOO
            if not common:
                found.append(".".join(("liandong", area, *within)))
    return found


CHECK = """
import builtins, importlib, sys

BARRED = ("django", "psycopg", "asyncpg", "ninja", "socket", "subprocess", "requests", "httpx")
real = builtins.__import__

def barred(name, *given, **named):
    if name.split(".")[0] in BARRED:
        raise ImportError(f"{name} is out of bounds for a pure rule")
    return real(name, *given, **named)

builtins.__import__ = barred
for module in sys.argv[1:]:
    try:
        importlib.import_module(module)
    except ImportError as why:
        print(f"{module}: {why}")
"""


def outcome(modules: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHECK), *modules], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_rules_are_pure_through_all_they_import() -> None:
    modules = pure_modules()
    assert {"liandong.transfer.baton", "liandong.intake.limits", "liandong.transfer.states"} <= set(modules)
    assert outcome(modules) == ""


def test_the_check_itself_sees_a_rule_that_reads_the_database() -> None:
    assert "out of bounds" in outcome(["liandong.transfer.queries"])


def test_each_file_stands_at_its_place() -> None:
    """A package inside an area is one of these, or data; all else is one file on the first level."""
    strange = [
        name(file)
        for area in AREAS
        if area not in DOORS | FOUNDATIONS
        for file in files(area)
        if len(file.relative_to(ROOT / "liandong" / area).parts) > 1
        and file.relative_to(ROOT / "liandong" / area).parts[0] not in PACKAGES
    ]
    assert strange == []
