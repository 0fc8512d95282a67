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


def counted(served: Served, token: str) -> dict[str, tuple[int, int]]:
    rows = served.database.execute(
        "SELECT code, sum(requests)::int, sum(items)::int FROM exchange_tokenuse u "
        "LEFT JOIN identity_systemtoken t ON t.id = u.token_id WHERE coalesce(t.name, '') = %s GROUP BY code",
        [token],
    ).fetchall()
    return {code: (requests, items) for code, requests, items in rows}


def settled(served: Served, token: str, code: str, least: int) -> dict[str, tuple[int, int]]:
    """The counts once the server has written them: it does so every few seconds, and tells nobody."""
    for _ in range(200):
        found = counted(served, token)
        if found.get(code, (0, 0))[1] >= least:
            return found
        served.database.execute("SELECT pg_sleep(0.1)")
    raise AssertionError(f"not written within 20 s: {counted(served, token)}")


def test_the_door_and_the_api_count_for_the_same_token(served: Served) -> None:
    mute = Program(served.url, served.tokens["mute"])
    before = counted(served, "只写系统")
    number = mute.accepted(work())["order_number"]
    lines = [work(), {**work(), "title": ""}, work()]
    mute.batch(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    assert mute.get(f"/orders/{number}").status_code == 403
    mute.accept({**work(), "content": ""}, unused("key"))
    gained_before = before.get("not_allowed", (0, 0))[1]
    found = settled(served, "只写系统", "not_allowed", gained_before + 1)

    def gained(code: str) -> tuple[int, int]:
        now, then = found.get(code, (0, 0)), before.get(code, (0, 0))
        return now[0] - then[0], now[1] - then[1]

    assert gained("") == (2, 3)
    assert gained("not_allowed") == (1, 1)
    refused = {code for code in found if code and code != "not_allowed"}
    assert sum(gained(code)[1] for code in refused) == 2
    kept = served.database.execute(
        "SELECT e.path, e.status, e.code, e.field, e.request_id FROM exchange_tokenerror e "
        "JOIN identity_systemtoken t ON t.id = e.token_id WHERE t.name = '只写系统' ORDER BY e.id DESC LIMIT 1"
    ).fetchone()
    assert kept is not None
    assert kept[0] == "/orders"
    assert kept[3] == "/content"


@pytest.mark.parametrize(("who", "owner"), [("expired", "过期系统"), ("nobody", "")])
def test_a_token_that_ran_out_is_counted_as_itself_and_a_strange_one_as_nobodys(
    served: Served, who: str, owner: str
) -> None:
    code = "token_expired" if who == "expired" else "token_unknown"
    before = counted(served, owner).get(code, (0, 0))[1]
    program = Program(served.url, {"nobody": "", **served.tokens}[who])
    program.accept(work())
    program.get("/work-list")
    found = settled(served, owner, code, before + 2)
    assert found[code][1] >= before + 2
