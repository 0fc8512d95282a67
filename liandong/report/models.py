"""Reports as they went out. Rows are only added: what the other side has on paper stays as it was."""

from __future__ import annotations

from django.db import models

from liandong.transfer.models import Transfer


class Series(models.Model):
    """The documents of an office in a year (7.2.5); `last` is the count of the newest, its row their lock."""

    mark = models.CharField(max_length=40)
    year = models.SmallIntegerField()
    last = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mark", "year"], name="report_series_one_a_year")]

    def __str__(self) -> str:
        return f"{self.mark} {self.year}"


class ReportRow(models.Model):
    """A report: what it says is sealed whole, as it may name the caller; `sm3` is of those words.

    `after_seq` is the step it tells last. `clear`: the caller stands in it unmasked.
    """

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="reports", db_index=False)
    number = models.CharField(max_length=80)
    to = models.CharField(max_length=120)
    at = models.DateTimeField()
    after_seq = models.IntegerField()
    party = models.CharField(max_length=20)
    by = models.JSONField()
    clear = models.BooleanField(default=False)
    sealed = models.BinaryField()
    sm3 = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["transfer", "id"], name="report_of_transfer")]
        constraints = [models.UniqueConstraint(fields=["number"], name="report_number_once")]

    def __str__(self) -> str:
        return self.number
