"""A city does not open with demo people who can sign in."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

from liandong.identity.models import Person
from liandong.identity.tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo() -> Person:
    cast.city()
    made = cast.person("demo1", "agent", desk="hot")
    Person.objects.update(demo=True)
    return made


def test_a_city_with_an_active_demo_account_does_not_pass(demo: Person) -> None:
    with override_settings(TRY_MODE=False), pytest.raises(SystemCheckError, match=r"identity\.E001.*demo1"):
        call_command("check", "--database", "default")


def test_the_try_mode_and_switched_off_demo_accounts_pass(demo: Person) -> None:
    call_command("check", "--database", "default")
    Person.objects.update(is_active=False)
    with override_settings(TRY_MODE=False):
        call_command("check", "--database", "default")
