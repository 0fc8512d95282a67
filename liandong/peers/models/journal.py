"""What goes to other nodes and what came from them, each with what is left to do about it.

The documents hold callers in clear, so they are sealed whole with the node's own key.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from liandong.peers.states import INCOMING


class Peer(models.Model):
    """Another node as the journal to it stands: `serial` is the last one given to a message for it.

    `stored_through`: all of its messages up to this serial are kept here. `owes_receipt`: since then something came of
    which it was not told. `trouble` (Chinese): why nothing goes through, since `trouble_at`; not tried again before
    `paused_until`. `refused`: how many messages or parcels were ever set apart. `beat_at`: when this node last said
    that it is there; `said`, `said_at`: the data of the peer's last heartbeat, and when it was heard. `receipt`: when
    the newest receipt heard was written, as its id says it, so that an older one that comes late is known for one.
    `condition` is what it was called at the last turn of the courier (`reach.py`), since `condition_at`; open screens
    were told of that change.

    `reconcile_at`: when the accounts are compared next, in `round`; `equal_at`: when they last were the same.
    `deposit_count`, `deposit_head`: the end of the peer's chain as it is deposited here, of its `life`; `deposited`:
    how many links of our own are deposited there.

    `journal`: our journal to the peer, of `serial`; `theirs`: its journal to us, of `stored_through`. `awaited`: after
    a restored backup we wait for its account. `answered`: the life of the peer whose question was answered last.
    """

    code = models.CharField(max_length=20, primary_key=True)
    serial = models.BigIntegerField(default=0)
    stored_through = models.BigIntegerField(default=0, db_default=0)
    owes_receipt = models.BooleanField(default=False, db_default=False)
    heard_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, default="", db_default="")
    trouble_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    refused = models.BigIntegerField(default=0, db_default=0)
    beat_at = models.DateTimeField(null=True)
    said = models.JSONField(default=dict, db_default={})
    said_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=36, default="", db_default="")
    condition = models.CharField(max_length=10, default="unknown", db_default="unknown")
    condition_at = models.DateTimeField(null=True)
    reconcile_at = models.DateTimeField(null=True)
    round = models.CharField(max_length=36, default="", db_default="")
    equal_at = models.DateTimeField(null=True)
    life = models.BigIntegerField(default=0, db_default=0)
    deposit_count = models.IntegerField(default=0, db_default=0)
    deposit_head = models.CharField(max_length=64, default="0" * 64, db_default="0" * 64)
    deposit_at = models.DateTimeField(null=True)
    deposited = models.IntegerField(default=0, db_default=0)
    journal = models.BigIntegerField(default=0, db_default=0)
    theirs = models.BigIntegerField(default=0, db_default=0)
    awaited = models.BooleanField(default=False, db_default=False)
    answered = models.BigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return self.code


class ChannelState(models.Model):
    """How it stands with one channel to a peer. `trouble` (Chinese): why nothing goes through by it, since
    `trouble_at`; not tried again before `paused_until`. `good_at`: when something last went through, out or in.
    `certified_until`: when the peer's certificate ends, where the channel has seen it.
    """

    peer = models.CharField(max_length=20)
    channel = models.CharField(max_length=20)
    trouble = models.CharField(max_length=300, default="", db_default="")
    trouble_at = models.DateTimeField(null=True)
    good_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    certified_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["peer", "channel"], name="peers_channel_once")]

    def __str__(self) -> str:
        return f"{self.peer} {self.channel}"


class Laid(models.Model):
    """What lies here for a peer that fetches it itself. `parcel`: under which name it was handed out last."""

    peer = models.CharField(max_length=20)
    digest = models.BinaryField()
    raw = models.BinaryField()
    urgent = models.BooleanField()
    parcel = models.CharField(max_length=32, default="", db_default="")
    laid_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["peer", "digest"], name="peers_laid_once")]
        indexes = [models.Index(fields=["peer", "-urgent", "id"], name="peers_laid_order")]

    def __str__(self) -> str:
        return f"{self.peer} {self.laid_at}"


class SetApart(models.Model):
    """What came by a channel without folders and could not be taken in: sealed, with the reason (Chinese).

    Somebody has looked at it: who (`seen_by`, by name) and when. It stays as evidence.
    """

    peer = models.CharField(max_length=20)
    channel = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    why = models.TextField()
    content = models.BinaryField()
    digest = models.BinaryField()
    at = models.DateTimeField()
    seen_by = models.CharField(max_length=80, default="", db_default="")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["peer", "channel", "digest"], name="peers_set_apart_once")]
        indexes = [models.Index(fields=["-id"], name="peers_set_apart_unseen", condition=Q(seen_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.peer} {self.name}"


class Told(models.Model):
    """What other nodes were last told of an order of ours: `version` of the snapshot, `digest` (SM3) of its content."""

    order = models.CharField(max_length=24, primary_key=True)
    version = models.BigIntegerField()
    digest = models.BinaryField()

    def __str__(self) -> str:
        return self.order


class Outgoing(models.Model):
    """A message of the journal to a peer. `mark` tells the messages of a kind about one subject apart: the seq of a
    step, the id of a note, order and version of a snapshot. `message` is the id of its envelope, however often it goes.

    `serial` of `journal` is empty until it is numbered. `raw` is the signed envelope, made when it is sent first and
    the same ever after. `sent_at`: it went for the first time. `stored_at`: the peer said that it has it. `refused`:
    the code for which it takes no effect there, by the peer's last receipt, first heard of at `refused_at`.
    """

    peer = models.CharField(max_length=20)
    message = models.UUIDField()
    journal = models.BigIntegerField(default=0, db_default=0)
    serial = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=12)
    subject = models.CharField(max_length=24)
    mark = models.CharField(max_length=60)
    urgent = models.BooleanField()
    document = models.BinaryField()
    raw = models.BinaryField(null=True)
    traceparent = models.CharField(max_length=55, default="", db_default="")
    made_at = models.DateTimeField()
    tries = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(null=True)
    refused = models.CharField(max_length=40, default="", db_default="")
    refused_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["peer", "kind", "subject", "mark"], name="peers_outgoing_once"),
            models.UniqueConstraint(
                fields=["peer", "journal", "serial"],
                name="peers_outgoing_numbered",
                condition=Q(serial__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["peer", "-urgent", "id"], name="peers_outgoing_to_number", condition=Q(serial__isnull=True)
            ),
            models.Index(
                fields=["peer", "-urgent", "serial"],
                name="peers_outgoing_unstored",
                condition=Q(stored_at__isnull=True),
            ),
            models.Index(fields=["peer", "id"], name="peers_outgoing_refused", condition=~Q(refused="")),
            models.Index(fields=["message"], name="peers_outgoing_message"),
            models.Index(
                fields=["peer", "serial"],
                name="peers_outgoing_parts",
                condition=Q(stored_at__isnull=True, kind="attachment"),
            ),
            models.Index(fields=["stored_at"], name="peers_outgoing_latency", condition=Q(stored_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.peer} {self.kind} {self.subject} {self.mark}"


class Consignment(models.Model):
    """A document added here that goes to a peer: `begun` of its `parts` are in the journal or have been.

    `sha256` is of all of it, worked out when it is first sent. `removed`: the peer was told that it was taken down.
    """

    peer = models.CharField(max_length=20)
    document = models.ForeignKey("intake.Document", on_delete=models.PROTECT, related_name="+", db_index=False)
    parts = models.SmallIntegerField()
    begun = models.SmallIntegerField(default=0)
    urgent = models.BooleanField()
    sha256 = models.BinaryField(null=True)
    removed = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "peer"], name="peers_consignment_once")]
        indexes = [
            models.Index(
                fields=["peer", "-urgent", "id"], name="peers_consignment_waiting", condition=Q(begun__lt=F("parts"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.peer} {self.document_id} {self.begun}/{self.parts}"


class Incoming(models.Model):
    """A message from a peer, kept as it came. `digest` is the SM3 of its data: one id with two contents is two rows.

    `raw` is the signed envelope of a step or a note: the proof of who said it. Nothing in those is sealed for us.
    `traceparent`: which request at the other node it belongs to.

    `part_of`: of a part of a document, the same for all parts that say the same of it (`attachments.part_of`).

    `waits_for` names what must come first (`step:T…:3`, `order:W…`, `end:T…`, `document:…`); `why` and `what_to_do`
    are Chinese, for the person at the dead-letter page. One of them put it aside: who (`aside_by`, by name), when, and
    `aside_note` why.
    """

    peer = models.CharField(max_length=20)
    message = models.CharField(max_length=64)
    journal = models.BigIntegerField(default=0, db_default=0)
    serial = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=64)
    part_of = models.CharField(max_length=80, default="", db_default="")
    urgent = models.BooleanField()
    document = models.BinaryField()
    digest = models.BinaryField()
    raw = models.BinaryField(null=True)
    traceparent = models.CharField(max_length=55, default="", db_default="")
    state = models.CharField(max_length=10)
    version = models.IntegerField(default=0)
    waits_for = models.CharField(max_length=60, default="")
    why = models.CharField(max_length=200, default="")
    code = models.CharField(max_length=40, default="")
    what_to_do = models.CharField(max_length=200, default="")
    evidence = models.JSONField(default=dict)
    arrived_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    aside_by = models.CharField(max_length=80, default="", db_default="")
    aside_at = models.DateTimeField(null=True)
    aside_note = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["peer", "message", "digest"], name="peers_incoming_once"),
            models.CheckConstraint(condition=Q(state__in=sorted(INCOMING.states)), name="peers_incoming_state_known"),
        ]
        indexes = [
            models.Index(fields=["waits_for"], name="peers_incoming_waiting", condition=Q(state="waiting")),
            models.Index(
                fields=["-urgent", "serial", "id"], name="peers_incoming_to_settle", condition=Q(state="stored")
            ),
            models.Index(fields=["peer", "journal", "serial"], name="peers_incoming_numbered"),
            models.Index(fields=["-id"], name="peers_incoming_dead", condition=Q(state="dead")),
            models.Index(fields=["subject"], name="peers_incoming_proof", condition=Q(raw__isnull=False)),
            models.Index(
                fields=["part_of"],
                name="peers_incoming_refused_part",
                condition=Q(state__in=["dead", "set_aside"]) & ~Q(part_of=""),
            ),
            models.Index(fields=["-id"], name="peers_incoming_set_aside", condition=Q(state="set_aside")),
            models.Index(fields=["-id"], name="peers_incoming_void", condition=Q(state="void")),
        ]

    def __str__(self) -> str:
        return f"{self.peer} {self.serial} {self.state}"


class Tables(models.Model):
    """Which code tables (`kind` codes) or which diversion list (list) hold at a peer since `as_of`, by its own word.

    `version` is the SM3 of their content, `label` number and name of the list. The rows of codes are `intake`'s.
    """

    peer = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    version = models.CharField(max_length=64)
    label = models.CharField(max_length=110, default="")
    as_of = models.DateTimeField()
    heard_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["peer", "kind", "as_of"], name="peers_tables_once")]

    def __str__(self) -> str:
        return f"{self.peer} {self.kind} {self.version[:8]}"


class Refusal(models.Model):
    """A message that was set apart here unkept although it says which one of the peer's it is. The peer is told
    (`code`) with every receipt until the message comes in order.
    """

    peer = models.CharField(max_length=20)
    message = models.CharField(max_length=36)
    code = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["peer", "message"], name="peers_refusal_once")]

    def __str__(self) -> str:
        return f"{self.peer} {self.message} {self.code}"
