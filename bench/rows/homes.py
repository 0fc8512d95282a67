"""How soon a home is on the screen, with a million orders in the tables: a real browser on loopback, and Lighthouse."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from bench.figures import Figure, Result, Skipped
from bench.ground import BASE, Failed, Ground, point_to
from bench.rows.growth import MILLION, QUICK
from config.processes import liandong
from tests.browser import chromium, lighthouse

# Who begins the day where: the hotline's call-taker and dispatcher, the police desk's dispatcher.
HOMES = {
    "rx-shouli": ("受理台", "/orders/new/"),
    "rx-paidan": ("分流台", "/desk/"),
    "jj-diaodu": ("联动台", "/desk/"),
}
MOST_MS = 1000.0
LEAST_MARK = 95.0
TIMES = 9
# How often Lighthouse is asked: its mark for speed goes down with whatever else the machine does meanwhile.
JUDGED = 3
HOW = "desktop preset (no cache, 40 ms, 10 Mbit/s), the line of live updates open"
HANDED_OVER = 40  # open between the two desks, more than a home shows
PAINTED = """
() => new Promise((found) => {
  const seen = (list) => list.find((one) => one.name === 'first-contentful-paint');
  const now = seen(performance.getEntriesByType('paint'));
  if (now) { found(now.startTime); return; }
  new PerformanceObserver((list, watching) => {
    const one = seen(list.getEntries());
    if (one) { watching.disconnect(); found(one.startTime); }
  }).observe({ type: 'paint', buffered: true });
})
"""
SESSION = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from liandong.identity.models import Person
Person.objects.filter(username="{username}").update(must_change_password=False)
person = Person.objects.get(username="{username}")
session = SessionStore()
session[SESSION_KEY] = str(person.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = person.get_session_auth_hash()
session.create()
print("session", session.session_key)
"""


def homes(ground: Ground, quick: bool) -> list[Result]:
    """First contentful paint of each home, nothing cached, median of nine visits."""
    path = chromium.found(chromium.AS_PEOPLE_HAVE)
    if path is None:
        raise Failed("there is no browser on this machine: python -m tests.browser.chromium")
    database = ground.full(QUICK if quick else MILLION)
    hand_over(database)
    with ground.product(database) as port, sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=path, args=chromium.FLAGS)
        try:
            return [one for username in HOMES for one in _home(ground, database, browser, port, username, quick)]
        finally:
            browser.close()


def hand_over(database: str) -> None:
    """Open hand-overs through the ordinary action, so that the lists of both desks have what they show."""
    from liandong.identity.models import Person
    from liandong.identity.queries import by_person
    from liandong.intake.accepting import Incoming, Key
    from liandong.transfer.actions import HandOver, accept_and_hand

    point_to(database)
    try:
        by = by_person(Person.objects.select_related("post").get(username="rx-paidan"))
        for number in range(HANDED_OVER):
            incoming = Incoming(kind="work", title=f"第{number}件：楼下有人聚众赌博", content="来电人称每晚都有。")
            hand = HandOver("divert", "110", {"reason": "属公安机关职责"})
            accept_and_hand(by=by, incoming=incoming, key=Key("bench", f"homes-{number}", bytes(32)), hand_over=hand)
    finally:
        point_to(BASE)


def _home(ground: Ground, database: str, browser: Browser, port: int, username: str, quick: bool) -> list[Result]:
    title, path = HOMES[username]
    key = _session(ground, database, username)
    taken = []
    for _ in range(TIMES + 1):  # the first warms the server's process, as any page before would have
        with _window(browser, port, key) as page:
            page.goto(f"http://127.0.0.1:{port}{path}")
            if not page.title().startswith(title):
                raise Failed(f"{path} of {username} shows {page.title()}")
            taken.append(float(page.evaluate(PAINTED)))
    ms = statistics.median(taken[1:])
    name = f"{title} ({username}) with {QUICK if quick else MILLION:,} orders"
    return [
        Figure(
            f"first paint of {name}, nothing cached",
            f"{ms:.0f} ms",
            f"latest {max(taken[1:]):.0f} ms",
            ms,
            f"{ms:.0f} ms",
            most=MOST_MS,
        ),
        _judged(f"http://127.0.0.1:{port}{path}", key, f"Lighthouse performance of {name}"),
    ]


def _judged(address: str, key: str, name: str) -> Result:
    """The median mark. A visit that came to no judgement is told in the row; without any the row is not measured."""
    marks, lost = [], []
    for _ in range(JUDGED):
        try:
            said = lighthouse.report(address, key, "performance", browsers=chromium.AS_PEOPLE_HAVE)
            marks.append(100 * lighthouse.marks(said)["performance"])
        except lighthouse.GaveUp as why:
            lost.append(str(why).replace("\n", " "))
    if not marks:
        return Skipped(name, f"Lighthouse gave up {JUDGED} times: {lost[0]}")
    note = HOW + (f"; gave up {len(lost)} of {JUDGED} times: {lost[0]}" if lost else "")
    mark = statistics.median(marks)
    told = ", ".join(f"{one:.0f}" for one in marks)
    return Figure(name, f"{mark:.0f}", f"of 100; each visit {told}", mark, f"{mark:.0f}", least=LEAST_MARK, note=note)


@contextmanager
def _window(browser: Browser, port: int, key: str) -> Iterator[Page]:
    """A window without anything kept from before, signed in."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.add_cookies([{"name": "sessionid", "value": key, "url": f"http://127.0.0.1:{port}"}])
    try:
        yield context.new_page()
    finally:
        context.close()


def _session(ground: Ground, database: str, username: str) -> str:
    command = liandong("manage", "shell", "-v", "0", "-c", SESSION.format(username=username))
    done = subprocess.run(command, env=ground.env(database), capture_output=True, text=True, timeout=120, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("session "):
            return line.split()[1]
    raise Failed(f"no session for {username}: {done.stderr.strip()[-400:]}")
