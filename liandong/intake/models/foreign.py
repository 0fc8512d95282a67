"""Codes of other nodes, each with the moments between which that node told it so."""

from __future__ import annotations

from django.db import models


class ForeignCode(models.Model):
    """A row of a code table of another node, as that node told it from `since` on; `until`: then it told otherwise."""

    node = models.CharField(max_length=20)
    table = models.CharField(max_length=40)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    parent = models.CharField(max_length=40, default="")
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["node", "table", "code"], name="intake_foreigncode_of_a_node")]

    def __str__(self) -> str:
        return f"{self.node} {self.table} {self.code}"
