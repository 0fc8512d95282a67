"""Who acts: a person in a post at a desk or unit, another system, another node, or the desk's own clock."""

from __future__ import annotations

from dataclasses import dataclass

from liandong.kernel.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class By:
    """The actor of a write. `desk` and `unit` are codes; one of them is set for everybody but the administrator.

    `person` is the account's id, None for systems and clocks. `rights` are the rights of the post at the time.
    """

    name: str
    post: str
    desk: str | None = None
    unit: str | None = None
    person: int | None = None
    system: str | None = None
    rights: frozenset[str] = frozenset()

    @property
    def party(self) -> str:
        """The desk or unit the actor speaks for."""
        return self.desk or self.unit or "-"

    def may(self, right: str) -> bool:
        return right in self.rights

    def needs(self, right: str) -> None:
        """Raises NotAllowed when the post lacks `right`."""
        if right not in self.rights:
            raise NotAllowed(right=right)

    def described(self) -> dict[str, str | int | None]:
        """What the trail keeps of the actor."""
        return {
            "name": self.name,
            "post": self.post,
            "desk": self.desk,
            "unit": self.unit,
            "person": self.person,
            "system": self.system,
        }


def clock_of(desk: str) -> By:
    """The desk's own clock: what happens at a desk when time runs out, without anybody's help."""
    return By(name="系统时钟", post="clock", desk=desk, system="clock", rights=frozenset({"clock"}))


def peer_of(node: str, desk: str, name: str = "") -> By:
    """Somebody at a desk of another node, as that node names them. What they may do was asked there."""
    return By(name=name or node, post="peer", desk=desk, system=f"node:{node}")


GATE, LEADS = "gate", "leads"


def gate_of(desk: str) -> By:
    """The danger gate of a desk: what it does about a note that tells of a danger, before anybody has read it."""
    return By(name="险情闸门", post="clock", desk=desk, system=GATE, rights=frozenset({"clock"}))


def leads_of(desk: str) -> By:
    """The same for leads that concern stability (S3.6). What it says no person has said yet."""
    return By(name="线索闸门", post="clock", desk=desk, system=LEADS, rights=frozenset({"clock"}))
