"""Documents (材料) of an order: what was added, its sealed bytes, and that it was taken down. Rows are only added.

The database refuses to change or remove a row of the three tables: evidence is there as it came, also when it is shown
no more.
"""

from __future__ import annotations

from django.db import models


class Document(models.Model):
    """A file somebody added to an order. `media` is a code of `filetypes.py`, told by the content and not by the name.

    `sm3` is of the bytes as they came. `nth` counts how often the same bytes were taken down before, so that what is
    there is there once and what was taken down may come again.
    """

    order = models.ForeignKey("intake.Order", on_delete=models.PROTECT, related_name="documents", db_index=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    about = models.CharField(max_length=200, default="")
    media = models.CharField(max_length=10)
    size = models.IntegerField()
    sm3 = models.BinaryField()
    nth = models.SmallIntegerField(default=0)
    pieces = models.SmallIntegerField()
    at = models.DateTimeField()
    party = models.CharField(max_length=20)
    by = models.JSONField()

    class Meta:
        constraints = [
            # Its index also finds the documents of an order.
            models.UniqueConstraint(fields=["order", "sm3", "nth"], name="intake_document_bytes_once")
        ]

    def __str__(self) -> str:
        return self.name


class DocumentPiece(models.Model):
    """So many bytes of a document, sealed with SM4-GCM and bound to order, digest and place (`documents.place`)."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+", db_index=False)
    n = models.SmallIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "n"], name="intake_documentpiece_place")]

    def __str__(self) -> str:
        return f"{self.document_id}/{self.n}"


class DocumentRemoval(models.Model):
    """A document was taken down: it is shown no more, and says why. Its bytes and its digest stay."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="removal")
    why = models.CharField(max_length=200)
    at = models.DateTimeField()
    party = models.CharField(max_length=20)
    by = models.JSONField()

    def __str__(self) -> str:
        return f"{self.document_id} {self.at}"
