"""The whole linkage over HTTP: the systems of the 12345 and the 110 hand matters to one another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from liandong.exchange.tests.served import Served
from liandong.exchange.tests.speaking import Program, fits, keeps, problem, work
from liandong.exchange.tests.speaking import police as police_order

REFUSAL = {"code": "not_ours", "basis": "《公安机关110接处警工作规则》"}


def offered(hot: Program, **body: Any) -> dict[str, Any]:
    number = hot.accepted(work(**body))["order_number"]
    return hot.offer(number, "divert", "110", reason="属治安警情")


def concluded(hot: Program, police: Program) -> str:
    number: str = offered(hot)["number"]
    police.step(number, "accept")
    police.step(number, "conclude", result="solved", text="已到场劝解")
    return number


def test_a_matter_goes_over_and_comes_back_done(hot: Program, police: Program) -> None:
    transfer = offered(hot)
    number, linkage = transfer["number"], transfer["linkage_number"]
    assert (transfer["state"], transfer["holder"], transfer["responsible"]) == ("offered", "110", ["12345"])
    accepted = police.step(number, "accept")
    assert (accepted["state"], accepted["responsible"]) == ("accepted", ["110"])
    own = fits("order", police.get(f"/orders/{accepted['target_order']}"), 200)
    assert (own["kind"], own["state"]) == ("police", "handling")
    police.note(number, "arrival", text="民警到场")
    done = police.step(number, "conclude", result="solved", text="已到场劝解")
    assert (done["state"], done["holder"]) == ("concluded", "12345")
    confirmed = hot.step(number, "confirm")
    assert confirmed["state"] == "confirmed"
    assert "ended_at" in confirmed
    matter = fits("matter", hot.get(f"/matters/{linkage}"), 200)
    assert matter["state"] == "closed"
    assert [o["state"] for o in matter["work_orders"] + matter["police_orders"]] == ["closed", "closed"]
    assert [segment["party"] for segment in matter["custody"] if segment["role"] == "lead"] == ["12345", "110"]
    assert fits("matter", police.get(f"/matters/{linkage}"), 200)["transfers"][0]["number"] == number


def test_a_refused_matter_is_contested_agreed_on_and_done(hot: Program, police: Program) -> None:
    number = offered(hot)["number"]
    assert police.step(number, "refuse", **REFUSAL)["state"] == "refused"
    assert hot.step(number, "contest", basis="现场有人受伤")["state"] == "negotiating"
    problem(hot.post(f"/transfers/{number}/steps", {"verb": "award"}), 409, "agreement_missing")
    police.note(number, "position", position="target", text="同意由我台办理")
    assert hot.step(number, "award")["state"] == "awarded"
    assert police.step(number, "accept")["state"] == "accepted"
    police.step(number, "conclude", result="solved", text="已处理")
    again = hot.step(number, "not_solved", code="came_back", text="又发生了")
    assert (again["state"], again["rework"]) == ("accepted", 1)
    police.step(number, "conclude", result="solved", text="再次处理")
    hot.step(number, "confirm")


def test_the_steps_are_numbered_and_chained(hot: Program, police: Program) -> None:
    number = concluded(hot, police)
    steps = police.get(f"/transfers/{number}/steps").json()
    for step in steps:
        keeps("step", step)
    assert [(step["seq"], step["verb"], step["author"]) for step in steps] == [
        (1, "offer", "12345"),
        (2, "accept", "110"),
        (3, "conclude", "110"),
    ]
    assert [step["prev"] for step in steps] == ["0" * 64, *(step["hash"] for step in steps[:-1])]
    transfer = fits("transfer", hot.get(f"/transfers/{number}"), 200)
    assert transfer["head"] == steps[-1]["hash"]
    assert transfer["steps"] == steps


def test_the_notes_are_seen_by_both(hot: Program, police: Program) -> None:
    number = offered(hot)["number"]
    hot.note(number, "supplement", text="补充：在三单元")
    evidence = [{"name": "照片", "hash": "ab" * 32, "taken_at": "2026-01-05T08:00:00+08:00"}]
    police.note(number, "progress", text="已看到", evidence=evidence)
    notes = hot.get(f"/transfers/{number}/notes").json()
    for note in notes:
        keeps("note", note)
    assert [(note["kind"], note["author"], note["after_seq"]) for note in notes] == [
        ("supplement", "12345", 1),
        ("progress", "110", 1),
    ]
    assert notes[1]["body"]["evidence"] == evidence
    assert police.get(f"/transfers/{number}/notes").json() == notes


def test_the_path_from_county_to_city_to_hotline(hot: Program, police: Program, county: Program) -> None:
    order = county.accepted(police_order())
    relayed = county.offer(order["order_number"], "relay", "110", reason="属民生诉求，逐级转派")
    own = police.step(relayed["number"], "accept")["target_order"]
    onward = police.offer(own, "divert", "12345", reason="属民生诉求")
    assert onward["parent"] == relayed["number"]
    hot.step(onward["number"], "accept")
    hot.step(onward["number"], "conclude", result="solved", text="已修复")
    police.step(onward["number"], "confirm")
    fits("matter", hot.get(f"/matters/{order['linkage_number']}"), 200)
    fits("matter", county.get(f"/matters/{order['linkage_number']}"), 200)


def test_an_order_is_handled_by_its_own_desk(hot: Program) -> None:
    number = hot.accepted(work())["order_number"]
    assert hot.act(number, "start")["state"] == "handling"
    answered = hot.act(number, "answer", result="solved", text="已恢复供水")
    assert (answered["state"], answered["answer"]) == ("answered", "已恢复供水")
    assert hot.act(number, "not_satisfied", code="not_done", text="仍无水")["rework"] == 1
    hot.act(number, "urge", text="请尽快")
    hot.act(number, "answer", result="solved", text="已恢复")
    closed = hot.act(number, "confirm")
    assert (closed["state"], closed["outcome"]) == ("closed", "answered")
    assert [line["verb"] for line in closed["history"]] == [
        *("receive", "start", "answer", "not_satisfied", "urge", "answer", "confirm")
    ]


def test_of_two_who_accept_at_once_one_succeeds(served: Served, hot: Program) -> None:
    number = offered(hot)["number"]
    programs = [Program(served.url, served.tokens["police"]) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(lambda p: p.post(f"/transfers/{number}/steps", {"verb": "accept"}), programs))
    assert sorted(r.status_code for r in responses) == [200] + [409] * 7
    for response in responses:
        if response.status_code == 409:
            problem(response, 409)
    assert served.one("SELECT count(*) FROM transfer_steprow s JOIN transfer_transfer t ON t.id = s.transfer_id "
                      "WHERE t.number = %s", number) == (2,)  # fmt: skip


@pytest.mark.parametrize(
    ("who", "verb", "body", "status", "code", "field"),
    [
        ("hot", "accept", {}, 409, "not_holder", None),
        ("police", "confirm", {}, 409, "no_such_edge", None),
        ("police", "release", {}, 409, "no_withdraw_asked", None),
        ("police", "refuse", {}, 422, "basis_missing", "/body/code"),
        ("police", "refuse", {"code": "not_ours"}, 422, "basis_missing", "/body/basis"),
        ("police", "refuse", {"code": "not_ours", "list_item": "NONE"}, 422, "", "/body/list_item"),
        ("police", "explode", {}, 422, "invalid", "/verb"),
        ("police", "accept", {"surprise": 1}, 422, "invalid", "/body/surprise"),
        ("county", "accept", {}, 404, "not_found", None),
    ],
)
def test_a_step_that_cannot_be_taken_changes_nothing(
    request: pytest.FixtureRequest,
    served: Served,
    hot: Program,
    who: str,
    verb: str,
    body: dict[str, Any],
    status: int,
    code: str,
    field: str | None,
) -> None:
    number = offered(hot)["number"]
    program: Program = request.getfixturevalue(who)
    before = served.rows()
    problem(program.post(f"/transfers/{number}/steps", {"verb": verb, "body": body}), status, code, field)
    assert served.rows() == before


def test_a_danger_is_not_refused(hot: Program, police: Program) -> None:
    number = hot.accepted(work(danger={"signal": "有人落水"}))["danger_transfer"]
    problem(police.post(f"/transfers/{number}/steps", {"verb": "refuse", "body": REFUSAL}), 409, "no_such_edge")


@pytest.mark.parametrize(
    ("kind", "body", "status", "field"),
    [
        ("position", {"position": "target", "text": "同意"}, 403, None),
        ("arrival", {}, 403, None),
        ("supplement", {}, 422, "/body/text"),
        ("ruling", {"ruling": "target", "text": "裁定"}, 403, None),
        ("gossip", {"text": "x"}, 422, "/kind"),
    ],
)
def test_a_note_that_may_not_be_written_changes_nothing(
    served: Served, hot: Program, kind: str, body: dict[str, Any], status: int, field: str | None
) -> None:
    number = offered(hot)["number"]
    before = served.rows()
    problem(hot.post(f"/transfers/{number}/notes", {"kind": kind, "body": body}), status, field=field)
    assert served.rows() == before


@pytest.mark.parametrize(
    ("asked", "status", "code", "field"),
    [
        ({"kind": "divert", "to": "nobody", "reason": "x"}, 422, "target_unfit", "/to"),
        ({"kind": "relay", "to": "110", "reason": "x"}, 422, "target_unfit", "/to"),
        ({"kind": "divert", "to": "110"}, 422, "basis_missing", "/reason"),
        ({"kind": "danger", "to": "110"}, 422, "basis_missing", "/signal"),
        ({"kind": "divert", "to": "110", "reason": "x", "list_item": "NONE"}, 422, "", "/list_item"),
    ],
)
def test_an_offer_that_cannot_be_made_changes_nothing(
    served: Served, hot: Program, asked: dict[str, Any], status: int, code: str, field: str
) -> None:
    number = hot.accepted(work())["order_number"]
    before = served.rows()
    problem(hot.post(f"/orders/{number}/transfers", asked), status, code, field)
    assert served.rows() == before


def test_the_same_offer_twice_is_refused(served: Served, hot: Program) -> None:
    transfer = offered(hot)
    before = served.rows()
    asked = {"kind": "divert", "to": "110", "reason": "属治安警情"}
    told = problem(hot.post(f"/orders/{transfer['origin_order']}/transfers", asked), 409, "conflict")
    assert told["transfer"] == transfer["number"]
    assert served.rows() == before


@pytest.mark.parametrize("act", [{"verb": "start"}, {"verb": "urge", "text": "催"}, {"verb": "drop"}])
def test_nothing_is_done_with_a_closed_order(served: Served, hot: Program, act: dict[str, str]) -> None:
    number = hot.accepted(work())["order_number"]
    hot.act(number, "guide", text="请联系物业")
    before = served.rows()
    response = hot.post(f"/orders/{number}/steps", act)
    problem(response, 422 if act["verb"] == "urge" else 409)
    asked = {"kind": "divert", "to": "110", "reason": "x"}
    problem(hot.post(f"/orders/{number}/transfers", asked), 409, "matter_ended")
    assert served.rows() == before


def test_an_order_on_its_way_to_another_desk_is_not_ended(served: Served, hot: Program) -> None:
    number = offered(hot)["origin_order"]
    before = served.rows()
    problem(hot.post(f"/orders/{number}/steps", {"verb": "drop"}), 409, "not_settled")
    assert served.rows() == before


@pytest.mark.parametrize(
    ("act", "field"),
    [
        ({"verb": "answer", "text": "x"}, "/result"),
        ({"verb": "answer", "result": "solved"}, "/text"),
        ({"verb": "answer", "result": "nobody", "text": "x"}, "/result"),
        ({"verb": "not_satisfied", "code": "nobody"}, "/code"),
        ({"verb": "guide"}, "/text"),
        ({"verb": "urge"}, "/text"),
        ({"verb": "hand"}, "/verb"),
        ({}, "/verb"),
        ({"verb": "start", "surprise": 1}, "/surprise"),
    ],
)
def test_an_act_that_says_too_little_is_told_which_field(
    served: Served, hot: Program, act: dict[str, str], field: str
) -> None:
    number = hot.accepted(work())["order_number"]
    before = served.rows()
    problem(hot.post(f"/orders/{number}/steps", act), 422, field=field)
    assert served.rows() == before
