"""One order at the accept door."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from liandong.exchange.tests.served import Served
from liandong.exchange.tests.speaking import Program, fits, problem, unused, work
from liandong.exchange.tests.speaking import police as police_order
from liandong.intake.numbering import LINKAGE, POLICE, WORK
from liandong.kernel import clock
from liandong.kernel.ids import local_day, parse

ONE_ORDER = dict.fromkeys(
    [
        *("intake_matter", "intake_order", "intake_custody", "intake_orderstep", "intake_acceptedkey"),
        *("audit_event", "audit_unsealed", "kernel_fact"),
    ],
    1,
)


def more(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {table: after[table] - before[table] for table in after if after[table] != before[table]}


def test_an_accepted_order_gets_two_numbers_with_right_check_characters(hot: Program) -> None:
    answer = hot.accepted(work())
    matter, order = parse(answer["linkage_number"]), parse(answer["order_number"])
    assert (matter.kind, order.kind) == (LINKAGE, WORK)
    assert matter.division == order.division == "140900"
    assert matter.sequence == order.sequence
    assert matter.day in {local_day(clock.now()), local_day(clock.now() - timedelta(minutes=5))}
    assert datetime.fromisoformat(answer["answer_by"]) > datetime.fromisoformat(answer["accepted_at"])


def test_a_police_order_gets_a_police_number(police: Program) -> None:
    assert parse(police.accepted(police_order())["order_number"]).kind == POLICE


def test_everything_an_order_is_made_of_is_written_when_the_answer_is_there(served: Served, hot: Program) -> None:
    before, key = served.rows(), unused("key")
    answer = hot.accepted(work(external_id=unused("ext")), key)
    assert more(before, served.rows()) == ONE_ORDER
    state, desk, party, verb, subject, kind, payload = served.one(
        """SELECT o.state, o.desk, c.party, s.verb, e.subject, f.kind, f.payload->>'matter'
        FROM intake_order o JOIN intake_matter m ON m.id = o.matter_id JOIN intake_custody c ON c.matter_id = m.id
        JOIN intake_orderstep s ON s.order_id = o.id JOIN audit_event e ON e.subject = m.number
        JOIN audit_unsealed u ON u.event_id = e.id JOIN kernel_fact f ON f.payload->>'order' = o.number
        JOIN intake_acceptedkey k ON k.key = %s WHERE o.number = %s""",
        key,
        answer["order_number"],
    )
    assert (state, desk, party, verb) == ("received", "12345", "12345", "receive")
    assert subject == payload == answer["linkage_number"]
    assert kind == "order.accepted"


def test_the_caller_is_stored_sealed_and_shown_masked(served: Served, hot: Program) -> None:
    caller = {"name": "测试甲", "phone": "13800000000", "identity_number": "140900199001010000"}
    number = hot.accepted(work(caller=caller))["order_number"]
    stored = served.one("SELECT * FROM intake_order WHERE number = %s", number)
    assert not any(value in str(stored) for value in caller.values())
    shown = fits("order", hot.get(f"/orders/{number}"), 200)["caller"]
    assert shown["phone"].startswith("138")
    assert not set(shown.values()) & set(caller.values())


def test_what_was_sent_comes_back_as_it_was(hot: Program) -> None:
    sent = work(
        title="路灯不亮",
        content="第一行\n第二行 “引号” <b>& \\ 结束",
        channel="web",
        nature="complaint",
        urgency="life",
        external_id=unused("ext"),
        place={"division": "140902", "address": "和平街1号", "longitude": 112.7, "latitude": 38.4},
        received_at="2026-01-05T08:00:00+08:00",
        occurred_at="2026-01-05T07:30:00.123456+08:00",
        work={"visit_wanted": True},
        extensions={"厂商": "值", "n": 1.5, "empty": None},
    )
    found = fits("order", hot.get(f"/orders/{hot.accepted(sent)['order_number']}"), 200)
    assert {name: found[name] for name in sent} == sent


def test_the_same_key_with_the_same_body_gets_the_first_answer_again(served: Served, hot: Program) -> None:
    body, key = work(), unused("key")
    first = hot.accepted(body, key)
    before = served.rows()
    again = hot.accept(body, key)
    assert fits("order-accepted", again, 200) == first
    assert again.headers["idempotency-replayed"] == "true"
    assert served.rows() == before


def test_the_same_key_with_another_body_is_refused(served: Served, hot: Program) -> None:
    key = unused("key")
    hot.accepted(work(), key)
    before = served.rows()
    problem(hot.accept(work(title="另一件事"), key), 422, "idempotency_key_reused")
    assert served.rows() == before


def test_two_systems_may_use_the_same_key(hot: Program, police: Program) -> None:
    key = unused("key")
    assert hot.accepted(work(), key) != police.accepted(police_order(), key)


@pytest.mark.parametrize("key", ["", "k" * 151, "with blank", "钥匙".encode().decode("latin-1")])
def test_a_key_that_is_none_is_refused(served: Served, hot: Program, key: str) -> None:
    before = served.rows()
    response = hot.http.post("/orders", json=work(), headers={b"Idempotency-Key": key.encode("latin-1")})
    problem(response, 422, "idempotency_key_unfit")
    assert served.rows() == before


WISHES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "danger": {"danger": {"signal": "燃气泄漏"}},
    "handover": {"handover": {"kind": "divert", "to": "110", "reason": "涉及治安"}},
}


@pytest.mark.parametrize("wish", WISHES)
def test_a_key_sent_sixteen_times_at_once_makes_exactly_one_order(served: Served, wish: str) -> None:
    body, key, before = work(**WISHES[wish]), unused("key"), served.rows()
    programs = [Program(served.url, served.tokens["hot"]) for _ in range(16)]
    with ThreadPoolExecutor(16) as threads:
        responses = list(threads.map(lambda program: program.accept(body, key), programs))
    assert sorted(r.status_code for r in responses) == [200] * 15 + [201]
    answers = [r.json() for r in responses]
    assert answers == [answers[0]] * 16
    after = more(before, served.rows())
    assert (after["intake_order"], after["intake_acceptedkey"]) == (1, 1)
    assert after.get("transfer_transfer", 0) == len(WISHES[wish])
    assert "transfer_noterow" not in after


@pytest.mark.parametrize("wish", WISHES)
def test_an_external_number_sent_again_is_told_what_it_became(served: Served, hot: Program, wish: str) -> None:
    body = work(external_id=unused("ext"), **WISHES[wish])
    first, before = hot.accepted(body), served.rows()
    told = problem(hot.accept(body), 409, "duplicate_external_id", "/external_id")
    assert told["order_number"] == first["order_number"]
    assert told["linkage_number"] == first["linkage_number"]
    assert told["external_id"] == body["external_id"]
    assert served.rows() == before


def test_an_external_number_sent_sixteen_times_at_once_makes_exactly_one_order(served: Served) -> None:
    body, before = work(external_id=unused("ext")), served.rows()
    programs = [Program(served.url, served.tokens["hot"]) for _ in range(16)]
    with ThreadPoolExecutor(16) as threads:
        responses = list(threads.map(lambda program: program.accept(body), programs))
    assert sorted(r.status_code for r in responses) == [201] + [409] * 15
    assert more(before, served.rows())["intake_order"] == 1


def test_two_systems_may_use_the_same_external_number(served: Served, hot: Program, police: Program) -> None:
    before, external = served.rows(), unused("ext")
    numbers = [
        one["order_number"]
        for one in (hot.accepted(work(external_id=external)), police.accepted(police_order(external_id=external)))
    ]
    assert len(set(numbers)) == 2
    assert more(before, served.rows())["intake_order"] == 2


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"nature": "nobody"}, "code_unknown", "/nature"),
        ({"channel": "pigeon"}, "code_unknown", "/channel"),
        ({"kind": "police", "nature": "help"}, "invalid", "/kind"),
        ({"received_at": "2999-01-01T00:00:00+08:00"}, "invalid", "/received_at"),
        ({"occurred_at": "2999-12-31T23:59:59-23:59"}, "invalid", "/occurred_at"),
        ({"received_at": "1000-01-01T00:00:00+08:00"}, "invalid", "/received_at"),
        ({"received_at": "0001-01-01T00:00:00+08:00"}, "invalid", "/received_at"),
        ({"received_at": "9999-12-31T23:59:59Z"}, "invalid", "/received_at"),
        ({"received_at": "2026-01-05T08:00:00+24:00"}, "invalid", "/received_at"),
        ({"received_at": "2026-02-30T08:00:00+08:00"}, "invalid", "/received_at"),
        ({"received_at": "2026-01-05 08:00:00"}, "invalid", "/received_at"),
        ({"occurred_at": "1601-01-01T08:00:00+08:00"}, "invalid", "/occurred_at"),
    ],
)
def test_what_the_rules_refuse_is_named_with_its_field_and_leaves_nothing(
    served: Served, hot: Program, change: dict[str, Any], code: str, field: str
) -> None:
    before = served.rows()
    problem(hot.accept(work(**change)), 422, code, field)
    assert served.rows() == before


def test_several_complaints_about_a_body_come_together(hot: Program) -> None:
    told = problem(hot.accept({"kind": "work", "title": "", "surprise": 1}), 422, "invalid")
    assert {c["field"] for c in told["complaints"]} >= {"/title", "/content", "/nature", "/surprise"}
