"""The frame's own pages, and what a failure looks like to the person in front of it."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from django.utils.html import escape
from pytest_django import Settings

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as real
from liandong.audit.by import By
from liandong.console.failures import ADVICE, refused_body
from liandong.console.navigation import home_of, open_to
from liandong.console.pages import healthz
from liandong.identity.gate import page
from liandong.identity.models import Post, SystemToken
from liandong.identity.tests import cast
from liandong.kernel.clockface import face
from liandong.kernel.errors import Conflict, Invalid, LiandongError, NotAllowed, NotFound
from liandong.kernel.seals import SealBroken


class TooOften(LiandongError):
    code = "too_often"
    status = 429
    message = "查询过于频繁，请稍后再试。"


FAILURES: dict[str, Exception] = {
    "403": NotAllowed(), "404": NotFound(), "409": Conflict(), "422": Invalid("请填写事发地点。"), "500": SealBroken(),
    "odd": ZeroDivisionError("division by zero"), "413": RequestDataTooBig(), "503": OperationalError("gone"),
    "400": SuspiciousOperation(), "429": TooOften(),
}  # fmt: skip


@page()
def failing(request: HttpRequest, by: By, kind: str) -> HttpResponse:
    raise FAILURES[kind]


urlpatterns = [*real, path("failing/<str:kind>/", failing)]
__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@pytest.fixture
def agent(client: Client) -> Client:
    cast.city()
    client.force_login(cast.person("agent", "agent", desk="hot"), "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def admin(client: Client) -> Client:
    cast.city()
    client.force_login(cast.person("admin", "admin"), "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["403", "404", "409", "422", "500"])
def test_a_failure_with_a_name_is_told_in_chinese_with_its_status(agent: Client, settings: Settings, kind: str) -> None:
    settings.ROOT_URLCONF = __name__
    answer = agent.get(f"/failing/{kind}/")
    failure = FAILURES[kind]
    assert isinstance(failure, LiandongError)
    assert answer.status_code == int(kind)
    text = answer.content.decode()
    assert failure.message in text
    assert failure.code not in text
    assert ("故障编号" in text) == (kind == "500")


@pytest.mark.django_db
def test_a_failure_nobody_foresaw_shows_a_number_and_no_trace(agent: Client, settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    agent.raise_request_exception = False
    answer = agent.get("/failing/odd/")
    text = answer.content.decode()
    assert answer.status_code == 500
    assert re.search(r"故障编号</dt><dd><code>[0-9A-F]{8}</code>", text)
    assert "division" not in text
    assert "Traceback" not in text


@pytest.mark.django_db
def test_a_database_that_is_away_before_the_page_is_asked_is_said_as_that(
    agent: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: SessionStore) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(SessionStore, "load", away)
    agent.raise_request_exception = False
    answer = agent.get("/account/")
    assert answer.status_code == 503
    assert "数据库暂时连不上" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["400", "403", "404", "409", "413", "422", "429", "500", "503"])
def test_every_failure_says_what_was_kept_and_what_to_do_to_people_and_to_scripts(
    agent: Client, settings: Settings, kind: str
) -> None:
    settings.ROOT_URLCONF = __name__
    page = agent.get(f"/failing/{kind}/")
    assert page.status_code == int(kind)
    advice = ADVICE[int(kind)]
    for words in (advice.title, advice.kept, advice.next):
        assert escape(words) in page.content.decode()
    told = agent.get(f"/failing/{kind}/", HTTP_HX_REQUEST="true")
    assert told.status_code == int(kind)
    assert told["Content-Type"] == "application/problem+json"
    assert {"title": advice.title, "kept": advice.kept, "next": advice.next}.items() <= told.json().items()
    assert ("number" in told.json()) == (int(kind) >= 500)


@pytest.mark.django_db
def test_a_database_that_is_away_is_told_without_asking_it(agent: Client, settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    text = agent.get("/failing/503/").content.decode()
    assert "数据库暂时连不上" in text
    assert 'aria-label="主导航"' not in text


@pytest.mark.parametrize("status", [408, 413])
def test_a_body_that_was_not_taken_is_told_before_any_of_django_runs(status: int) -> None:
    page, problem = refused_body(status, script=False), refused_body(status, script=True)
    assert page.status_code == problem.status_code == status
    assert ADVICE[status].kept in page.content.decode()
    assert json.loads(problem.content)["next"] == ADVICE[status].next
    assert "default-src 'none'" in page["Content-Security-Policy"]


@pytest.mark.django_db
def test_a_script_without_a_session_is_told_so_and_not_sent_to_a_page(agent: Client) -> None:
    assert agent.get("/session/").json().keys() == {"person"}
    for how in ({"HTTP_HX_REQUEST": "true"}, {"HTTP_X_REQUESTED_WITH": "fetch"}, {"HTTP_SEC_FETCH_DEST": "empty"}):
        answer = Client().get("/desk/", **how)  # type: ignore[arg-type] # headers, not options
        assert answer.status_code == 401
        assert answer.json()["code"] == "session_over"
    assert Client().get("/desk/").status_code == 302


@pytest.mark.django_db
def test_signing_in_again_by_script_answers_in_words_and_not_with_a_page(agent: Client) -> None:
    visitor, script = Client(), {"HTTP_X_REQUESTED_WITH": "fetch"}
    for given, status, says in (
        ({"username": "agent", "password": ""}, 422, "请填写用户名和密码。"),
        ({"username": "agent", "password": "wrong"}, 422, "用户名或密码不正确"),
    ):
        refused = visitor.post("/sign-in/", given, **script)  # type: ignore[arg-type] # headers, not options
        assert refused.status_code == status
        assert says in refused.json()["detail"]
    taken = visitor.post("/sign-in/", {"username": "agent", "password": cast.PASSWORD}, **script)  # type: ignore[arg-type] # headers, not options
    assert taken.json().keys() == {"person"}
    assert visitor.get("/session/").json() == taken.json()


@pytest.mark.django_db
def test_the_colours_a_person_chose_come_with_the_page(agent: Client) -> None:
    person = agent.get("/session/").json()["person"]

    def dark_sheet() -> str:
        found = re.search(r'id="dark" media="([^"]+)"', agent.get("/account/").content.decode())
        assert found is not None
        return found[1]

    assert dark_sheet() == "screen and (prefers-color-scheme: dark)"
    for chosen, medium in (
        ("dark", "screen"),
        ("light", "not all"),
        ("<b>", "screen and (prefers-color-scheme: dark)"),
    ):
        agent.cookies[f"theme-{person}"] = chosen
        assert dark_sheet() == medium
    agent.cookies[f"theme-{person + 1}"] = "dark"
    assert dark_sheet() == "screen and (prefers-color-scheme: dark)"


@pytest.mark.django_db
def test_each_post_begins_where_its_work_is(admin: Client) -> None:
    sitter = Client()
    sitter.force_login(cast.person("sitter", "agent", desk="hot"), "django.contrib.auth.backends.ModelBackend")
    assert sitter.get("/")["Location"] == "/desk/"
    assert "可以打开的页面" in admin.get("/").content.decode()
    own = By(name="某", post="integrator", desk="hot", rights=frozenset({"tokens.manage", "order.read"}))
    start = home_of(own)
    assert start is not None
    assert start.route == "usage"
    assert open_to(own)[0] == start
    may = frozenset({"order.read", "order.accept"})
    taker = By(name="某", post="call_taker", rights=may, desk="hot")
    clerk = By(name="某", post="unit_clerk", rights=may, unit="xz-spj")
    for by, begins in ((taker, "accept"), (clerk, "desk")):
        entry = home_of(by)
        assert entry is not None
        assert entry.route == begins


@pytest.mark.django_db
def test_a_strange_address_is_told_in_chinese_signed_in_or_not(agent: Client) -> None:
    for who in (agent, Client()):
        answer = who.get("/no/such/page")
        assert answer.status_code == 404
        assert "没有这个页面" in answer.content.decode()


@pytest.mark.django_db
def test_a_form_kept_open_too_long_is_told_in_chinese(agent: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/sign-in/", {"username": "x", "password": "y"})
    assert answer.status_code == 403
    assert "页面停留过久" in answer.content.decode()


@pytest.mark.django_db
def test_a_page_without_the_right_is_refused_and_not_in_the_navigation(agent: Client) -> None:
    assert agent.get("/tokens/").status_code == 403
    assert "/tokens/" not in agent.get("/", follow=True).content.decode()


@pytest.mark.django_db
def test_a_post_without_rights_is_told_what_to_do(agent: Client) -> None:
    Post.objects.update(rights=[])
    assert "请联系本台管理员" in agent.get("/", follow=True).content.decode()


@pytest.mark.django_db
def test_a_token_is_issued_shown_once_and_revoked(admin: Client) -> None:
    given = {"name": "热线系统", "desk": "hot", "days": "30", "rights": ["order.accept", "order.read"]}
    issued = admin.post("/tokens/", given)
    assert issued["Cache-Control"] == "no-store"
    raw = re.search(r"ld_[\w-]{43}[a-z2-7]{4}", issued.content.decode())
    assert raw is not None
    later = admin.get("/tokens/").content.decode()
    assert "热线系统" in later
    assert raw[0] not in later
    address = f"/tokens/{SystemToken.objects.get().pk}/revoke/"
    assert "5秒内全部停止" in admin.get(address).content.decode()
    assert SystemToken.objects.get().revoked_at is None
    assert "已吊销" in admin.post(address, follow=True).content.decode()
    assert "已被吊销" in admin.post(address, follow=True).content.decode()


@pytest.mark.django_db
def test_a_wrongly_filled_token_form_says_what_is_missing(admin: Client) -> None:
    answer = admin.post("/tokens/", {"name": "", "days": "0", "desk": "hot"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "请填写系统名称。" in text
    assert "请选择权限。" in text
    assert not SystemToken.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/account/", "/account/password/", "/styleguide/", "/tokens/"])
def test_pages_keep_to_the_house(admin: Client, address: str) -> None:
    answer = admin.get(address)
    text = answer.content.decode()
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<(script(?! src)|style)|\sstyle=|\son\w+=|https?://", text)
    assert text.count('<main id="main"') == 1
    assert 'href="#main"' in text
    assert '<html lang="zh-Hans">' in text
    assert answer["Cache-Control"] == "no-store"


def test_the_style_sheets_ask_nothing_from_outside() -> None:
    sheets = list((Path(settings.BASE_DIR) / "liandong/console/static/console").glob("*.css"))
    assert len(sheets) >= 3
    text = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    assert "url(" not in text
    assert "@import" not in text
    assert text.count("{") == text.count("}")


@pytest.mark.django_db
def test_health_says_whether_the_database_answers(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_health_says_so_when_the_database_is_gone() -> None:
    def ask() -> HttpResponse:
        # A thread has a connection of its own; on this port nobody listens, so it is really refused.
        mine = connections["default"]
        mine.settings_dict = {**mine.settings_dict, "HOST": "127.0.0.1", "PORT": "1"}
        answer = healthz(RequestFactory().get("/healthz"))
        assert isinstance(answer, HttpResponse)
        return answer

    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(ask).result()
    assert answer.status_code == 503
    assert b"127.0.0.1" not in answer.content


@pytest.mark.parametrize(
    ("minutes", "state", "text"),
    [
        (0, "calm", "剩 3小时"), (119, "calm", "剩 1小时1分"), (120, "soon", "剩 1小时"), (179, "soon", "剩 60秒"),
        (180, "over", "超时 0秒"), (181, "over", "超时 60秒"), (180 + 26 * 60, "over", "超时 1天2小时"),
    ],
)  # fmt: skip
def test_a_clock_turns_yellow_in_its_last_third_and_red_when_due(minutes: int, state: str, text: str) -> None:
    started = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    seen = face(started, started + timedelta(hours=3), started + timedelta(minutes=minutes))
    assert (seen.state, seen.text) == (state, text)
