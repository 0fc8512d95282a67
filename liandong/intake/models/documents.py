"""Documents (材料) of an order: what was added, its sealed bytes, and that it was taken down. Rows are only added.

The database refuses to change or remove a row of the three tables: evidence is there as it came, also when it is shown
no more.
"""

from __future__ import annotations

from django.db import models


class Document(models.Model):
    """A file somebody added to an order. `media` is a code of `filetypes.py`, told by the content and not by the name.

    `sm3` is of the bytes as they came. `nth` counts how often the same bytes were taken down before, so that what is
    there is there once and what was taken down may come again. `node`: where it was added, "" for here.
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
    node = models.CharField(max_length=20, default="", db_default="")

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


class ComingDocument(models.Model):
    """A document of another node's desk on its way here: what is said of it, and how much of it is here.

    `order` to `nth` name it as that node does. `document` is what was made of it when all of it was here and proved;
    `refused` (Chinese) why nothing could be made of it; `taken_down` (at, why, name): it will be shown no more.
    """

    order = models.ForeignKey("intake.Order", on_delete=models.PROTECT, related_name="coming", db_index=False)
    node = models.CharField(max_length=20)
    sm3 = models.BinaryField()
    nth = models.SmallIntegerField()
    sha256 = models.BinaryField()
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    about = models.CharField(max_length=200, default="")
    size = models.IntegerField()
    pieces = models.SmallIntegerField()
    at = models.DateTimeField()
    party = models.CharField(max_length=20)
    by = models.JSONField()
    document = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    refused = models.CharField(max_length=200, default="", db_default="")
    taken_down = models.JSONField(null=True)

    class Meta:
        constraints = [
            # Its index also finds what comes for an order.
            models.UniqueConstraint(fields=["order", "node", "sm3", "nth"], name="intake_comingdocument_once")
        ]

    def __str__(self) -> str:
        return self.name


class ComingPiece(models.Model):
    """So many bytes of what comes, sealed and bound as those of a document are, and moved there when all are here."""

    coming = models.ForeignKey(ComingDocument, on_delete=models.PROTECT, related_name="here", db_index=False)
    n = models.SmallIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["coming", "n"], name="intake_comingpiece_place")]

    def __str__(self) -> str:
        return f"{self.coming_id}/{self.n}"
