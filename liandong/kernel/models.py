"""Tables without a word of the trade: the outbox of facts, what screens are told, the working-day calendar."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Fact(models.Model):
    """Something that has happened and was announced in the same transaction; reactions run from it at least once."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    trouble = models.TextField(default="")
    set_aside_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at", "id"],
                name="kernel_fact_waiting",
                condition=models.Q(handled_at__isnull=True, set_aside_at__isnull=True),
            ),
            models.Index(
                fields=["set_aside_at"], name="kernel_fact_set_aside", condition=models.Q(set_aside_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class LiveMessage(models.Model):
    """What open screens are told of a fact: ids only, no words. Kept for a day; see `live.py`."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    topics = ArrayField(models.CharField(max_length=60))
    matter = models.CharField(max_length=24, default="")
    order = models.CharField(max_length=24, default="")
    transfer = models.CharField(max_length=24, default="")
    danger = models.BooleanField(default=False)
    # The right somebody must have to hear of it; empty: whoever follows a topic.
    needs = models.CharField(max_length=40, default="")

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class WorkerLoop(models.Model):
    """A loop of a worker process (`worker`: machine and process) and when it last came round."""

    worker = models.CharField(max_length=80)
    loop = models.CharField(max_length=60)
    round_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "loop"], name="kernel_workerloop_once")]

    def __str__(self) -> str:
        return f"{self.worker} {self.loop}"


class Workday(models.Model):
    """One day of the working calendar. A year without rows is an alarm, never a guess."""

    day = models.DateField(primary_key=True)
    working = models.BooleanField()
    label = models.CharField(max_length=40, default="", blank=True)
    source = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.day} {'工作日' if self.working else '休息日'}"


class SetAside(models.Model):
    """A row whose due work failed too often: out of the loop's way, in front of a person's eyes."""

    id = models.BigAutoField(primary_key=True)
    loop = models.CharField(max_length=60)
    subject = models.BigIntegerField()
    due_at = models.DateTimeField()
    tries = models.SmallIntegerField()
    retry_at = models.DateTimeField(null=True)
    trouble = models.TextField()
    noticed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["loop", "subject"], name="kernel_setaside_one_per_row")]

    def __str__(self) -> str:
        return f"{self.loop} {self.subject}"
