"""The trail's tables. UPDATE, DELETE and TRUNCATE are refused by triggers in the database itself."""

from __future__ import annotations

from django.db import models


class Event(models.Model):
    """One thing somebody did or saw.

    `body` is the canonical JSON of the whole event and is what the hash covers: hash = SM3(prev + body). `prev` is
    the hash of the subject's event before it (32 zero bytes for the first), so writers of different subjects never
    wait for one another; the periodic seal binds the chains together. The other columns repeat parts of `body` for
    search.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    person = models.BigIntegerField(null=True)
    party = models.CharField(max_length=40)
    body = models.TextField()
    prev = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        constraints = [
            # One event follows another, once: the last word against a forked chain, for every writer.
            models.UniqueConstraint(fields=["subject", "prev"], name="audit_event_one_successor"),
        ]
        indexes = [
            models.Index(fields=["subject", "id"], name="audit_event_subject"),
            models.Index(fields=["kind", "id"], name="audit_event_kind"),
            models.Index(fields=["person", "id"], name="audit_event_person", condition=models.Q(person__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.kind} {self.subject}"


class Unsealed(models.Model):
    """Queue of events the sealer has not bound yet; a row is written with its event and taken by the sealer."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT, primary_key=True, db_constraint=False)

    def __str__(self) -> str:
        return str(self.pk)


class Seal(models.Model):
    """Binds a batch of events: their ids, their hashes as leaves, a Merkle root, chained to the seal before."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    events = models.JSONField()
    leaves = models.BinaryField()
    root = models.BinaryField()
    prev = models.BinaryField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        return f"封签 {self.number}"
