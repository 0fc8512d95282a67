"""Replays of past periods, and the figures an evaluation published."""

from __future__ import annotations

from django.db import models

from liandong.identity.models import Person
from liandong.routing.models import ListVersion


class Replay(models.Model):
    """A past period under a version of the list: asked for by somebody, worked off in stretches, kept to be cited.

    `items` are the version's as they were when it was asked (a draft goes on changing), `sm3` their digest. `run_by` is
    due while there is more to do; `reached` is the last order seen, `tally` what the orders up to it add up to.
    """

    list_version = models.ForeignKey(ListVersion, on_delete=models.PROTECT, related_name="+")
    since = models.DateField()
    until = models.DateField()
    state = models.CharField(max_length=10)
    asked_person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    asked_name = models.CharField(max_length=60)
    asked_desk = models.CharField(max_length=20, default="", blank=True)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    items = models.JSONField()
    sm3 = models.CharField(max_length=64)
    run_by = models.DateTimeField(null=True)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    reached = models.BigIntegerField()
    tally = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    version = models.IntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["run_by"], name="hindsight_replay_run_by", condition=models.Q(run_by__isnull=False)),
            models.Index(fields=["list_version", "-id"], name="hindsight_replay_version"),
        ]

    def __str__(self) -> str:
        return f"{self.list_version_id} {self.since} {self.until}"

    @property
    def share(self) -> int:
        """How far it has come, in percent."""
        if self.state == "done":
            return 100
        return min(99, 100 * (self.reached - self.first) // max(1, self.last - self.first))


class Published(models.Model):
    """A figure of an evaluation on sets with known answers, as `liandong routing evaluate --json` told it.

    `part` is what was asked (danger, side, …), `name` the class or trap, empty for all together. `right` of `total` is
    how many were found or right; `wrong_of` how many of the others were falsely taken for it.
    """

    at = models.DateTimeField()
    model = models.CharField(max_length=40)
    list_version = models.CharField(max_length=20)
    part = models.CharField(max_length=20)
    name = models.CharField(max_length=60, default="", blank=True)
    right = models.IntegerField()
    total = models.IntegerField()
    wrong = models.IntegerField(default=0)
    wrong_of = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["at", "part", "name"], name="hindsight_published_once"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.part} {self.name}"
