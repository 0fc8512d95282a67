"""Scripts, styles and pictures: named by what they hold, kept for good by a browser, packed for who takes it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

from config import statics
from config.asgi import application
from config.statics import Receive, Scope, Send, Statics

SCRIPT = "// 联动\n" + "export const answer = 42;\n" * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "static"
    (place / "console").mkdir(parents=True)
    (place / "console" / "app.js").write_text(SCRIPT, encoding="utf-8")
    (place / "console" / "mark.svg").write_text("<svg/>", encoding="utf-8")
    (place / "console" / ".made").write_text("when", encoding="utf-8")
    (place / "console" / "app.js.map").write_text("{}", encoding="utf-8")
    return place


async def django(scope: Scope, receive: Receive, send: Send) -> None:
    """What answers what is no file."""
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"Django's"})


def ask(app: statics.App, path: str, *, takes: str = "gzip, deflate, br", method: str = "GET") -> tuple[Any, ...]:
    """Status, headers and body of the answer."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"accept-encoding", takes.encode())]
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "query_string": b""}
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    start, body = sent
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]


def serve(folder: Path) -> Statics:
    found = statics.files([folder])
    return Statics(found, digest=statics.digest(found), otherwise=django)


def test_a_file_under_the_digest_of_now_is_kept_for_good_and_one_of_before_is_not(folder: Path) -> None:
    app = serve(folder)
    status, headers, body = ask(app, f"/static/{app.digest}/console/mark.svg")
    assert (status, body) == (200, b"<svg/>")
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-type"] == "image/svg+xml"
    status, headers, body = ask(app, "/static/000000000000/console/mark.svg")
    assert (status, body, headers["cache-control"]) == (200, b"<svg/>", "no-cache")


def test_the_digest_changes_with_any_byte_and_any_name(folder: Path) -> None:
    before = statics.digest(statics.files([folder]))
    assert statics.digest(statics.files([folder])) == before
    (folder / "console" / "mark.svg").write_text("<svg></svg>", encoding="utf-8")
    changed = statics.digest(statics.files([folder]))
    (folder / "console" / "mark.svg").rename(folder / "console" / "sign.svg")
    renamed = statics.digest(statics.files([folder]))
    assert len({before, changed, renamed}) == 3


@pytest.mark.parametrize(
    ("takes", "packed"),
    [("gzip, deflate, br, zstd", True), ("*", True), ("br", False), ("", False), ("gzip;q=0, br", False)],
)
def test_a_script_is_packed_for_who_takes_it(folder: Path, takes: str, packed: bool) -> None:
    app = serve(folder)
    _, headers, body = ask(app, f"/static/{app.digest}/console/app.js", takes=takes)
    assert headers["vary"] == "accept-encoding"
    assert headers["content-length"] == str(len(body))
    assert headers.get("content-encoding") == ("gzip" if packed else None)
    assert (gzip.decompress(body) if packed else body) == SCRIPT.encode()


def test_a_script_brings_the_policy_a_worker_made_of_it_lives_by(folder: Path) -> None:
    _, headers, _ = ask(serve(folder), "/static/x/console/app.js")
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/static/x/console/none.js", "/static/x/console/.made", "/static/x/console/app.js.map", "/static/x/",
        "/static/", "/static/x/../console/app.js", "/static/x//console/app.js", "/static/console/app.js",
    ],
)  # fmt: skip
def test_what_is_no_file_is_answered_as_any_other_page_that_is_not_there(folder: Path, path: str) -> None:
    assert ask(serve(folder), path)[::2] == (404, b"Django's")


def test_only_reading_is_answered(folder: Path) -> None:
    app = serve(folder)
    assert ask(app, f"/static/{app.digest}/console/mark.svg", method="POST")[0] == 404
    status, headers, body = ask(app, f"/static/{app.digest}/console/mark.svg", method="HEAD")
    assert (status, headers["content-length"], body) == (200, "6", b"")


def test_the_pages_name_files_that_the_server_has_and_django_finds_the_same() -> None:
    found = statics.files(settings.STATIC_FOLDERS)
    assert {name: finders.find(name) for name in found} == {name: str(path) for name, path in found.items()}
    for name in ("console/app.js", "console/frame.css", "vendor/htmx/htmx.min.js", "vendor/map/140900.json"):
        status, headers, body = ask(application, static(name), takes="")
        assert (status, body) == (200, found[name].read_bytes())
        assert "immutable" in headers["cache-control"]
