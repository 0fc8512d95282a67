"""Who is behind a session, asked for many at once: the same answer a page would get."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from liandong.identity import actions
from liandong.identity.models import Person
from liandong.identity.sessions import key_in, signed_in
from liandong.identity.tests import cast
from liandong.kernel import clock

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _city() -> None:
    cast.city()


def session_of(person: Person) -> str:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def test_each_session_has_its_actor() -> None:
    ours, theirs = cast.person("ours", "agent", desk="hot"), cast.person("theirs", "agent", desk="pol")
    first, second = session_of(ours), session_of(theirs)
    found = signed_in([first, second, "no such session"])
    who = {key: (by.person, by.desk) for key, by in found.items()}
    assert who == {first: (ours.pk, "hot"), second: (theirs.pk, "pol")}
    assert found[first].may("order.read")


def test_a_session_that_ended_has_none() -> None:
    key = session_of(cast.person("ours", "agent", desk="hot"))
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    assert signed_in([key]) == {}


def test_who_must_change_the_first_password_has_none() -> None:
    assert signed_in([session_of(cast.person("new", "agent", desk="hot", first=True))]) == {}


def test_a_closed_account_has_none() -> None:
    person = cast.person("ours", "agent", desk="hot")
    key = session_of(person)
    actions.close_account(by=cast.by("boss", "admin"), username="ours")
    assert signed_in([key]) == {}


def test_a_session_from_before_a_new_password_has_none() -> None:
    person = cast.person("ours", "agent", desk="hot")
    key = session_of(person)
    person.set_password("another heron at dusk")
    person.save()
    assert signed_in([key]) == {}


def test_the_key_is_found_among_other_cookies() -> None:
    assert key_in(f"a=b; {settings.SESSION_COOKIE_NAME}=abc; c=d") == "abc"
    assert key_in("a=b") == ""
