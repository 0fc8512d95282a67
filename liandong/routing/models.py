"""The diversion list (分流事项清单), the unit directory (派单目录), and what is learnt from decisions."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from liandong.identity.models import Division, Person, Unit
from liandong.intake.models import Order


class ListVersion(models.Model):
    """A version and how far it has come. Which one holds on a day is told by the dates (`states.HELD`).

    `base` is the version it was copied from. A version of the pack has neither base nor people. `reason` is why it was
    last sent back or dropped. `effective_by` is due when an approved version takes effect. `version` counts the steps
    of its life, so that who decides on what somebody else has moved is told.
    """

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=12, db_column="status")
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    approved_by = models.CharField(max_length=80, default="", blank=True)
    source = models.CharField(max_length=200)
    base = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    drafted_person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(null=True)
    proposed_person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    approved_person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", db_default="", blank=True)
    effective_by = models.DateTimeField(null=True)
    version = models.IntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["effective_by"], name="routing_version_effective", condition=Q(effective_by__isnull=False)
            )
        ]

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


class Duty(models.Model):
    """A dated row of the unit directory: what a unit is for, which items of the list that covers, and by which law.

    Without a unit it is a duty of whichever township or street the matter is in. `exclusive`: a department owns it, so
    a township or street is never to get it (国办函〔2025〕66号).
    """

    class Level(models.TextChoices):
        DEPARTMENT = "department", "市级部门和单位"
        COUNTY = "county", "县级"
        TOWNSHIP = "township", "乡镇街道"
        UTILITY = "utility", "公用事业单位"

    code = models.CharField(max_length=20, unique=True)
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="duties")
    duty = models.CharField(max_length=200)
    level = models.CharField(max_length=10, choices=Level.choices)
    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="+")
    items = models.JSONField(default=list)
    keywords = models.JSONField(default=list)
    exclusive = models.BooleanField()
    legal_basis = models.CharField(max_length=300)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    source = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.code} {self.duty}"


class Guide(models.Model):
    """What a guide path (a code of the table `guide`) sounds like on the phone: what belongs to neither side."""

    code = models.CharField(max_length=40, unique=True)
    signals = models.JSONField(default=list)
    examples = models.JSONField(default=list)
    source = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.code


class Example(models.Model):
    """A synthetic note of the pack with its answers; teaches natures, and items where it was to be handed over.

    One that teaches its nature alone has no title and no side.
    """

    code = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=100)
    text = models.TextField()
    side = models.CharField(max_length=10)
    nature = models.CharField(max_length=20)
    kind = models.CharField(max_length=10)
    item = models.CharField(max_length=20, default="", blank=True)
    category = models.CharField(max_length=40, default="", blank=True)

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class ModelVersion(models.Model):
    """A trained model. `blob` is the classifier, `report` how it compared with the one in use when it was trained.

    One is active at most; it decides while the list it was trained for is in force. `version` counts its steps.
    """

    code = models.CharField(max_length=40, unique=True)
    state = models.CharField(max_length=10)
    list_version = models.ForeignKey(ListVersion, on_delete=models.PROTECT, related_name="+")
    trained_at = models.DateTimeField()
    trained_person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    documents = models.IntegerField()
    corrections = models.IntegerField()
    report = models.JSONField(default=dict)
    blob = models.BinaryField()
    active_since = models.DateTimeField(null=True)
    version = models.IntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="active"), name="routing_modelversion_one_active"
            )
        ]

    def __str__(self) -> str:
        return self.code


class Decided(models.Model):
    """What was suggested for an order, by which list and model, and why; kept as it was, whatever is decided later."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="decided", db_index=False)
    at = models.DateTimeField()
    list_version = models.CharField(max_length=20)
    model = models.CharField(max_length=40)
    side = models.CharField(max_length=10)
    item = models.CharField(max_length=40, default="", blank=True)
    unsure = models.BooleanField()
    output = models.JSONField()
    reasons = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["order", "id"], name="routing_decided_order"),
            models.Index(fields=["at", "item"], name="routing_decided_at"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.side} {self.item}"


class Correction(models.Model):
    """Somebody said what a suggestion should have been; learnt from once another person has confirmed it.

    `side`, `item`, `nature`, `unit` are what is right, empty where the suggestion stood. `version` counts its steps.
    """

    decided = models.ForeignKey(Decided, on_delete=models.PROTECT, related_name="corrections")
    at = models.DateTimeField()
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    desk = models.CharField(max_length=20)
    side = models.CharField(max_length=10, default="", blank=True)
    item = models.CharField(max_length=40, default="", blank=True)
    nature = models.CharField(max_length=20, default="", blank=True)
    unit = models.CharField(max_length=20, default="", blank=True)
    why = models.CharField(max_length=200, default="", blank=True)
    state = models.CharField(max_length=10)
    settled_at = models.DateTimeField(null=True)
    settled_person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.IntegerField(default=0, db_default=0)

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="routing_correction_state")]

    def __str__(self) -> str:
        return f"{self.decided_id} {self.side} {self.item}"
