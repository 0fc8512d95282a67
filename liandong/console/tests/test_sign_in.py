"""Signing in: who gets in, who is held off, and that nobody learns which accounts exist."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.http import HttpResponse
from django.test import Client, override_settings

from liandong.audit.models import Event
from liandong.console.signing import LOCKED, WRONG
from liandong.identity.models import Person
from liandong.identity.tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    cast.city()


def try_in(client: Client, username: str, password: str, *, address: str = "10.1.0.5", next: str = "/") -> HttpResponse:
    given = {"username": username, "password": password, "next": next}
    answer: HttpResponse = client.post("/sign-in/", given, REMOTE_ADDR=address)  # type: ignore[assignment] # a monkeypatched HttpResponse
    return answer


def same(page: HttpResponse, username: str) -> str:
    """The page without what differs by rights: the name typed and the token of the form."""
    text = page.content.decode().replace(username, "…")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


def test_with_the_right_password_one_is_in_under_a_new_session(client: Client) -> None:
    cast.person("agent", "agent", desk="hot")
    client.get("/sign-in/")
    before = client.session.session_key
    answer = try_in(client, "agent", cast.PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session.session_key not in (None, before)
    home = client.get("/", follow=True).content.decode()
    assert "话务员 · 测试市12345热线" in home
    assert Event.objects.get(kind="person.signed_in").person == Person.objects.get().pk


def test_a_wrong_password_and_a_wrong_name_look_the_same(client: Client) -> None:
    cast.person("agent", "agent", desk="hot")
    gone = cast.person("gone", "agent", desk="hot")
    Person.objects.filter(pk=gone.pk).update(is_active=False)
    pages = {same(try_in(client, name, word), name) for name, word in (
        ("agent", "wrong"), ("nobody", "wrong"), ("gone", cast.PASSWORD),
    )}  # fmt: skip
    assert len(pages) == 1
    assert WRONG in pages.pop()


def test_five_failures_lock_out_even_the_right_password_for_fifteen_minutes(client: Client) -> None:
    cast.person("agent", "agent", desk="hot")
    answers = [try_in(client, "agent", "wrong") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 429]
    right = try_in(client, "agent", cast.PASSWORD)
    assert right.status_code == 429
    assert LOCKED in right.content.decode()
    AccessAttempt.objects.update(attempt_time=AccessAttempt.objects.get().attempt_time - timedelta(minutes=14))
    assert try_in(client, "agent", cast.PASSWORD).status_code == 429
    AccessAttempt.objects.update(attempt_time=AccessAttempt.objects.get().attempt_time - timedelta(minutes=2))
    assert try_in(client, "agent", cast.PASSWORD).status_code == 302


def test_a_name_that_is_no_account_is_locked_with_the_same_page(client: Client) -> None:
    cast.person("agent", "agent", desk="hot")
    for _ in range(5):
        known, unknown = try_in(client, "agent", "wrong"), try_in(client, "nobody", "wrong")
    assert same(known, "agent") == same(unknown, "nobody")
    assert LOCKED in known.content.decode()


def test_one_colleagues_errors_lock_neither_the_desk_nor_the_colleague_elsewhere(client: Client) -> None:
    cast.person("agent", "agent", desk="hot")
    cast.person("other", "agent", desk="hot")
    for _ in range(5):
        try_in(client, "agent", "wrong")
    assert try_in(Client(), "other", cast.PASSWORD).status_code == 302
    assert try_in(Client(), "agent", cast.PASSWORD, address="10.1.0.9").status_code == 302


def test_an_address_made_up_in_a_header_does_not_escape_the_lock(client: Client) -> None:
    cast.person("agent", "agent", desk="hot")
    for number in range(6):
        answer = client.post(
            "/sign-in/", {"username": "agent", "password": "wrong"}, HTTP_X_FORWARDED_FOR=f"10.9.9.{number}"
        )
    assert answer.status_code == 429


def test_behind_our_proxy_the_address_it_wrote_counts(client: Client) -> None:
    cast.person("agent", "agent", desk="hot")
    with override_settings(PROXIES=1):
        client.post("/sign-in/", {"username": "agent", "password": "wrong"}, HTTP_X_FORWARDED_FOR="1.2.3.4, 10.2.0.7")
    assert AccessAttempt.objects.get().ip_address == "10.2.0.7"


def test_the_trail_keeps_failures_and_one_lock_but_no_name_that_is_no_account(client: Client) -> None:
    agent = cast.person("agent", "agent", desk="hot")
    for _ in range(8):
        try_in(client, "agent", "wrong")
    try_in(client, "my secret typed here", "x")
    kinds = list(Event.objects.filter(subject=f"person:{agent.pk}").order_by("id").values_list("kind", flat=True))
    assert kinds == ["signin.failed"] * 4 + ["signin.locked"]
    stray = Event.objects.get(subject="address:10.1.0.5")
    assert "my secret" not in stray.body


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_nobody_is_sent_to_a_strange_house_after_signing_in(client: Client, address: str) -> None:
    cast.person("agent", "agent", desk="hot")
    assert try_in(client, "agent", cast.PASSWORD, next=address)["Location"] == "/"


def test_who_came_for_a_page_gets_there_after_signing_in(client: Client) -> None:
    cast.person("agent", "agent", desk="hot")
    asked = client.get("/account/?a=1")
    assert asked["Location"] == "/sign-in/?next=/account/%3Fa%3D1"
    assert 'name="next" value="/account/?a=1"' in client.get(asked["Location"]).content.decode()
    assert try_in(client, "agent", cast.PASSWORD, next="/account/?a=1")["Location"] == "/account/?a=1"


def test_the_first_password_comes_before_everything_else(client: Client) -> None:
    cast.person("keeper", "keeper", desk="hot", first=True)
    try_in(client, "keeper", cast.PASSWORD)
    for address in ("/", "/tokens/", "/account/", "/tokens/1/revoke/"):
        assert client.get(address)["Location"] == "/account/password/"
    assert client.post("/tokens/", {"name": "x"})["Location"] == "/account/password/"
    page = client.get("/account/password/").content.decode()
    assert "首次登录，请先修改密码" in page
    assert "接口令牌" not in page
    new = {"old": cast.PASSWORD, "new": "blue boat by the river", "again": "blue boat by the river"}
    assert client.post("/account/password/", new)["Location"] == "/"
    assert client.get("/tokens/").status_code == 200


def test_a_changed_password_ends_the_sessions_elsewhere_but_not_this_one(client: Client) -> None:
    cast.person("agent", "agent", desk="hot")
    elsewhere = Client()
    try_in(client, "agent", cast.PASSWORD)
    try_in(elsewhere, "agent", cast.PASSWORD)
    new = {"old": cast.PASSWORD, "new": "blue boat by the river", "again": "blue boat by the river"}
    client.post("/account/password/", new)
    assert client.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "again", "says"),
    [
        ("wrong", "blue boat by the river", "blue boat by the river", "当前密码不正确。"),
        (cast.PASSWORD, cast.PASSWORD, cast.PASSWORD, "新密码不能与当前密码相同。"),
        (cast.PASSWORD, "short", "short", "密码至少需要10个字符。"),
        (cast.PASSWORD, "blue boat by the river", "blue boat", "两次输入的新密码不一致。"),
        ("", "", "", "请填写当前密码。"),
    ],
)
def test_a_refused_password_says_why(client: Client, old: str, new: str, again: str, says: str) -> None:
    cast.person("agent", "agent", desk="hot")
    try_in(client, "agent", cast.PASSWORD)
    page = client.post("/account/password/", {"old": old, "new": new, "again": again})
    assert page.status_code == 422
    assert says in page.content.decode()
    assert Person.objects.get().check_password(cast.PASSWORD)


def test_signing_out_takes_a_post_and_ends_the_session(client: Client) -> None:
    cast.person("agent", "agent", desk="hot")
    try_in(client, "agent", cast.PASSWORD)
    refused = client.get("/sign-out/")
    assert refused.status_code == 405
    assert "请从页面上的按钮操作" in refused.content.decode()
    assert client.get("/account/").status_code == 200
    client.post("/sign-out/")
    assert client.get("/account/").status_code == 302
    assert Event.objects.filter(kind="person.signed_out").count() == 1


def test_a_closed_account_is_out_at_the_next_click(client: Client) -> None:
    cast.person("agent", "agent", desk="hot")
    try_in(client, "agent", cast.PASSWORD)
    Person.objects.update(is_active=False)
    assert client.get("/account/").status_code == 302


def test_the_try_mode_offers_its_demo_people_and_a_city_does_not(client: Client) -> None:
    cast.person("agent", "agent", desk="hot")
    Person.objects.update(demo=True)
    with override_settings(TRY_MODE=True, DEMO_PASSWORD=cast.PASSWORD):
        assert "测试agent" in client.get("/sign-in/").content.decode()
    with override_settings(TRY_MODE=False):
        assert "测试agent" not in client.get("/sign-in/").content.decode()
