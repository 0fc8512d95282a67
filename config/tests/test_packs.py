"""Every pack in the repository loads, twice without a change, and its people can sign in."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from config import citypack
from liandong.identity.models import Person

PACKS = sorted(path.parent.name for path in citypack.CITIES.glob("*/city.toml"))


def test_there_is_a_pack() -> None:
    assert settings.CITY in PACKS


@pytest.mark.django_db
@pytest.mark.parametrize("name", PACKS)
def test_a_pack_loads_and_loads_again_without_a_change(name: str) -> None:
    first, second = citypack.load_city(name), citypack.load_city(name)
    assert all(done.created for done in first.files.values())
    assert all(not (done.created or done.updated) for done in second.files.values())


@pytest.mark.django_db
def test_every_demo_person_of_the_try_mode_signs_in_and_sees_a_home_page() -> None:
    citypack.load_city(settings.CITY)
    for person in Person.objects.filter(demo=True):
        client = Client()
        client.post("/sign-in/", {"username": person.username, "password": settings.DEMO_PASSWORD})
        home = client.get("/", follow=True)
        assert home.status_code == 200, person.username
        assert person.name in home.content.decode()
