"""Accounts and passwords."""

from __future__ import annotations

import pytest

from liandong.audit.by import By
from liandong.audit.models import Event
from liandong.identity import actions
from liandong.identity.errors import OldPasswordWrong, PasswordRefused
from liandong.identity.models import Person
from liandong.identity.queries import by_person
from liandong.identity.rights import INSTALLER
from liandong.identity.tests import cast
from liandong.kernel.errors import Conflict, Invalid, NotAllowed, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    cast.city()


def make(by: By, **changed: str | None) -> Person:
    given: dict[str, str | None] = {
        "username": "new", "name": "新人", "post": "agent", "password": "a first secret", "desk": "hot", **changed,
    }  # fmt: skip
    return actions.make_person(by=by, **given)  # type: ignore[arg-type] # texts, as the signature wants them


def test_a_new_person_has_to_change_the_first_password() -> None:
    made = make(INSTALLER)
    assert made.must_change_password
    assert made.check_password("a first secret")
    assert Event.objects.get(kind="person.made").subject == f"person:{made.pk}"


def test_the_password_never_stands_in_the_trail() -> None:
    made = make(INSTALLER)
    actions.set_password(by=INSTALLER, username="new", password="quite another one")
    bodies = "".join(Event.objects.values_list("body", flat=True))
    assert "secret" not in bodies
    assert "another" not in bodies
    assert made.password not in bodies


def test_who_keeps_one_desk_makes_no_accounts_at_another() -> None:
    keeper = cast.by("keeper", "keeper", desk="hot")
    assert make(keeper).desk_id == "hot"
    with pytest.raises(NotFound):
        make(keeper, username="spy", desk="pol")
    with pytest.raises(NotAllowed):
        make(keeper, username="spy", desk=None, unit="water")


def test_who_keeps_one_desk_resets_no_password_of_another() -> None:
    cast.person("officer", "agent", desk="pol")
    with pytest.raises(NotFound):
        actions.set_password(by=cast.by("keeper", "keeper", desk="hot"), username="officer", password="long enough now")
    assert Person.objects.get(username="officer").check_password(cast.PASSWORD)


def test_nobody_gives_away_a_post_above_the_own() -> None:
    with pytest.raises(NotAllowed):
        make(cast.by("keeper", "keeper", desk="hot"), post="admin")


def test_nobody_takes_over_an_account_above_the_own() -> None:
    cast.person("boss", "admin", desk="hot")
    with pytest.raises(NotAllowed):
        actions.set_password(by=cast.by("keeper", "keeper", desk="hot"), username="boss", password="long enough now")


def test_without_the_right_no_account_is_made() -> None:
    with pytest.raises(NotAllowed):
        make(cast.by("agent", "agent", desk="hot"))


def test_a_username_is_given_once() -> None:
    make(INSTALLER)
    with pytest.raises(Conflict):
        make(INSTALLER)


def test_a_person_sits_at_one_place() -> None:
    with pytest.raises(Invalid):
        make(INSTALLER, unit="water")


@pytest.mark.parametrize("weak", ["short", "1234567890123", "password123", "testagent-new", ""])
def test_a_weak_password_is_refused(weak: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        make(INSTALLER, username="testagent", password=weak)
    assert not any(letter.isascii() and letter.isalpha() for letter in refused.value.message)


def test_changing_the_own_password_lifts_the_duty_to_change_it() -> None:
    new = cast.person("new", "agent", desk="hot", first=True)
    actions.change_own_password(by=by_person(new), old=cast.PASSWORD, new="blue boat by the river")
    new.refresh_from_db()
    assert not new.must_change_password
    assert new.check_password("blue boat by the river")


def test_the_new_password_must_differ_and_the_old_one_be_right() -> None:
    by = cast.by("agent", "agent", desk="hot")
    with pytest.raises(PasswordRefused, match="不能与当前密码相同"):
        actions.change_own_password(by=by, old=cast.PASSWORD, new=cast.PASSWORD)
    with pytest.raises(OldPasswordWrong):
        actions.change_own_password(by=by, old="not this one", new="blue boat by the river")


def test_a_reset_password_has_to_be_changed_again() -> None:
    cast.person("agent", "agent", desk="hot")
    actions.set_password(by=INSTALLER, username="agent", password="for the first day")
    assert Person.objects.get(username="agent").must_change_password
