"""The description of the API: valid, whole, the one in the repository, and readable without the internet."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from playwright.sync_api import Browser

from config.documents import ROOT
from liandong.exchange.codes import ADVICE, ELSEWHERE, reachable
from liandong.exchange.tests.served import Served
from liandong.kernel.schemas import documents


@pytest.fixture(scope="module")
def description(served: Served) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{served.url}/api/v1/openapi.json").json()
    return found


def operations(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in description["paths"].values():
        yield from methods.values()


def test_the_description_is_valid_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(description).iter_errors()] == []


def test_the_description_in_the_repository_is_the_one_served(description: dict[str, Any]) -> None:
    assert json.loads((ROOT / "docs/protocols/openapi.json").read_text(encoding="utf-8")) == description


def test_every_operation_has_a_name_of_its_own_and_asks_for_a_token(description: dict[str, Any]) -> None:
    names = Counter(operation["operationId"] for operation in operations(description))
    assert set(names.values()) == {1}
    assert all(operation["security"] == [{"SystemToken": []}] for operation in operations(description))


def test_every_published_schema_is_a_component(description: dict[str, Any]) -> None:
    assert set(documents("liandong.intake")) - {"common"} <= set(description["components"]["schemas"])


def test_every_refusal_is_described_as_a_problem(description: dict[str, Any]) -> None:
    for operation in operations(description):
        for code, answer in operation["responses"].items():
            if int(code) >= 400:
                assert list(answer["content"]) == ["application/problem+json"]


def test_every_code_a_system_may_be_told_has_advice_and_a_message_in_chinese() -> None:
    for code, error in reachable().items():
        assert re.fullmatch(r"[a-z_]{1,40}", code)
        assert error.status in ADVICE
        assert re.search("[\u4e00-\u9fff]", error.message)
    assert ELSEWHERE.isdisjoint(reachable())


def test_the_page_of_the_description_asks_no_stranger_for_anything(served: Served) -> None:
    page = httpx.get(f"{served.url}/api/v1/docs")
    assert page.status_code == 200
    assert "://" not in page.text
    assert json.loads(page.text.split('id="swagger-settings">')[1].split("</script>")[0])["validatorUrl"] is None


@pytest.mark.browser
def test_the_page_of_the_description_shows_all_operations_under_our_policy(
    served: Served, description: dict[str, Any], engine: Browser
) -> None:
    complaints: list[str] = []
    asked: list[str] = []
    page = engine.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(f"{served.url}/api/v1/docs")
    assert answer is not None
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    page.locator(".opblock").nth(len(list(operations(description))) - 1).wait_for()
    page.locator(".opblock-summary").first.click()
    page.get_by_text("Idempotency-Key").first.wait_for()
    page.close()
    assert complaints == []
    assert all(url.startswith((served.url, "data:")) for url in asked)
