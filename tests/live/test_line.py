"""The line between two real processes and a screen: the worker tells, the web server hands on, the reader hears."""

from __future__ import annotations

import socket
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client

from liandong.console.live import BUFFER, LINES_AT_MOST
from liandong.identity import actions as identity
from liandong.identity.models import Person
from liandong.identity.queries import by_person
from liandong.identity.rights import INSTALLER
from liandong.intake.accepting import Incoming
from liandong.intake.actions import accept_order
from liandong.intake.models import Order
from liandong.kernel import clock
from liandong.kernel.hearing import WAITING_AT_MOST
from liandong.kernel.live import Message
from liandong.kernel.telling import write
from liandong.transfer import actions
from liandong.transfer.models import Transfer
from tests.journeys import city
from tests.live.servers import PATIENCE, Reader, Server, session_of, web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _filled(server: Server, transactional_db: None) -> None:
    city.build()
    server.knows_the_city()


def person(username: str) -> Person:
    return Person.objects.select_related("post").get(username=username)


def new_order(username: str = "li-rexian") -> Order:
    by = by_person(person(username))
    kind = "police" if str(by.desk).startswith("110") else "work"
    answer = accept_order(by=by, incoming=Incoming(kind=kind, title="路灯不亮", content="小区门口路灯不亮。"))
    return Order.objects.select_related("matter").get(number=answer["order_number"])


def danger(order: Order) -> Transfer:
    row = actions.raise_danger(by=by_person(person("li-rexian")), matter_id=order.matter_id, signal="有人落水")
    assert row is not None
    return row


def opened(server: Server, username: str, **given: object) -> Reader:
    reader = Reader(server, session_of(username), **given)  # type: ignore[arg-type] # matter, after
    reader.hears("beat")
    return reader


def test_a_danger_is_heard_by_the_desk_it_was_sent_to_with_ids_only(server: Server) -> None:
    police = opened(server, "zhao-jingtai")
    order = new_order()
    row = danger(order)
    told = police.hears("fact", "transfer.offer")
    assert told.data == {
        "id": told.id,
        "kind": "transfer.offer",
        "matter": order.matter.number,
        "order": "",
        "transfer": row.number,
        "danger": True,
        "about": ["danger", "transfers"],
    }


def test_a_desk_does_not_hear_of_what_is_not_its_own(server: Server) -> None:
    county = opened(server, "qian-xiantai")
    new_order()
    danger(new_order())
    new_order("qian-xiantai")
    assert county.hears("fact").data["kind"] == "order.accepted"
    assert [event for event in county.heard() if event.name == "fact"] == []


def test_who_has_the_page_of_a_matter_open_hears_of_it_wherever_it_happens(server: Server) -> None:
    order = new_order()
    row = danger(order)
    conference = opened(server, "zhou-lianxi", matter=order.matter.number)
    actions.take_step(by=by_person(person("zhao-jingtai")), number=row.number, verb="accept")
    assert "matter" in conference.hears("fact", "transfer.accept").data["about"]


def test_a_matter_one_may_not_see_is_not_followed(server: Server) -> None:
    order = new_order()
    assert Reader(server, session_of("qian-xiantai"), matter=order.matter.number).refusal == (404, "not_found")
    assert Reader(server, session_of("qian-xiantai"), matter="x").refusal == (422, "bad_number")


def test_after_a_cut_what_was_missed_is_heard_once(server: Server) -> None:
    before = opened(server, "zhao-jingtai")
    first = danger(new_order())
    mark = before.hears("fact", "transfer.offer").id
    before.leave()
    second, third = danger(new_order()), danger(new_order())
    watching = opened(server, "zhao-jingtai")
    fourth = danger(new_order())
    while watching.hears("fact", "transfer.offer").data["transfer"] != fourth.number:
        pass  # by then all of them have been told
    back = Reader(server, session_of("zhao-jingtai"), after=mark)
    heard = [back.hears("fact", "transfer.offer").data["transfer"] for _ in range(3)]
    assert heard == [second.number, third.number, fourth.number]
    assert first.number not in heard


def test_who_was_away_too_long_is_told_to_look_anew(server: Server) -> None:
    assert Reader(server, session_of("zhao-jingtai"), after=10**15).hears("stale").id < 10**15


@pytest.mark.parametrize("session", ["", "nobody"])
def test_nobody_listens_without_a_session(server: Server, session: str) -> None:
    assert Reader(server, session).refusal == (401, "sign_in_again")


def test_who_may_not_read_orders_or_has_the_first_password_does_not_listen(server: Server) -> None:
    Person.objects.filter(username="zhao-jingtai").update(must_change_password=True)
    assert Reader(server, session_of("zhao-jingtai")).refusal == (401, "sign_in_again")


def test_only_reading_is_answered(server: Server) -> None:
    reader = Reader(server, session_of("zhao-jingtai"))
    headers = dict(reader.answer.getheaders())
    assert headers["cache-control"] == "no-store"
    assert headers["x-accel-buffering"] == "no"
    reader.leave()
    reader.link.request("POST", "/live/", body=b"")
    assert reader.link.getresponse().status == 405


def test_signing_out_ends_the_line_at_once(server: Server) -> None:
    client = Client()
    client.force_login(person("zhao-jingtai"), backend="django.contrib.auth.backends.ModelBackend")
    reader = Reader(server, str(client.cookies[settings.SESSION_COOKIE_NAME].value))
    other = opened(server, "li-rexian")
    reader.hears("beat")
    client.post("/sign-out/")
    assert reader.ended.wait(PATIENCE)
    assert not other.ended.is_set()


def test_closing_an_account_ends_its_lines_at_once(server: Server) -> None:
    reader = opened(server, "zhao-jingtai")
    identity.close_account(by=INSTALLER, username="zhao-jingtai")
    assert reader.ended.wait(PATIENCE)


def test_a_session_that_ended_unsaid_is_found_when_everybody_is_asked(server: Server) -> None:
    """As each minute; here because the connection that hears of accounts was cut and may have missed something."""
    gone, stays = opened(server, "zhao-jingtai"), opened(server, "li-rexian")
    key = session_of("zhao-jingtai")
    Session.objects.exclude(session_key=key).filter(
        session_key__in=[s.session_key for s in Session.objects.all() if _user(s) == person("zhao-jingtai").pk]
    ).update(expire_date=clock.now() - timedelta(hours=1))
    cut_the_listeners()
    assert gone.ended.wait(PATIENCE)
    assert not stays.ended.is_set()


def _user(session: Session) -> int:
    return int(session.get_decoded()["_auth_user_id"])


def cut_the_listeners() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'liandong-live' AND datname = current_database()"
        )


def test_when_the_database_cuts_the_server_off_the_screen_is_told_and_misses_nothing(server: Server) -> None:
    police = opened(server, "zhao-jingtai")
    danger(new_order())
    police.hears("fact", "transfer.offer")
    cut_the_listeners()
    row = danger(new_order())
    police.hears("deaf")
    assert police.hears("fact", "transfer.offer").data["transfer"] == row.number


def test_one_person_has_no_endless_number_of_lines(server: Server) -> None:
    key = session_of("zhao-jingtai")
    lines = [Reader(server, key) for _ in range(LINES_AT_MOST)]
    assert {reader.answer.status for reader in lines} == {200}
    assert Reader(server, key).refusal == (429, "too_many_lines")
    lines[0].leave()
    end = Reader(server, key)
    while end.answer.status == 429:  # the server learns of the close a moment later
        end = Reader(server, key)
    assert end.answer.status == 200


def test_a_reader_that_takes_nothing_is_cut(server: Server) -> None:
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(PATIENCE)
        link.connect(("127.0.0.1", server.port))
        cookie = f"{settings.SESSION_COOKIE_NAME}={session_of('zhao-jingtai')}"
        link.sendall(f"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
        assert link.recv(20).startswith(b"HTTP/1.1 200")
        quick = opened(server, "zhao-jingtai")
        told = 0
        # More than the buffers of both ends, and then more than may wait in the process.
        while told * 200 < 8 * BUFFER + WAITING_AT_MOST * 400:
            with transaction.atomic():
                write([Message(kind=f"test.{told + n}", topics=("transfers:110",)) for n in range(50)])
            told += 50
            quick.hears("fact", f"test.{told - 1}")
        got, until = b"", time.monotonic() + PATIENCE
        while chunk := link.recv(65536):
            got += chunk
            assert time.monotonic() < until, "the line is still open"
        assert got.count(b"event: fact") < told


def test_a_stopping_server_ends_its_lines_by_itself() -> None:
    """With the end HTTP has for it: a server that had to break them off leaves that out, and lets everybody wait."""
    with web() as server, socket.socket() as link:
        link.settimeout(PATIENCE)
        link.connect(("127.0.0.1", server.port))
        cookie = f"{settings.SESSION_COOKIE_NAME}={session_of('zhao-jingtai')}"
        link.sendall(f"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
        got = b""
        while b"event: beat" not in got:
            got += link.recv(65536)
        server.stop()
        while chunk := link.recv(65536):
            got += chunk
        assert got.endswith(b"\r\n0\r\n\r\n")
