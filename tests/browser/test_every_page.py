"""Every page there is, in light and in dark: axe finds nothing, the browser complains of nothing, it fits, and it has
one heading of the first level. A new page is added to PAGES, or told among those that are none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.browser.conftest import People
from tests.browser.screen import DESK, WALL, Screen, beside
from tests.journeys import city, neighbours
from tests.journeys.test_pages_handover import take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Name of the route → who looks, and the address where the name alone does not make one.
PAGES: dict[str, tuple[str, str]] = {
    "sign-in": ("", "/sign-in/"),
    "home": ("feng-jiekou", "/"),
    "account": ("li-rexian", "/account/"),
    "password": ("li-rexian", "/account/password/"),
    "styleguide": ("li-rexian", "/styleguide/"),
    "people": ("chen-guanli", "/people/"),
    "account-of": ("chen-guanli", "/people/li-rexian/"),
    "tokens": ("chen-guanli", "/tokens/"),
    "token-revoke": ("chen-guanli", "/tokens/{token}/revoke/"),
    "desk": ("li-rexian", "/desk/"),
    "accept": ("zhao-jingtai", "/orders/new/"),
    "drafts": ("li-rexian", "/drafts/"),
    "order": ("li-rexian", "/orders/{order}/"),
    "caller": ("li-rexian", "/orders/{order}/caller/"),
    "orders": ("li-rexian", "/orders/"),
    "work": ("li-rexian", "/orders/open/"),
    "search": ("li-rexian", "/search/?q=赌博"),
    "own-exports": ("he-zhiban", "/exports/own/"),
    "exports": ("lu-duban", "/exports/"),
    "audit": ("shi-shenji", "/audit/"),
    "usage": ("chen-guanli", "/usage/"),
    "token-usage": ("chen-guanli", "/usage/{token}/"),
    "transfers-waiting": ("zhao-jingtai", "/transfers/waiting/"),
    "transfers-inbound": ("li-rexian", "/transfers/inbound/"),
    "transfers-outbound": ("li-rexian", "/transfers/outbound/"),
    "transfers-negotiating": ("li-rexian", "/transfers/negotiating/"),
    "transfers-clues": ("zhao-jingtai", "/transfers/clues/"),
    "row": ("zhao-jingtai", "/transfers/{transfer}/row/"),
    "row-act": ("zhao-jingtai", "/transfers/{transfer}/row/refuse/"),
    "diversion": ("zhou-lianxi", "/diversion/"),
    "diversion-version": ("zhou-lianxi", "/diversion/2027-1/"),
    "diversion-about": ("zhou-lianxi", "/diversion/2027-1/about/"),
    "diversion-changes": ("zhou-lianxi", "/diversion/2027-1/changes/"),
    "diversion-item": ("zhou-lianxi", "/diversion/2027-1/items/P01/"),
    "diversion-item-new": ("zhou-lianxi", "/diversion/2027-1/items/new/"),
    "corrections": ("lu-duban", "/diversion/corrections/"),
    "quality": ("lu-duban", "/diversion/quality/"),
    "quality-orders": ("lu-duban", "/diversion/quality/orders/"),
    "diversion-replays": ("zhou-lianxi", "/diversion/2027-1/replays/"),
    "diversion-replay": ("zhou-lianxi", "/diversion/2027-1/replays/{replay}/"),
    "room": ("li-rexian", "/negotiations/{talk}/"),
    "reports": ("li-rexian", "/transfers/{transfer}/reports/"),
    "arrived": ("li-rexian", "/arrived/"),
    "arrived-from": ("li-rexian", "/arrived/gas/"),
    "peers": ("ma-duijie", "/peers/"),
    "dead-letters": ("he-zhiban", "/peers/dead/"),
    "differences": ("he-zhiban", "/peers/differences/"),
    "stuck": ("he-zhiban", "/peers/stuck/"),
    "parcels-apart": ("ma-duijie", "/peers/apart/"),
}
# The home once more for everybody whose desk, unit or post makes another page of it.
HOMES = [
    (username, "/desk/")
    for username in ("wang-shouli", "zhao-jingtai", "qian-xiantai", "sun-ranqi", "zhou-lianxi", "lu-duban", "wu-chayue")
]
# Addresses a person does not look at: they only take a post, or answer a script.
NO_PAGES = {
    *("healthz", "metrics", "session", "sign-out", "search-phone", "order-act", "order-offer", "order-danger"),
    *("transfer-step", "transfer-note", "transfer-relay", "room-step", "room-note"),
    *("alarm", "transfer-acknowledge"),
    *("document", "document-picture", "document-add", "document-take-down"),
    *("list-save", "list-export", "list-ask", "export-decide", "export-file", "orders-bulk"),
    *("audit-verify", "audit-export"),
    *("diversion-step", "diversion-file", "diversion-import", "diversion-item-remove"),
    *("correction-settle", "order-correct"),
    *("diversion-replay-stop", "diversion-replay-file"),
    *("report-make", "report-step", "report-note", "report-answer", "report-fetch"),
    *("dead-retry", "dead-retry-all", "dead-aside", "refused-send"),
    *("peer-compare", "parcel-fetch", "parcel-settle", "peers-without"),
    *("call-caller", "call-suggest", "call-items", "call-urge", "draft-keep", "draft-discard"),
}


# How far the Tab key is followed on a page, and what is asked of where it stops: its place in the document, and whether
# a ring tells it (of a drawing a line, of a choice the ring of its word).
STOPS = 30
STOP = """() => {
  const here = document.activeElement;
  const ring = (one) => {
    const look = getComputedStyle(one);
    return look.outlineStyle === 'solid' && parseFloat(look.outlineWidth) >= 2;
  };
  const drawn = here.querySelector('rect');
  const line = drawn && parseFloat(getComputedStyle(drawn).strokeWidth) >= 2;
  const box = here.getBoundingClientRect();
  const beside = here.nextElementSibling;
  const within = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  return {
    name: here.tagName,
    what: here.outerHTML.slice(0, 120),
    place: [...document.querySelectorAll('*')].indexOf(here),
    seen: within && (ring(here) || Boolean(line) || (beside !== null && ring(beside))),
  };
}"""


def names(patterns: list[Any]) -> set[str]:
    found = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            # The API has documents of its own, not pages of the console.
            found |= names(pattern.url_patterns) if pattern.namespace is None else set()
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.add(pattern.name)
    return found


@pytest.fixture
def filled(transactional_db: None, settings: Any, tmp_path: Path) -> None:
    """The small city with three calls, one handed over and one a danger, a token, another node, a desk on paper."""
    from liandong.identity import actions as identity
    from liandong.identity.models import Desk, Person
    from liandong.identity.queries import by_person

    city.build()
    neighbours.settle(settings, tmp_path)
    neighbours.fill(tmp_path)
    Desk.objects.filter(pk="gas").update(paper=True)
    take_call(title="小区路灯不亮")
    take_call(title="有人落水，正在呼救", signal="有人落水")
    take_call().press("移交", way="分流 → 市110", list_item="P01")
    take_call(title="棋牌室是否涉赌").press("移交", way="待定 → 市110", reason="是否涉赌不明")
    neighbours.standing_still("棋牌室噪声扰民")
    draft_of_the_list()
    replay_of_the_draft()
    keeper = by_person(Person.objects.get(username="chen-guanli"))
    identity.issue_token(by=keeper, name="热线系统", desk="12345", days=30, rights=["order.read"])


def draft_of_the_list() -> None:
    """A draft in which an item has changed side."""
    from dataclasses import replace

    from liandong.identity.models import Person
    from liandong.identity.queries import by_person
    from liandong.kernel import clock
    from liandong.kernel.ids import local_day
    from liandong.routing import actions
    from liandong.routing.items import fingerprint
    from liandong.routing.queries import access_item, values

    office = by_person(Person.objects.get(username="zhou-lianxi"))
    day = local_day(clock.now()) + timedelta(days=30)
    actions.begin(by=office, code="2027-1", name="第二版", effective_from=day, source="会议纪要", base="2023-1")
    old = values(access_item(office, "2027-1", "P01"))
    actions.put_item(by=office, version="2027-1", item=replace(old, side="12345"), seen=fingerprint(old))


def replay_of_the_draft() -> None:
    """Today under the draft, worked off."""
    from liandong.hindsight import actions, timers
    from liandong.identity.models import Person
    from liandong.identity.queries import by_person
    from liandong.kernel import clock
    from liandong.kernel.duework import run_due
    from liandong.kernel.ids import local_day

    office = by_person(Person.objects.get(username="zhou-lianxi"))
    today = local_day(clock.now())
    actions.ask(by=office, version="2027-1", since=today, until=today)
    assert run_due(timers.DUE[0])


def ids() -> dict[str, Any]:
    from liandong.hindsight.models import Replay
    from liandong.identity.models import SystemToken
    from liandong.intake.models import Order
    from liandong.transfer.models import Transfer

    order = Order.objects.filter(title="楼下有人赌博", kind="work").get()
    return {
        "order": order.number,
        "token": SystemToken.objects.get().pk,
        "replay": Replay.objects.get().pk,
        "transfer": Transfer.objects.get(kind="divert", target="110").number,
        "talk": Transfer.objects.get(kind="unclear").number,
    }


def each(people: People, look: Callable[[Screen], None]) -> None:
    """Open every page in the window of the person it is for, and look."""
    windows: dict[str, Screen] = {}
    known = beside(ids)
    for username, path in [*PAGES.values(), *HOMES]:
        if username not in windows:
            windows[username] = people(username)
        windows[username].open(path.format(**known))
        look(windows[username])


def one_heading_no_violation(screen: Screen) -> None:
    screen.right_in_both_colours()
    screen.ids_are_unique()
    assert screen.page.locator("h1").count() == 1, screen.page.url
    assert screen.page.locator("main").count() == 1, screen.page.url


def the_tab_key_goes_down_the_page(screen: Screen) -> None:
    """And where it is can be seen."""
    assert screen.page.locator("[tabindex]:not([tabindex='0'], [tabindex='-1'])").count() == 0, screen.page.url
    screen.page.evaluate("document.activeElement.blur()")
    seen = []
    for _ in range(STOPS):
        screen.page.keyboard.press("Tab")
        seen.append(screen.page.evaluate(STOP))
        if seen[-1]["name"] == "BODY":
            break  # once round
    assert [stop for stop in seen if stop["name"] != "BODY" and not stop["seen"]] == [], screen.page.url
    places = [stop["place"] for stop in seen if stop["name"] != "BODY"]
    assert places == sorted(places), screen.page.url


def fits_the_wall_and_its_type_grows(screen: Screen) -> None:
    screen.page.set_viewport_size(WALL)
    screen.fits()
    assert screen.page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") > 18
    screen.page.set_viewport_size(DESK)


def test_every_page_can_be_used_by_everybody_in_light_and_dark_by_keys_and_on_the_wall(people: People) -> None:
    """In one visit: to open a page and to make all there is on it takes longer than to look."""

    def look(screen: Screen) -> None:
        one_heading_no_violation(screen)
        the_tab_key_goes_down_the_page(screen)
        fits_the_wall_and_its_type_grows(screen)

    each(people, look)


def test_every_address_is_looked_at_or_told_to_be_no_page() -> None:
    found = {name for name in names(get_resolver().url_patterns) if not name.endswith("-part")}
    assert found == set(PAGES) | NO_PAGES
