"""Many orders at once: one answer a line, each line for itself."""

from __future__ import annotations

from typing import Any

import orjson

from liandong.exchange.messages import BATCH_LINES
from liandong.exchange.tests.served import Served
from liandong.exchange.tests.speaking import Program, keeps, problem, unused, work
from liandong.exchange.tests.speaking import police as police_order


def lines(*bodies: Any) -> bytes:
    return b"\n".join(body if isinstance(body, bytes) else orjson.dumps(body) for body in bodies)


def answers(program: Program, raw: bytes, status: int, key: str | None = None) -> list[dict[str, Any]]:
    response = program.batch(raw, key)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    found: list[dict[str, Any]] = [orjson.loads(line) for line in response.content.splitlines()]
    for answer in found:
        keeps("batch-answer", answer)
    return found


def statuses(found: list[dict[str, Any]]) -> list[int]:
    return [answer["status"] for answer in found]


def orders(served: Served) -> int:
    return served.rows()["intake_order"]


def test_every_line_of_a_good_batch_is_taken(served: Served, hot: Program) -> None:
    before = orders(served)
    found = answers(hot, lines(*(work(title=f"第{n}件") for n in range(BATCH_LINES))), 200)
    assert [answer["line"] for answer in found] == list(range(1, BATCH_LINES + 1))
    assert len({answer["order_number"] for answer in found}) == BATCH_LINES == orders(served) - before


def test_a_line_that_is_refused_does_not_touch_the_others(served: Served, hot: Program) -> None:
    before = orders(served)
    known = work(external_id=unused("ext"))
    first = hot.accepted(known)
    raw = lines(
        work(),
        b"{broken",
        work(nature="nobody"),
        known,
        police_order(),
        work(received_at="2999-01-01T00:00:00Z"),
        work(danger={"signal": "有人落水"}),
        work(surprise=1),
        work(related="140900W2026010100000001A", relation="urge"),
        work(title="末"),
    )
    found = answers(hot, raw, 207)
    assert statuses(found) == [201, 400, 422, 409, 422, 422, 201, 422, 422, 201]
    assert found[3]["problem"]["order_number"] == first["order_number"]
    assert "danger_transfer" in found[6]
    assert orders(served) - before == 4


def test_the_numbers_of_lines_count_blank_ones(hot: Program) -> None:
    raw = b"\r\n" + orjson.dumps(work()) + b"\r\n\r\n" + orjson.dumps(work(surprise=1)) + b"\n"
    found = answers(hot, raw, 207)
    assert [(answer["line"], answer["status"]) for answer in found] == [(2, 201), (4, 422)]


def test_of_two_lines_with_one_external_number_the_first_is_taken(served: Served, hot: Program) -> None:
    twice, before = work(external_id=unused("ext")), orders(served)
    found = answers(hot, lines(work(), twice, work(), twice, work()), 207)
    assert statuses(found) == [201, 201, 201, 409, 201]
    assert found[3]["problem"]["order_number"] == found[1]["order_number"]
    assert orders(served) - before == 4


def test_a_batch_sent_again_with_its_key_gets_the_same_numbers(served: Served, hot: Program) -> None:
    key = unused("key")
    raw = lines(work(), work(danger={"signal": "冒烟"}), work(nature="nobody"), work(title="又一件"))
    first = answers(hot, raw, 207, key)
    before = served.rows()
    again = answers(hot, raw, 207, key)
    assert served.rows() == before
    assert statuses(again) == [200, 200, 422, 200]
    for old, new in zip(first, again, strict=True):
        if old["status"] == 201:
            assert new == {**old, "status": 200, "replayed": True}


def test_a_batch_that_was_repaired_may_be_sent_with_its_old_key(hot: Program) -> None:
    key, good = unused("key"), work()
    assert statuses(answers(hot, lines(good, work(nature="nobody")), 207, key)) == [201, 422]
    assert statuses(answers(hot, lines(good, work()), 200, key)) == [200, 201]
    assert statuses(answers(hot, lines(work(title="换了"), work()), 207, key)) == [422, 200]


def test_the_key_of_a_batch_and_that_of_a_single_order_never_meet(hot: Program) -> None:
    key = unused("key")
    assert statuses(answers(hot, lines(work()), 200, key)) == [201]
    hot.accepted(work(title="单件"), key)
    hot.accepted(work(title="单件"), f"{key}#1")


def test_a_batch_with_too_many_lines_is_refused_whole(served: Served, hot: Program) -> None:
    before = served.rows()
    told = problem(hot.batch(lines(*[work()] * (BATCH_LINES + 1))), 413, "too_large")
    assert told["limit"] == BATCH_LINES
    assert served.rows() == before


def test_a_batch_of_nothing_is_refused(hot: Program) -> None:
    for raw in (b"", b"\n\n \r\n"):
        problem(hot.batch(raw), 400, "batch_empty")


def test_a_batch_with_a_bad_key_is_refused_whole(served: Served, hot: Program) -> None:
    before = served.rows()
    problem(hot.batch(lines(work()), "k" * 151), 422, "idempotency_key_unfit")
    problem(hot.batch(lines(work()), ""), 422, "idempotency_key_unfit")
    assert served.rows() == before


def test_a_thousand_bad_lines_get_a_thousand_answers(served: Served, hot: Program) -> None:
    before = served.rows()
    found = answers(hot, lines(*[work(nature="nobody")] * BATCH_LINES), 207)
    assert statuses(found) == [422] * BATCH_LINES
    assert served.rows() == before


def test_a_line_may_be_as_long_as_an_order_and_not_longer(hot: Program) -> None:
    long = {str(n): "长" * 2000 for n in range(30)}
    short = {str(n): "长" * 2000 for n in range(15)}
    found = answers(hot, lines(work(extensions=short), work(extensions=long)), 207)
    assert statuses(found) == [201, 413]
