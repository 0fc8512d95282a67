"""The people who act: the pack's demo people, each as the actor the screens would make of them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from liandong.audit.by import By
from liandong.identity.models import Desk, Person
from liandong.identity.queries import by_person
from liandong.kernel.errors import LiandongError


class CastMissing(LiandongError):
    code = "cast_missing"
    message = "没有可以扮演受理台人员的演示账号，请先以体验模式装载城市数据包。"


@dataclass(frozen=True)
class Cast:
    """Who sits where. `desks` maps a kind of desk to the codes of those with people who may act on transfers."""

    people: tuple[By, ...]
    desks: dict[str, tuple[str, ...]]
    kinds: dict[str, str]

    def somebody(self, rng: Random, desk: str, right: str, needs: str = "") -> By:
        """One of the desk's people who has `right`, and `needs` if anything is needed besides. Raises CastMissing."""
        able = [by for by in self.people if by.desk == desk and by.may(right) and (not needs or by.may(needs))]
        if not able:
            raise CastMissing(f"受理台 {desk} 没有具备“{right}”权限的演示账号。")
        return rng.choice(able)

    def conference(self, rng: Random) -> By:
        """Who rules for the joint conference. Raises CastMissing."""
        able = [by for by in self.people if by.may("transfer.decide")]
        if not able:
            raise CastMissing("没有具备裁定权限的演示账号。")
        # The conference's own officer first; where the pack gives the right to others, one of them.
        own = [by for by in able if by.post == "conference_officer"]
        return rng.choice(own or able)

    def only(self, kind: str) -> str:
        """The one desk of a kind (the city's 12345, the city's 110). Raises CastMissing."""
        if not self.desks.get(kind):
            raise CastMissing
        return self.desks[kind][0]


def read_cast() -> Cast:
    """The demo people of the database, in a fixed order. Raises CastMissing when there are none."""
    rows = Person.objects.filter(demo=True, is_active=True).order_by("username")
    people = tuple(by_person(person) for person in rows.select_related("post"))
    kinds = dict(Desk.objects.values_list("code", "kind"))
    able = {by.desk for by in people if by.desk and by.may("transfer.act") and by.may("order.accept")}
    desks: dict[str, list[str]] = {}
    for code in sorted(able):
        desks.setdefault(kinds[code], []).append(code)
    cast = Cast(people, {kind: tuple(codes) for kind, codes in desks.items()}, kinds)
    cast.only("city_12345")
    cast.only("city_110")
    return cast
