"""A danger in a note that comes in through the API goes to 110 by itself, one by one and in a batch (S3.4)."""

from __future__ import annotations

from typing import Any

import orjson

from liandong.exchange.tests.served import Served
from liandong.exchange.tests.speaking import Program, unused, work

DANGER = {"title": "有人落水", "content": "河里有人落水，正在呼救，快来人。"}


def dangers(served: Served, answer: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The dangers handed over for the order of an answer."""
    return served.database.execute(
        "SELECT t.target, t.beside, t.list_version FROM transfer_transfer t JOIN intake_matter m ON m.id = t.matter_id"
        " WHERE t.kind = 'danger' AND m.number = %s",
        [str(answer["linkage_number"])],
    ).fetchall()


def test_one_order_that_tells_of_a_danger_goes_out_once_whatever_is_sent_again(served: Served, hot: Program) -> None:
    key = unused("key")
    answer = hot.accepted(work(**DANGER), key)
    assert "danger_transfer" not in answer
    served.react()
    (made,) = dangers(served, answer)
    assert made[1] is True
    assert hot.accept(work(**DANGER), key).json()["order_number"] == answer["order_number"]
    served.react()
    assert dangers(served, answer) == [made]


def test_of_a_batch_those_that_tell_of_a_danger_go_out_and_the_others_stay(served: Served, hot: Program) -> None:
    key = unused("batch")
    raw = b"\n".join(
        orjson.dumps(body) for body in (work(**DANGER), work(), work(**DANGER, danger={"signal": "有人落水"}))
    )
    for _ in range(2):  # the whole batch once more with its key
        answers = [orjson.loads(line) for line in hot.batch(raw, key).content.splitlines()]
        served.react()
        assert [len(dangers(served, answer)) for answer in answers] == [1, 0, 1]
    waiting = served.one("SELECT count(*) FROM kernel_fact WHERE handled_at IS NULL")
    assert waiting == (0,)
