"""Divisions, nodes, desks, units, posts, people, and the tokens of other systems."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Division(models.Model):
    """An administrative division (GB/T 2260), an internal area outside the GB range, or a township or street.

    An order stands in a division of at most county level, six characters; townships and streets have nine digits.
    """

    code = models.CharField(max_length=12, primary_key=True)
    name = models.CharField(max_length=60)
    short = models.CharField(max_length=20)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    kind = models.CharField(max_length=10)  # city, district, county, zone; township, street
    source = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Node(models.Model):
    """An installation of the house with a database of its own, in one of the networks (ADR 0022).

    `ordinal`, below `intake.numbering.NODES`, keeps the numbers of two nodes apart and never changes. `public_key` is
    the node's key for signatures as PEM, empty until it is known.
    """

    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=60)
    ordinal = models.SmallIntegerField(unique=True)
    public_key = models.TextField(default="", blank=True)

    def __str__(self) -> str:
        return self.name


class Life(models.Model):
    """A life of this node: it was put back to a backup and has begun anew (ADR 0023). Before the first it is in life 0.

    `number`: the moment in microseconds, greater than that of any life before. `who` says so and `why`, in Chinese.
    Until `released_at` the node is held back: it takes no step in matters of before.
    """

    number = models.BigIntegerField(primary_key=True)
    begun_at = models.DateTimeField()
    who = models.CharField(max_length=80)
    why = models.CharField(max_length=300)
    released_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.number)


class Desk(models.Model):
    """A desk that takes calls and may hold the baton: city 12345, city 110, county 110, linked hotline.

    `node` is where the desk lives; without one, as with no LIANDONG_NODE, it is here. A `paper` desk has no people
    here: it is written to on paper, and what it answers on paper is typed in on its behalf where it lives (ADR 0026).
    """

    class Kind(models.TextChoices):
        CITY_12345 = "city_12345", "市12345热线"
        CITY_110 = "city_110", "市110报警服务台"
        COUNTY_110 = "county_110", "县级110报警服务台"
        HOTLINE = "hotline", "联动热线"

    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    division = models.ForeignKey(Division, on_delete=models.PROTECT)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    phone = models.CharField(max_length=40, default="", blank=True)
    clause = models.CharField(max_length=20, default="", blank=True)
    node = models.ForeignKey(Node, null=True, on_delete=models.PROTECT)
    paper = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """An undertaking unit (承办单位): county government, city department, public utility."""

    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    division = models.ForeignKey(Division, on_delete=models.PROTECT)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    source = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """A post and the rights that come with it. Rights are codes of `identity.rights`."""

    code = models.CharField(max_length=30, primary_key=True)
    name = models.CharField(max_length=40)
    rights = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(username=username)


class Person(AbstractBaseUser):
    """Somebody with an account, in one post at one desk or unit."""

    username = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=40)
    post = models.ForeignKey(Post, on_delete=models.PROTECT)
    desk = models.ForeignKey(Desk, null=True, on_delete=models.PROTECT)
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT)
    must_change_password = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    demo = models.BooleanField(default=False)
    since = models.DateTimeField()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]
    objects = PersonManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~(models.Q(desk__isnull=False) & models.Q(unit__isnull=False)),
                name="identity_person_desk_or_unit",
            )
        ]

    @property
    def place(self) -> Desk | Unit | None:
        """The desk or unit the person sits at; None for people of the whole city."""
        return self.desk or self.unit

    def __str__(self) -> str:
        return self.name


class SystemToken(models.Model):
    """A token of another system that speaks for one desk over the API. Only its SM3 digest is kept."""

    name = models.CharField(max_length=60)
    desk = models.ForeignKey(Desk, on_delete=models.PROTECT)
    digest = models.BinaryField(unique=True)
    rights = models.JSONField(default=list)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
