"""Small habits that a reader may rely on everywhere."""

from __future__ import annotations

import ast
import importlib
import re

import pytest

from config.areas import AREAS
from liandong.kernel.errors import LiandongError
from tests.architecture.source import all_files, files, imports, name, tree

LONGEST_FILE, LONGEST_FUNCTION = 400, 60


def test_time_is_asked_of_the_one_clock_only() -> None:
    asked = re.compile(r"\b(datetime|timezone)\.(now|utcnow|today)\(|\bdate\.today\(|\btime\.time\(")
    found = [name(f) for f in all_files() if asked.search(f.read_text(encoding="utf-8"))]
    assert [file for file in found if file != "liandong/kernel/clock.py"] == []


def test_pages_and_apis_read_through_queries() -> None:
    found = []
    for area in AREAS:
        for file in files(area):
            if file.stem not in ("pages", "api") and file.parent.name != "pages":
                continue
            touched = [n for n in ast.walk(tree(file)) if isinstance(n, ast.Attribute) and n.attr == "objects"]
            found += [f"{name(file)}:{node.lineno}" for node in touched]
    assert found == []


def test_files_are_one_thought() -> None:
    lengths = {name(f): len(f.read_text(encoding="utf-8").splitlines()) for f in all_files()}
    assert {file: lines for file, lines in lengths.items() if lines > LONGEST_FILE} == {}


# Spells out one line for each column of the accept statement; cutting it in two would hide what is missing.
SPELLED_OUT = {"liandong/intake/accepting.py row_for"}


def test_functions_can_be_read_at_a_glance() -> None:
    """Counted without the docstring."""
    long = set()
    for file in all_files():
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body and (body[-1].end_lineno or 0) - body[0].lineno >= LONGEST_FUNCTION:
                    long.add(f"{name(file)} {node.name}")
    assert long - SPELLED_OUT == set()


def test_no_signals_carry_the_trade() -> None:
    found = [
        f"{name(file)} {module}"
        for file in all_files()
        for module in imports(file)
        if module.startswith(("django.db.models.signals", "django.dispatch"))
    ]
    assert found == []


def errors() -> list[type[LiandongError]]:
    for file in all_files():
        importlib.import_module(name(file)[:-3].replace("/", ".").removesuffix(".__init__"))
    found, waiting = list[type[LiandongError]](), [LiandongError]
    while waiting:
        found.append(waiting.pop())
        waiting += [sub for sub in found[-1].__subclasses__() if sub.__module__.startswith("liandong.")]
    return found


# Words that stand in Chinese sentences as they are.
TOKENS = frozenset(
    (
        *("UTF", "CSV", "JSON", "NDJSON", "YYYY", "MM", "DD", "Idempotency", "Key", "S", "Content", "Type", "POST"),
        *("HTTP", "UTC", "IP", "API", "application", "json", "x", "ndjson", "SM", "MB", "KB", "ID", "Authorization"),
        *("ASCII", "GBK", "GB", "NUL", "BOM", "U", "Unicode", "Allow", "Host"),
        *("OpenSSL", "libcrypto", "PEM", "PKCS", "SPKI", "CloudEvents"),
    )
)


def foreign(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]+", text)) - TOKENS


def test_every_named_failure_speaks_chinese() -> None:
    found = errors()
    assert len(found) > 25
    assert {e.__name__: e.message for e in found if foreign(e.message) or not re.search("[一-鿿]", e.message)} == {}
    codes = [error.code for error in found]
    assert all(re.fullmatch("[a-z_0-9]+", code) for code in codes)


def test_messages_given_where_an_error_is_raised_are_chinese_too() -> None:
    named = {error.__name__ for error in errors()}
    wrong = []
    # What the API says to programmers of other systems names their fields; everything else is read by clerks.
    for file in [file for file in all_files() if "exchange" not in file.parts]:
        for node in ast.walk(tree(file)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in named):
                continue
            for part in (n for given in node.args[:1] for n in ast.walk(given) if isinstance(n, ast.Constant)):
                if isinstance(part.value, str) and foreign(part.value) and not _quoted_name(part.value):
                    wrong.append(f"{name(file)}:{node.lineno} {part.value}")
    assert wrong == []


def _quoted_name(text: str) -> bool:
    """A file, column or key of ours that the reader has to find under that name."""
    return not foreign(re.sub(r"[a-z_]+[./=][a-z_./=]*", "", text))


@pytest.mark.parametrize("text", ["Not found", "请 retry"])
def test_the_check_itself_sees_english(text: str) -> None:
    assert foreign(text)
