"""Transfers, their steps and notes, and what was typed for an order that is not accepted yet.

Steps and notes are append-only in the database itself.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from django.db import models
from django.db.models import Q

from liandong.identity.models import Person
from liandong.intake.models import Matter, Order
from liandong.transfer.states import KINDS, TRANSFER


class Transfer(models.Model):
    """One hand-over of a matter from an origin desk to a target desk: the fold of its steps, kept as a row.

    `parent` is the transfer by which the origin itself has the matter (a relay, or handing on what was handed over).
    `beside`: a danger found while the matter was already in hand; the origin goes on with the paper question.
    The columns ending in `_by` are clocks; `objection_until` only bars an edge and needs no loop.
    """

    number = models.CharField(max_length=24)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="transfers", db_index=False)
    kind = models.CharField(max_length=10)
    origin = models.CharField(max_length=20)
    target = models.CharField(max_length=20)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    origin_order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="handed_over")
    target_order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="came_by")
    state = models.CharField(max_length=12)
    seq = models.IntegerField()
    head = models.BinaryField()
    origin_duty = models.BooleanField()
    target_duty = models.BooleanField()
    joint = models.BooleanField(default=False)
    awarded = models.BooleanField(default=False)
    beside = models.BooleanField(default=False)
    rework = models.SmallIntegerField(default=0)
    sent_back = models.SmallIntegerField(default=0)
    urgency = models.CharField(max_length=20)
    reason = models.TextField(default="")
    list_version = models.CharField(max_length=20, default="")
    list_item = models.CharField(max_length=20, default="")
    opened_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    overdue_at = models.DateTimeField(null=True)
    silent_urges = models.SmallIntegerField(default=0)
    # Somebody at the receiving desk of a danger has said that they know. No step: no clock stops, nothing is accepted.
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_who = models.CharField(max_length=60, default="", db_default="")
    # The running clock the lists sort by; never a loop's column.
    due_at = models.DateTimeField(null=True)
    accept_by = models.DateTimeField(null=True)
    decide_by = models.DateTimeField(null=True)
    settle_by = models.DateTimeField(null=True)
    conclude_by = models.DateTimeField(null=True)
    confirm_by = models.DateTimeField(null=True)
    objection_until = models.DateTimeField(null=True)
    version = models.IntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["matter"], name="transfer_matter_idx"),
            models.Index(
                fields=["target", "due_at", "id"], name="transfer_inbound", condition=Q(ended_at__isnull=True)
            ),
            models.Index(
                fields=["origin", "due_at", "id"], name="transfer_outbound", condition=Q(ended_at__isnull=True)
            ),
            models.Index(fields=["-opened_at", "-id"], name="transfer_clues", condition=Q(kind="clue")),
            models.Index(
                fields=["target", "opened_at"],
                name="transfer_alarm",
                condition=Q(kind="danger", state="offered", acknowledged_at__isnull=True),
            ),
            *(
                models.Index(fields=[name], name=f"transfer_{name}", condition=Q(**{f"{name}__isnull": False}))
                for name in ("accept_by", "decide_by", "settle_by", "conclude_by", "confirm_by")
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="transfer_number"),
            models.CheckConstraint(condition=Q(kind__in=sorted(KINDS)), name="transfer_kind_known"),
            models.CheckConstraint(condition=Q(state__in=sorted(TRANSFER.states)), name="transfer_state_known"),
            models.CheckConstraint(condition=~Q(origin=models.F("target")), name="transfer_two_desks"),
            models.CheckConstraint(
                condition=Q(origin_duty=True) | Q(target_duty=True), name="transfer_somebody_is_responsible"
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(TRANSFER.ends), ended_at__isnull=False)
                | (~Q(state__in=sorted(TRANSFER.ends)) & Q(ended_at__isnull=True)),
                name="transfer_ended_has_its_moment",
            ),
            models.UniqueConstraint(
                fields=["matter", "kind", "origin", "target"],
                name="transfer_one_open_of_a_kind",
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class StepRow(models.Model):
    """A step as it was made; `content` is the canonical JSON the hash covers."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="steps", db_index=False)
    seq = models.IntegerField()
    verb = models.CharField(max_length=20)
    letter = models.CharField(max_length=1)
    author = models.CharField(max_length=20)
    person = models.CharField(max_length=60)
    at = models.DateTimeField()
    body = models.JSONField(default=dict)
    content = models.TextField()
    prev = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["transfer", "seq"], name="transfer_step_one_per_seq")]

    def __str__(self) -> str:
        return f"{self.seq} {self.verb}"


class NoteRow(models.Model):
    """A note: changes no state, may come from either side. `after_seq` is the step the author had before them.

    `uid` names the note at every node; a note from before there were nodes has none, see `name`.
    """

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="notes", db_index=False)
    kind = models.CharField(max_length=20)
    author = models.CharField(max_length=20)
    person = models.CharField(max_length=60)
    at = models.DateTimeField()
    after_seq = models.IntegerField()
    body = models.JSONField(default=dict)
    uid = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["transfer", "id"], name="transfer_note_transfer_idx")]
        constraints = [
            models.UniqueConstraint(fields=["uid"], name="transfer_note_once", condition=Q(uid__isnull=False))
        ]

    def __str__(self) -> str:
        return self.kind

    @property
    def name(self) -> UUID:
        """The name under which other nodes know the note. The rows cannot be changed, so an old one's is worked out."""
        return self.uid or uuid5(_OLD_NOTES, f"{self.author}/{self.pk}/{self.at.isoformat()}")


_OLD_NOTES = UUID("6f1d3c52-6b0e-4b57-9a8e-2d0f5f4a7c11")


class Draft(models.Model):
    """One form a call-taker has begun, under the key with which it will be accepted; `sealed` holds every word.

    `version` counts the savings, so that two windows on one draft notice each other instead of overwriting.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    desk = models.CharField(max_length=20)
    key = models.CharField(max_length=32)
    sealed = models.BinaryField()
    begun_at = models.DateTimeField()
    kept_at = models.DateTimeField()
    discard_by = models.DateTimeField()
    version = models.IntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["discard_by"], name="transfer_draft_discard_by")]
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="transfer_draft_one_per_key")]

    def __str__(self) -> str:
        return self.key
