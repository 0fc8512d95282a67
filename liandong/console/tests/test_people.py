"""The pages on which accounts are managed."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from liandong.audit.models import Event
from liandong.identity.models import Person
from liandong.identity.tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(client: Client) -> Client:
    """Manages the accounts of the hotline's desk."""
    cast.city()
    client.force_login(cast.person("keeper", "keeper", desk="hot"), "django.contrib.auth.backends.ModelBackend")
    return client


def shown(page: str) -> str:
    found = re.search(r'class="secret">([^<]+)<', page)
    assert found is not None
    return found[1]


def test_an_account_is_opened_and_its_password_works_once_to_be_changed(keeper: Client) -> None:
    given = {"username": "new-1", "name": "新受理员", "post": "agent", "desk": "hot"}
    password = shown(keeper.post("/people/", given).content.decode())
    assert password not in keeper.get("/people/").content.decode()
    newcomer = Client()
    newcomer.post("/sign-in/", {"username": "new-1", "password": password})
    assert newcomer.get("/")["Location"] == "/account/password/"


def test_a_taken_name_and_a_strange_one_are_told_beside_the_form(keeper: Client) -> None:
    for username, says in (("keeper", "该用户名已被使用"), ("新 人", "只能用小写字母"), ("", "请填写用户名。")):
        answer = keeper.post("/people/", {"username": username, "name": "新人", "post": "agent", "desk": "hot"})
        assert answer.status_code == 422
        assert says in answer.content.decode()


def test_neither_another_desk_nor_a_higher_post_is_offered_or_taken(keeper: Client) -> None:
    page = keeper.get("/people/").content.decode()
    assert 'value="pol"' not in page
    assert 'value="admin"' not in page
    for changed in ({"desk": "pol"}, {"post": "admin"}, {"desk": ""}):
        given = {"username": "new-1", "name": "新人", "post": "agent", "desk": "hot", **changed}
        assert keeper.post("/people/", given).status_code >= 400
    assert not Person.objects.filter(username="new-1").exists()


def test_a_reset_password_is_shown_once_and_ends_open_sessions(keeper: Client) -> None:
    inside = Client()
    inside.force_login(cast.person("agent", "agent", desk="hot"), "django.contrib.auth.backends.ModelBackend")
    password = shown(keeper.post("/people/agent/", {"verb": "password"}).content.decode())
    assert inside.get("/").status_code == 302
    assert Person.objects.get(username="agent").check_password(password)


def test_a_closed_account_is_out_and_comes_back_with_a_new_first_password(keeper: Client) -> None:
    inside = Client()
    agent = cast.person("agent", "agent", desk="hot")
    inside.force_login(agent, "django.contrib.auth.backends.ModelBackend")
    assert "已停用" in keeper.post("/people/agent/", {"verb": "close"}, follow=True).content.decode()
    assert inside.get("/").status_code == 302
    assert Client().post("/sign-in/", {"username": "agent", "password": cast.PASSWORD}).status_code == 422
    password = shown(keeper.post("/people/agent/", {"verb": "reopen"}).content.decode())
    assert inside.get("/")["Location"] == "/sign-in/?next=/"
    assert inside.post("/sign-in/", {"username": "agent", "password": password}).status_code == 302
    kinds = Event.objects.filter(subject=f"person:{agent.pk}", kind__startswith="person.").order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == ["person.closed", "person.reopened", "person.signed_in"]


def test_nobody_closes_the_own_account_and_so_locks_the_desk_out(keeper: Client) -> None:
    assert "不能停用自己的账号" in keeper.post("/people/keeper/", {"verb": "close"}, follow=True).content.decode()
    assert Person.objects.get(username="keeper").is_active


def test_an_account_of_another_desk_is_not_found(keeper: Client) -> None:
    cast.person("officer", "agent", desk="pol")
    assert keeper.get("/people/officer/").status_code == 404
    assert keeper.post("/people/officer/", {"verb": "close"}).status_code == 404
    assert "officer" not in keeper.get("/people/").content.decode()
