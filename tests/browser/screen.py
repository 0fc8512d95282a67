"""One person's browser, with what a test asks of every page: no complaint of the browser, none of axe, a picture."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.journeys import city

Answer = TypeVar("Answer")
# The words that reach over the edge of the card, cell, button or badge they stand in; what scrolls by itself may.
STICKS_OUT = """() => {
  const found = [];
  for (const box of document.querySelectorAll('main :is(.card, td, th, .button, .badge, .notice, .talk__one)')) {
    const words = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    const edge = box.getBoundingClientRect();
    while (edge.width && words.nextNode()) {
      const one = words.currentNode;
      const holder = one.parentElement;
      if (!one.data.trim() || !holder.checkVisibility() || holder.closest('.unseen, svg')) continue;
      const place = document.createRange();
      place.selectNodeContents(one);
      if ([...place.getClientRects()].some((line) => line.right > edge.right + 1 || line.left < edge.left - 1)) {
        found.push(`${box.className || box.tagName}: ${one.data.trim().slice(0, 40)}`);
      }
    }
  }
  return found;
}"""
# What axe asks of colours, and a colour that is another one in the dark.
OF_COLOURS = ("color-contrast", "link-in-text-block")
INK = "getComputedStyle(document.body).color"
AXE = Path(settings.BASE_DIR) / "assets" / "node_modules" / "axe-core" / "axe.min.js"
DESK: ViewportSize = {"width": 1366, "height": 768}
WALL: ViewportSize = {"width": 3840, "height": 2160}


def beside(question: Callable[[], Answer]) -> Answer:
    """Ask the database while a browser runs."""
    return question()


class Screen:
    """A window of its own, signed in as `username` (by cookie) or not at all (empty).

    What the browser complains of (a blocked style, a script error, a failed request) is kept in `complaints`; the
    fixture `people` fails the test for any that `expects` was not told of.
    """

    def __init__(
        self, browser: Browser, address: str, username: str, *, size: ViewportSize = DESK, dark: bool = False
    ) -> None:
        self.address = address
        self.username = username
        self.complaints: list[str] = []
        self.foreseen: list[str] = []
        self.context = browser.new_context(
            viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai", color_scheme="dark" if dark else "light"
        )
        if username:
            self.sign_in_again()
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda said: self.complaints.append(str(said)))

    def sign_in_again(self) -> None:
        """A new session by cookie, as if the person had signed in in another window."""
        key = beside(lambda: city.signed_in(self.username).cookies["sessionid"].value)
        self.context.add_cookies([{"name": "sessionid", "value": key, "url": self.address, "httpOnly": True}])

    def end_session(self) -> None:
        """The session is gone at the server, as after a night or a new password."""
        from django.contrib.sessions.models import Session

        beside(Session.objects.all().delete)

    def expects(self, *words: str) -> None:
        """Complaints that contain one of these are what the test is about."""
        self.foreseen += words

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).locator("visible=true").first.click()

    def unfold(self, label: str) -> None:
        self.page.locator("summary", has_text=label).first.click()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def no_violations(self, *rules: str) -> None:
        """axe finds nothing on the page as it stands; every rule of axe counts, or these alone."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        # What would be gathered for the nodes that keep the rules is left out.
        asked = {"resultTypes": ["violations"], **({"runOnly": {"type": "rule", "values": rules}} if rules else {})}
        found: list[dict[str, Any]] = self.page.evaluate("async (asked) => (await axe.run(asked)).violations", asked)
        told = [f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found]
        assert told == [], f"{self.page.url}\n" + "\n".join(told)

    @contextmanager
    def in_the_dark(self) -> Iterator[None]:
        """The page as it stands, which was in light, is in dark meanwhile."""
        light = self.page.evaluate(INK)
        self.page.emulate_media(color_scheme="dark")
        assert self.page.evaluate(INK) != light, self.page.url
        yield
        self.page.emulate_media(color_scheme="light")

    def right_in_both_colours(self) -> None:
        """axe finds nothing on the page as it stands and it fits, in light and in dark."""
        self.no_violations()
        self.fits()
        with self.in_the_dark():
            self.no_violations(*OF_COLOURS)  # it is the same page in others
            self.fits()

    def ids_are_unique(self) -> None:
        """No two elements have one id: what is looked for by it would be found in the wrong place."""
        twice: list[str] = self.page.evaluate(
            """() => {
              const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
              return ids.filter((id, place) => ids.indexOf(id) !== place);
            }"""
        )
        assert twice == [], f"{self.page.url}: {twice}"

    def fits(self) -> None:
        """Nothing has to be scrolled sideways."""
        widths = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1], f"{self.page.url} is {widths[0]} wide on {widths[1]}"

    def nothing_sticks_out(self) -> None:
        """No words reach over the edge of the card, cell or badge they stand in."""
        told: list[str] = self.page.evaluate(STICKS_OUT)
        assert told == [], f"{self.page.url}\n" + "\n".join(told)

    def focused(self) -> str:
        """The words of what has the focus."""
        words: str = self.page.evaluate(
            "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()"
        )
        return words

    def picture(self, name: str) -> None:
        """A picture for the docs when LIANDONG_PICTURES=1; otherwise none is taken."""
        if os.environ.get("LIANDONG_PICTURES") == "1":
            folder = Path(settings.BASE_DIR) / "docs" / "images"
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{name}.png")

    def unforeseen(self) -> list[str]:
        return [said for said in self.complaints if not any(word in said for word in self.foreseen)]
