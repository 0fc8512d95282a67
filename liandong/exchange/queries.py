"""Reads of how the API is used: tokens the actor manages, their counts and last refusals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from liandong.audit.by import By
from liandong.exchange.models import TokenError, TokenUse
from liandong.identity.models import SystemToken
from liandong.identity.queries import access_tokens
from liandong.kernel.errors import NotFound

ERRORS_SHOWN = 50
TOKENS_SHOWN = 200


@dataclass(slots=True)
class Use:
    """What was done within the days asked. `refused` counts orders, lines and calls by the code of their problem."""

    requests: int = 0
    done: int = 0
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    last_at: datetime | None = None

    @property
    def refusals(self) -> int:
        return sum(self.refused.values())

    def add(self, row: TokenUse) -> None:
        self.requests += row.requests
        if row.code:
            self.refused[row.code] += row.items
        else:
            self.done += row.items
        self.last_at = row.last_at if self.last_at is None else max(self.last_at, row.last_at)


def tokens_shown(by: By) -> list[SystemToken]:
    """The tokens the actor manages, newest first. Raises NotAllowed."""
    return list(access_tokens(by)[:TOKENS_SHOWN])


def one_token(by: By, token: int) -> SystemToken:
    """Raises NotFound, NotAllowed."""
    found = access_tokens(by).filter(pk=token).first()
    if found is None:
        raise NotFound("没有这个令牌，或您无权管理。")
    return found


def use_by_token(tokens: Iterable[SystemToken], since: date) -> dict[int, Use]:
    """The use of each of the tokens since a day, by the token's id."""
    found: dict[int, Use] = defaultdict(Use)
    for row in TokenUse.objects.filter(token__in=[token.pk for token in tokens], day__gte=since):
        assert row.token_id is not None
        found[row.token_id].add(row)
    return dict(found)


def use_by_day(token: SystemToken, until: date, days: int) -> list[tuple[date, Use]]:
    """The last `days` days up to `until`, newest first, also those on which nothing was asked."""
    found = {until - timedelta(days=n): Use() for n in range(days)}
    for row in TokenUse.objects.filter(token=token, day__gt=until - timedelta(days=days), day__lte=until):
        found[row.day].add(row)
    return list(found.items())


def errors_of(tokens: Iterable[SystemToken], *, strangers: bool = False) -> QuerySet[TokenError]:
    """The last refusals of the tokens, newest first; with `strangers` also of calls without a token we know."""
    asked = Q(token__in=[token.pk for token in tokens])
    if strangers:
        asked |= Q(token__isnull=True)
    return TokenError.objects.filter(asked).select_related("token").order_by("-id")[:ERRORS_SHOWN]
