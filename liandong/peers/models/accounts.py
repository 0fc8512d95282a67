"""Comparing what two nodes hold, and the chain of this one: numbers and digests only."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Word(models.Model):
    """A message of the reconciliation, outside the journals: it `came` and is to be answered, or is to go out.

    Lost, it is asked for anew. `data` holds numbers and digests only.
    """

    peer = models.CharField(max_length=20)
    came = models.BooleanField()
    data = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["came", "peer", "id"], name="peers_word_waiting")]

    def __str__(self) -> str:
        return f"{self.peer} {self.data.get('about')}"


class Reconciliation(models.Model):
    """One comparison with a peer that was begun here, of the matters opened since the day `since` (null: all).

    `days`: how many days were compared; `apart`: how many of them differed, null until the peer answered at `ended_at`.
    """

    peer = models.CharField(max_length=20)
    round = models.CharField(max_length=36, unique=True)
    since = models.DateField(null=True)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    days = models.IntegerField()
    apart = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["peer", "-id"], name="peers_reconciliation_latest")]

    def __str__(self) -> str:
        return f"{self.peer} {self.round}"


class Link(models.Model):
    """A link of this node's own chain, one a day: the trail's seal of that day (`seal`, `sealed`) and the day.

    `head` binds it to all before; it is deposited with the peers.
    """

    number = models.IntegerField(primary_key=True)
    day = models.DateField(unique=True)
    seal = models.BigIntegerField()
    sealed = models.BinaryField()
    head = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.number} {self.day}"


class Difference(models.Model):
    """What a comparison with a peer found and what is done about it, with the evidence; kept after it is mended.

    `kind`, `subject`, `mark` name the step, note or snapshot of the matter; `chain` is the peer's chain or ours.
    `here`, `there`: the digests, empty where it is missing.
    """

    peer = models.CharField(max_length=20)
    matter = models.CharField(max_length=24, default="", db_default="")
    kind = models.CharField(max_length=12)
    subject = models.CharField(max_length=24)
    mark = models.CharField(max_length=60)
    finding = models.CharField(max_length=20)
    here = models.CharField(max_length=90)
    there = models.CharField(max_length=90)
    repair = models.CharField(max_length=200)
    evidence = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    mended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["peer", "kind", "subject", "mark", "finding"],
                name="peers_difference_once",
                condition=Q(mended_at__isnull=True),
            )
        ]
        indexes = [
            models.Index(fields=["peer", "matter"], name="peers_difference_open", condition=Q(mended_at__isnull=True)),
            models.Index(fields=["-id"], name="peers_difference_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.peer} {self.finding} {self.kind} {self.subject} {self.mark}"
