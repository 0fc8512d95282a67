"""The diversion list (分流事项清单): versions with dates, and their items."""

from __future__ import annotations

from django.db import models


class ListVersion(models.Model):
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    status = models.CharField(max_length=12)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    approved_by = models.CharField(max_length=80, default="", blank=True)
    source = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class ListItem(models.Model):
    """One item: which side it belongs to and by which kind of transfer it gets there."""

    version = models.ForeignKey(ListVersion, on_delete=models.PROTECT, related_name="items")
    code = models.CharField(max_length=20)
    class_name = models.CharField(max_length=60)
    text = models.CharField(max_length=200)
    side = models.CharField(max_length=10)
    kind = models.CharField(max_length=10)
    unit_type = models.CharField(max_length=60, default="", blank=True)
    exceptions = models.TextField(default="", blank=True)
    legal_basis = models.CharField(max_length=300, default="", blank=True)
    clause = models.CharField(max_length=20, default="", blank=True)
    signals = models.JSONField(default=list)
    examples = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="routing_listitem_one_per_version")]

    def __str__(self) -> str:
        return f"{self.code} {self.text}"
