"""Lighthouse gives the homes full marks for accessibility and for good practice: two that differ most in a `make test`,
with LIANDONG_JOURNEYS=all all of them. Its marks for speed depend on the machine and belong to the bench."""

from __future__ import annotations

import os

import pytest

from tests.browser.conftest import People
from tests.browser.lighthouse import GaveUp, marks, report

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOMES = [("li-rexian", "/desk/"), ("zhao-jingtai", "/orders/new/")]
if os.environ.get("LIANDONG_JOURNEYS") == "all":
    HOMES += [("chen-guanli", "/people/"), ("lu-duban", "/orders/"), ("shi-shenji", "/audit/")]


@pytest.mark.parametrize(("username", "path"), HOMES)
def test_lighthouse_gives_a_home_full_marks(people: People, username: str, path: str) -> None:
    screen = people(username)
    (session,) = [one for one in screen.context.cookies() if one["name"] == "sessionid"]
    said = report(screen.address + path, session["value"], "accessibility", "best-practices")
    assert said["finalDisplayedUrl"] == screen.address + path
    lost = [audit["title"] for audit in said["audits"].values() if audit["score"] == 0]
    assert marks(said) == {"accessibility": 1, "best-practices": 1}, lost


def test_a_page_lighthouse_cannot_judge_is_told_with_the_reason(people: People) -> None:
    people()  # there is a browser
    # The whole Chromium puts a page of its own there, the headless shell nothing.
    with pytest.raises(GaveUp, match=r"prevented page load|unable to reliably load the page"):
        report("http://127.0.0.1:1/", "none", "accessibility")
