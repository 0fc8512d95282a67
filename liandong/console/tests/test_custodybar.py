"""The custody bar is drawn to scale, and its smallest segment can still be hit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from liandong.console.custodybar import THINNEST, custody_parts

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Held:
    party: str
    since: datetime
    until: datetime | None
    lead: bool = True
    side: str = "p12345"
    why: str = "受理"


def test_segments_tile_the_strip_in_proportion() -> None:
    chain = [Held("热线", START, START + HOUR), Held("110", START + HOUR, None)]
    parts = custody_parts(chain, START + 4 * HOUR)
    assert [(part.x, part.width, part.height) for part in parts] == [(0, 25, 100), (25, 75, 100)]
    assert [part.label for part in parts] == ["热线", "110"]
    assert "至 现在，历时3小时" in parts[1].about


def test_a_moment_can_still_be_seen_and_lies_on_the_strip() -> None:
    second = timedelta(seconds=1)
    end = START + 1000 * HOUR
    parts = custody_parts([Held("热线", START, end), Held("110", end, end + second)], end + second)
    assert parts[1].width == THINNEST
    assert parts[1].x + parts[1].width <= 100
    assert parts[1].label == ""


def test_who_is_responsible_beside_has_a_lane_of_their_own() -> None:
    chain = [Held("热线", START, None), Held("供水", START, START + HOUR, lead=False)]
    lead, beside = custody_parts(chain, START + 2 * HOUR)
    assert lead.y + lead.height <= beside.y
    assert "（共同负责）" in beside.about


def test_a_chain_that_has_just_begun_fills_the_strip() -> None:
    assert custody_parts([], START) == []
    (only,) = custody_parts([Held("热线", START, None)], START)
    assert only.x + only.width <= 100


def test_a_name_is_cut_where_its_segment_ends() -> None:
    chain = [Held("忻州市12345政务服务便民热线", START, START + HOUR), Held("110", START + HOUR, None)]
    cut = custody_parts(chain, START + 7 * HOUR)[0]
    assert cut.label == "忻州市12345政务…"
    assert cut.about.startswith("忻州市12345政务服务便民热线：")
    assert custody_parts(chain, START + 2 * HOUR)[0].label == "忻州市12345政务服务便民热线"
