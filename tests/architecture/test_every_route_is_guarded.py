"""Every address says whom it lets in: a page by its access rule, an operation of the API by its `auth`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from functools import partial
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, path, resolve, reverse
from ninja import NinjaAPI
from ninja.openapi.views import default_home
from ninja.operation import PathView
from ninja.security import HttpBearer

from config.asgi import RAW_ROUTES
from liandong.console.navigation import NAVIGATION
from liandong.exchange.peerdoor import PEER_ROUTES
from liandong.identity.gate import public, rule_of

# Pages open to the world; each new one is written down here by somebody who thought about it.
OPEN = {"sign-in/", "healthz", "metrics", "api/v1/docs", "api/v1/openapi.json"}


def routes(patterns: Sequence[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, here)
        else:
            yield here, pattern.callback


def path_view(view: Callable[..., Any]) -> PathView | None:
    """The operations behind a view of ninja, which hands out a function that closes over them."""
    cells = (cell.cell_contents for cell in getattr(view, "__closure__", None) or ())
    return next((owner for owner in cells if isinstance(owner, PathView)), None)


def says_nothing(view: Callable[..., Any]) -> bool:
    """The root of an API of ninja answers nothing but 404."""
    return isinstance(view, partial) and view.func is default_home


def unguarded(patterns: Sequence[URLPattern | URLResolver]) -> list[str]:
    found = []
    for route, view in routes(patterns):
        operations = path_view(view)
        if operations is not None:
            found += [f"{op.methods} {route}" for op in operations.operations if not op.auth_callbacks]
        elif rule_of(view) is None and not says_nothing(view):
            found.append(route)
    return found


def test_every_address_says_whom_it_lets_in() -> None:
    assert unguarded(get_resolver().url_patterns) == []


def test_only_listed_pages_are_open_to_the_world_and_say_why() -> None:
    rules = {route: rule_of(view) for route, view in routes(get_resolver().url_patterns)}
    opened = {route: rule for route, rule in rules.items() if rule is not None and rule.public}
    assert set(opened) == OPEN
    assert all(rule.reason for rule in opened.values())


def test_every_route_beside_django_says_whom_it_lets_in() -> None:
    rules = {path: rule_of(route) for path, route in RAW_ROUTES.items()}
    assert [path for path, rule in rules.items() if rule is None or not rule.right] == []
    assert {path for path, rule in rules.items() if rule is not None and not rule.token} == {"/live/"}


@pytest.mark.parametrize("path", sorted(RAW_ROUTES))
def test_a_route_beside_django_lets_nobody_in_who_does_not_say_who_they_are(path: str) -> None:
    """It asks by itself, so its rule alone proves nothing: it is asked."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    rule = rule_of(RAW_ROUTES[path])
    assert rule is not None
    scope = {
        "type": "http",
        "method": "POST" if rule.token else "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"content-type", b"application/x-ndjson" if path.endswith("batch") else b"application/json")],
    }

    async def ask() -> None:
        await RAW_ROUTES[path](scope, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 401


@pytest.mark.parametrize("path", sorted(PEER_ROUTES))
def test_a_route_for_other_nodes_lets_nobody_in_without_a_certificate_the_deployment_names(
    path: str, settings: Any
) -> None:
    sent: list[MutableMapping[str, Any]] = []
    settings.CHANNELS, settings.FERRY_DIR = "", ""

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"{}\n"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    rule = rule_of(PEER_ROUTES[path])
    assert rule is not None
    assert rule.certificate
    kind = (b"content-type", b"application/x-ndjson")
    for certificate in (None, {"subject": ((("commonName", "stranger"),),)}):
        sent.clear()
        scope = {"type": "http", "method": "POST", "path": path, "headers": [kind], "peercert": certificate}
        asyncio.run(PEER_ROUTES[path](scope, receive, send))
        assert sent[0]["status"] == 403


def test_every_page_of_the_navigation_exists_and_asks_for_the_right_it_is_listed_with() -> None:
    for entry in NAVIGATION:
        rule = rule_of(resolve(reverse(entry.route)).func)
        assert rule is not None
        assert rule.right == entry.right


def test_this_test_notices_an_open_view_and_an_open_operation() -> None:
    def naked(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    @public("测试")
    def told(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    class Bearer(HttpBearer):
        def authenticate(self, request: HttpRequest, token: str) -> Any:
            return None

    api = NinjaAPI(urls_namespace="guard-test", docs_url=None, openapi_url=None)
    api.get("/naked")(naked)
    api.post("/guarded", auth=Bearer())(naked)
    patterns: list[URLPattern | URLResolver] = [path("open/", naked), path("told/", told)]
    patterns.append(path("", api.urls))
    assert unguarded(patterns) == ["open/", "['GET'] naked"]
