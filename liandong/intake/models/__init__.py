"""Matters, orders, custody, and the dated rows (codes, limits, parameters) the trade runs on.

Desks are kept as codes without a database foreign key: thousands of writers a second would otherwise all lock the one
row of their desk. `liandong check` compares the codes with the desks.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from liandong.identity.models import Person
from liandong.intake.models.documents import ComingDocument as ComingDocument
from liandong.intake.models.documents import ComingPiece as ComingPiece
from liandong.intake.models.documents import Document as Document
from liandong.intake.models.documents import DocumentPiece as DocumentPiece
from liandong.intake.models.documents import DocumentRemoval as DocumentRemoval
from liandong.intake.models.foreign import ForeignCode as ForeignCode


class Code(models.Model):
    """One row of a code table (nature, channel, refuse_reason, …) with the dates between which it may be chosen."""

    table = models.CharField(max_length=30)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    parent = models.CharField(max_length=40, default="", blank=True)
    text = models.TextField(default="", blank=True)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    source = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table", "code", "effective_from"], name="intake_code_one_from_a_day")
        ]

    def __str__(self) -> str:
        return self.name


class LimitRow(models.Model):
    """One dated time limit; see `limits.py` for how a row is chosen."""

    clock = models.CharField(max_length=30)
    kind = models.CharField(max_length=30)
    urgency = models.CharField(max_length=20)
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    unit = models.CharField(max_length=12)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    source = models.CharField(max_length=200)
    clause = models.CharField(max_length=20, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clock", "kind", "urgency", "effective_from"], name="intake_limit_one_from_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.clock} {self.kind} {self.urgency}"


class Parameter(models.Model):
    """One dated number that is not a time limit (how many refusals, how many urges)."""

    name = models.CharField(max_length=60)
    value = models.DecimalField(max_digits=12, decimal_places=4)
    unit = models.CharField(max_length=20)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    source = models.CharField(max_length=200)
    clause = models.CharField(max_length=20, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "effective_from"], name="intake_parameter_one_from_a_day")
        ]

    def __str__(self) -> str:
        return self.name


class Matter(models.Model):
    """What one appeal is about, under one linkage number (联动号) for life; groups its work and police orders."""

    number = models.CharField(max_length=24)
    division = models.CharField(max_length=6)
    first_desk = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default="open")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # Open transfers keep the matter open; counted here because intake does not know the protocol above it.
    transfers_open = models.SmallIntegerField(default=0)
    # Hops for the loop guard: how often the matter was sent back, over all transfers.
    sent_back = models.SmallIntegerField(default=0)
    problem_at = models.DateTimeField(null=True)
    problem_why = models.CharField(max_length=200, default="")
    danger_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=0)

    # No column: the hash of the matter's last event as it was read with the lock, see `actions.matters.trace`.
    last_event: bytes | None = None

    class Meta:
        indexes = [
            models.Index(fields=["problem_at"], name="intake_matter_problem", condition=Q(problem_at__isnull=False))
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="intake_matter_number"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | Q(state="closed", closed_at__isnull=False),
                name="intake_matter_closed_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Order(models.Model):
    """The record of one desk about a matter: a work order (工单) of 12345 or a police order (警单) of 110.

    The caller's name, phone and identity number are sealed with SM4-GCM bound to the order's number; equal phones are
    found by their blind index. `due_at` is what the lists sort by: the running clock of the order or of its transfer.
    `needs`: the right one must have to see the order at all (S3.6); empty: everybody of its desks. `known_to`: the
    person who said what made it so, and goes on seeing it; `known_at`: the desk whose people all do, where no person
    but the gate said it. `mirrored`: of an order that another node's desk writes,
    the version of what this node was told last; None for our own.
    """

    class Kind(models.TextChoices):
        WORK = "work", "工单"
        POLICE = "police", "警单"

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="orders", db_index=False)
    number = models.CharField(max_length=24)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    desk = models.CharField(max_length=20)
    state = models.CharField(max_length=10)
    division = models.CharField(max_length=6)
    channel = models.CharField(max_length=20)
    nature = models.CharField(max_length=20)
    category = models.CharField(max_length=40, default="")
    urgency = models.CharField(max_length=20)
    level = models.CharField(max_length=20, default="")
    title = models.CharField(max_length=100)
    content = models.TextField()
    address = models.CharField(max_length=200, default="")
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    system = models.CharField(max_length=60, default="")
    external_id = models.CharField(max_length=64, default="")
    caller_name = models.BinaryField(null=True)
    caller_phone = models.BinaryField(null=True)
    caller_identity = models.BinaryField(null=True)
    phone_blind = models.BinaryField(null=True)
    identity_blind = models.BinaryField(null=True)
    secret = models.BooleanField(default=False)
    details = models.JSONField(default=dict)
    words = SearchVectorField(null=True)
    outcome = models.CharField(max_length=20, default="")
    result = models.CharField(max_length=20, default="")
    answer = models.TextField(default="")
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    overdue_at = models.DateTimeField(null=True)
    answer_by = models.DateTimeField(null=True)
    followup_by = models.DateTimeField(null=True)
    urges = models.SmallIntegerField(default=0)
    rework = models.SmallIntegerField(default=0)
    version = models.IntegerField(default=0)
    needs = models.CharField(max_length=30, default="", db_default="")
    known_to = models.BigIntegerField(null=True)
    known_at = models.CharField(max_length=20, default="", db_default="")
    mirrored = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["matter"], name="intake_order_matter_idx"),
            models.Index(
                fields=["desk", "due_at", "id"], name="intake_order_work_list", condition=Q(closed_at__isnull=True)
            ),
            models.Index(fields=["desk", "-received_at", "-id"], name="intake_order_by_time"),
            models.Index(fields=["answer_by"], name="intake_order_answer_by", condition=Q(answer_by__isnull=False)),
            models.Index(
                fields=["followup_by"], name="intake_order_followup_by", condition=Q(followup_by__isnull=False)
            ),
            models.Index(fields=["phone_blind"], name="intake_order_phone", condition=Q(phone_blind__isnull=False)),
            models.Index(
                fields=["identity_blind"], name="intake_order_identity", condition=Q(identity_blind__isnull=False)
            ),
            GinIndex(fields=["words"], name="intake_order_words"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="intake_order_number"),
            models.UniqueConstraint(
                fields=["system", "external_id"],
                name="intake_order_one_per_external_id",
                condition=~Q(external_id=""),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["received", "handling", "handed", "answered", "closed"]),
                name="intake_order_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | (~Q(state="closed") & Q(closed_at__isnull=True)),
                name="intake_order_closed_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OrderStep(models.Model):
    """A line of an order's own history: what happened to it at its desk, by whom, in words people read."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="steps", db_index=False)
    at = models.DateTimeField()
    verb = models.CharField(max_length=20)
    by = models.JSONField()
    text = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["order", "id"], name="intake_orderstep_order")]

    def __str__(self) -> str:
        return f"{self.verb} {self.at}"


# How two orders may belong together.
RELATIONS = {"repeat": "重复反映"}


class OrderLink(models.Model):
    """Two orders that belong together (a repeat of the same appeal); offered and made by people, never a merge."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="links")
    other = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="linked_from")
    relation = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "other", "relation"], name="intake_orderlink_once")]

    def __str__(self) -> str:
        return f"{self.relation} {self.order_id}–{self.other_id}"


class Custody(models.Model):
    """One segment of the custody chain (责任链): who was responsible from when to when, and why.

    The `lead` segments tile the matter's life without gap or overlap; `joint` ones stand beside them.
    """

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="custody", db_index=False)
    party = models.CharField(max_length=20)
    role = models.CharField(max_length=6)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    why = models.CharField(max_length=40)
    via = models.CharField(max_length=24, default="")

    class Meta:
        indexes = [models.Index(fields=["matter", "since", "id"], name="intake_custody_matter_idx")]
        constraints = [
            models.UniqueConstraint(
                fields=["matter"], name="intake_custody_one_lead", condition=Q(role="lead", until__isnull=True)
            ),
            models.UniqueConstraint(
                fields=["matter", "party"], name="intake_custody_party_once", condition=Q(until__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")), name="intake_custody_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.since}"


class MatterParty(models.Model):
    """A desk or unit that may see the matter because something of it was sent there."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="parties", db_index=False)
    party = models.CharField(max_length=20)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["matter", "party"], name="intake_matterparty_once")]

    def __str__(self) -> str:
        return self.party


class AcceptedKey(models.Model):
    """An Idempotency-Key that was used: the same body gets the same answer, another body is refused."""

    system = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    body_hash = models.BinaryField()
    answer = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "key"], name="intake_acceptedkey_once")]

    def __str__(self) -> str:
        return self.key


class SavedList(models.Model):
    """A list as somebody likes to see it: filter and columns under a name. `query` is the address' query part.

    The person's own, and their desk's where it is shared. The default one opens when no other is asked for.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    desk = models.CharField(max_length=20)
    listing = models.CharField(max_length=10)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=2000)
    shared = models.BooleanField(default=False)
    default = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["desk", "listing"], name="intake_savedlist_shared", condition=Q(shared=True))]
        constraints = [
            models.UniqueConstraint(fields=["person", "listing", "name"], name="intake_savedlist_one_of_a_name"),
            models.UniqueConstraint(
                fields=["person", "listing"], name="intake_savedlist_one_default", condition=Q(default=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ExportRequest(models.Model):
    """Somebody asks to export more rows than a person may alone (S2.2); another one decides, then it is fetched."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    desk = models.CharField(max_length=20)
    listing = models.CharField(max_length=10)
    query = models.CharField(max_length=2000)
    reason = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    granted = models.BooleanField(null=True)
    why = models.CharField(max_length=200, default="")
    usable_until = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["desk", "-id"], name="intake_exportrequest_desk"),
            models.Index(fields=["id"], name="intake_exportrequest_waiting", condition=Q(decided_at__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, granted__isnull=True, decided_person__isnull=True)
                | Q(decided_at__isnull=False, granted__isnull=False, decided_person__isnull=False),
                name="intake_exportrequest_decided_whole",
            ),
            models.CheckConstraint(
                condition=Q(decided_person__isnull=True) | ~Q(decided_person=models.F("person")),
                name="intake_exportrequest_decided_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.desk} {self.asked_at}"
