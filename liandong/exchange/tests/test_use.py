"""What each token did is counted, by day and outcome, for the door and for the API beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import asyncpg
import pytest

from liandong.exchange.metering import ERRORS_HELD, Meter, flush
from liandong.exchange.problems import MediaTypeUnfit
from liandong.exchange.tests.served import Served
from liandong.exchange.tests.speaking import Program, unused, work
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import Invalid


class Table:
    """Takes what is flushed, or is away."""

    def __init__(self) -> None:
        self.away = False
        self.taken: list[Sequence[Any]] = []

    async def fetch(self, statement: str, *parameters: Any) -> list[Any]:
        if self.away:
            raise asyncpg.CannotConnectNowError("starting up")
        self.taken.append(parameters)
        return []


def test_calls_and_lines_are_counted_by_token_day_and_outcome(clock: VirtualClock) -> None:
    meter, table = Meter(), Table()
    meter.done(1, items=3)
    meter.done(1)
    meter.refused(1, Invalid(field="/title"), path="/api/v1/orders/batch", request_id="r1", call=False)
    meter.refused(None, MediaTypeUnfit(), path="/api/v1/orders/140900W2026030200000001X", request_id="r2")
    asyncio.run(flush(table.fetch, meter))
    (sent,) = table.taken
    rows = sorted(zip(*sent[:5], strict=True), key=str)
    assert rows == [
        (1, date(2026, 3, 2), "", 2, 4),
        (1, date(2026, 3, 2), "invalid", 0, 1),
        (None, date(2026, 3, 2), "media_type_unfit", 1, 1),
    ]
    assert sent[8] == ["/orders/batch", "/orders/…"]
    assert sent[11] == ["/title", ""]


def test_nothing_is_written_when_nothing_happened() -> None:
    table = Table()
    asyncio.run(flush(table.fetch, Meter()))
    assert table.taken == []


def test_what_cannot_be_written_is_counted_on(clock: VirtualClock) -> None:
    meter, table = Meter(), Table()
    table.away = True
    meter.done(1)
    meter.refused(1, Invalid(), path="/x", request_id="first")
    asyncio.run(flush(table.fetch, meter))
    meter.done(1)
    for n in range(ERRORS_HELD + 5):
        meter.refused(1, Invalid(), path="/x", request_id=f"later-{n}")
    asyncio.run(flush(table.fetch, meter))
    table.away = False
    asyncio.run(flush(table.fetch, meter))
    (sent,) = table.taken
    counted = dict(zip(sent[2], sent[3], strict=True))
    assert counted == {"": 2, "invalid": ERRORS_HELD + 6}
    assert len(sent[12]) == ERRORS_HELD
    assert sent[12][-1] == f"later-{ERRORS_HELD + 4}"


def test_a_number_in_the_name_of_a_field_is_covered(clock: VirtualClock) -> None:
    meter, table = Meter(), Table()
    meter.refused(1, Invalid(field="/caller/13800138000"), path="/x", request_id="r")
    asyncio.run(flush(table.fetch, meter))
    assert table.taken[0][11] == ["/caller/138********"]


Counts = dict[str, tuple[int, int]]


def counted(served: Served, token: str) -> Counts:
    """Code → (calls, items) of all days, of everything the server has counted by now."""
    caught_up(served)
    return stored(served, token)


def caught_up(served: Served) -> None:
    """Wait until the table has all that was counted before: it is written at once with what a last call adds to it."""
    before = stored(served, "末次系统")
    assert Program(served.url, served.tokens["last"]).get("/work-list").status_code == 200
    for _ in range(400):
        if stored(served, "末次系统") != before:
            return
        served.database.execute("SELECT pg_sleep(0.05)")  # the server tells nobody when it writes
    raise AssertionError("the counts were not written within 20 s")


def stored(served: Served, token: str) -> Counts:
    rows = served.database.execute(
        "SELECT code, sum(requests)::int, sum(items)::int FROM exchange_tokenuse u "
        "LEFT JOIN identity_systemtoken t ON t.id = u.token_id WHERE coalesce(t.name, '') = %s GROUP BY code",
        [token],
    ).fetchall()
    return {code: (requests, items) for code, requests, items in rows}


def gained(before: Counts, after: Counts) -> Counts:
    found = {
        code: (now[0] - before.get(code, (0, 0))[0], now[1] - before.get(code, (0, 0))[1])
        for code, now in after.items()
    }
    return {code: gain for code, gain in found.items() if gain != (0, 0)}


def test_the_door_and_the_api_count_for_the_same_token(served: Served) -> None:
    program = Program(served.url, served.tokens["counted"])
    before = counted(served, "计数系统")
    number = program.accepted(work())["order_number"]
    lines = [work(), {**work(), "title": ""}, work()]
    program.batch(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    assert program.get(f"/orders/{number}").status_code == 403
    last = program.accept({**work(), "content": ""}, unused("key"))
    # Three orders by two calls; the line that was refused belongs to a call that was answered.
    assert gained(before, counted(served, "计数系统")) == {"": (2, 3), "not_allowed": (1, 1), "invalid": (1, 2)}
    kept = served.one(
        "SELECT e.path, e.status, e.code, e.field, e.request_id FROM exchange_tokenerror e "
        "JOIN identity_systemtoken t ON t.id = e.token_id WHERE t.name = '计数系统' ORDER BY e.id DESC LIMIT 1"
    )
    assert kept == ("/orders", 422, "invalid", "/content", last.headers["x-request-id"])


@pytest.mark.parametrize(("who", "owner"), [("expired", "过期系统"), ("nobody", "")])
def test_a_token_that_ran_out_is_counted_as_itself_and_a_strange_one_as_nobodys(
    served: Served, who: str, owner: str
) -> None:
    before = counted(served, owner)
    program = Program(served.url, {"nobody": "", **served.tokens}[who])
    program.accept(work())
    program.get("/work-list")
    code = "token_expired" if who == "expired" else "token_unknown"
    assert gained(before, counted(served, owner)) == {code: (2, 2)}
