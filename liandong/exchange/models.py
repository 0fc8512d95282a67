"""How the API is used: counts by token and day, and the last refusals of each token. No body, no personal data."""

from __future__ import annotations

from django.db import models

from liandong.identity.models import SystemToken


class TokenUse(models.Model):
    """What one token did on one day with one outcome: `code` is the problem's, empty for what was done.

    `requests` counts calls by their own outcome, `items` the orders or lines in them. Without a token: nobody we know.
    """

    token = models.ForeignKey(SystemToken, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    code = models.CharField(max_length=60)
    requests = models.BigIntegerField(default=0)
    items = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["token", "day", "code"], name="exchange_tokenuse_once_a_day", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.token_id} {self.day} {self.code}"


class TokenError(models.Model):
    """One refusal as the sender was told it; the newest of each token are kept."""

    token = models.ForeignKey(SystemToken, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    path = models.CharField(max_length=120)
    status = models.SmallIntegerField()
    code = models.CharField(max_length=60)
    field = models.CharField(max_length=200, default="")
    request_id = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["token", "-id"], name="exchange_tokenerror_newest")]

    def __str__(self) -> str:
        return f"{self.at} {self.code}"
