"""The alarm on the pages themselves, without a script: there from the first moment, and a form answers it."""

from __future__ import annotations

import pytest
from django.test import Client

from liandong.transfer.models import Transfer
from tests.journeys import city
from tests.journeys.sheet import go
from tests.journeys.test_pages_handover import take_call

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city(db: None) -> None:
    city.build()


def signalled() -> Transfer:
    take_call(signal="有人落水")
    return Transfer.objects.get(kind="danger")


def bar(client: Client, address: str = "/account/") -> str:
    """The alarm as the page shows it; empty when it is hidden or not there."""
    _, _, after = go(client, address).html.partition('<section id="alarm"')
    head, _, rest = after.partition(">")
    return "" if " hidden" in head else rest.partition("</section>")[0]


def test_every_page_of_the_desk_shows_it_and_no_other_desks() -> None:
    row = signalled()
    police, hotline, county = (city.signed_in(name) for name in ("zhao-jingtai", "li-rexian", "qian-xiantai"))
    for address in ("/account/", "/desk/", "/orders/"):
        assert row.number in bar(police, address)
    assert "F8" in bar(police)
    assert bar(hotline) == bar(county) == ""


def test_a_danger_without_an_address_names_the_division() -> None:
    take_call(signal="有人落水", division="忻府")
    assert "忻府区" in bar(city.signed_in("zhao-jingtai"))


def test_the_part_is_guarded_as_a_page_is() -> None:
    row = signalled()
    assert Client().get("/transfers/alarm/").status_code == 302
    assert row.number not in city.signed_in("li-rexian").get("/transfers/alarm/").content.decode()
    assert row.number in city.signed_in("zhao-jingtai").get("/transfers/alarm/").content.decode()


def test_without_a_script_the_form_does_it_too_and_says_who_knew() -> None:
    row = signalled()
    police = go(city.signed_in("zhao-jingtai"), "/desk/")
    first = police.post(f"/transfers/{row.number}/acknowledge/")
    assert "赵警台已于" in first.text
    assert bar(police.client) == ""
    second = police.post(f"/transfers/{row.number}/acknowledge/")
    assert "赵警台已于" in second.text


def test_who_could_not_see_to_it_cannot_acknowledge_it() -> None:
    row = signalled()
    reader = go(city.signed_in("wu-chayue"), "/desk/")
    assert reader.post(f"/transfers/{row.number}/acknowledge/").status == 403
    hotline = go(city.signed_in("li-rexian"), "/desk/")
    assert hotline.post(f"/transfers/{row.number}/acknowledge/").status == 403
    row.refresh_from_db()
    assert row.acknowledged_at is None
