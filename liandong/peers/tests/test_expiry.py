"""How pressing a certificate is to renew, at each bound and on both sides of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from liandong.peers.expiry import validity

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("days", "urgency", "words"),
    [(31, "good", "还有 31 天"), (30, "good", "还有 30 天"), (29, "warn", "还有 29 天"), (7, "warn", "还有 7 天"),
     (6, "urgent", "还有 6 天"), (0, "urgent", "还有 0 天")],
)  # fmt: skip
def test_the_nearer_the_end_the_more_pressing(days: int, urgency: str, words: str) -> None:
    found = validity(TODAY + timedelta(days=days), TODAY, 30, 7, over=False)
    assert (found.urgency, found.days, found.words) == (urgency, days, words)


@pytest.mark.parametrize(("ago", "words"), [(0, "今天过期"), (1, "已过期 1 天"), (400, "已过期 400 天")])
def test_once_its_last_moment_has_passed_it_is_over(ago: int, words: str) -> None:
    found = validity(TODAY - timedelta(days=ago), TODAY, 30, 7, over=True)
    assert (found.urgency, found.words) == ("over", words)
