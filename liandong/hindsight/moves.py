"""What a list would have decided otherwise than what happened, order by order, with the reason. Pure.

The rule of the replay (ADR 0018): an order stays as it happened unless an item that differs between the two lists is
the cause. Whoever cited an item has said what the order was; the classifier is asked only what the list's new words
draw away, and only by comparing two engines that differ in the list alone, so that its errors cancel. Without a
difference between the lists nothing can move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from liandong.routing.changes import Differences, differences
from liandong.routing.items import ItemValues
from liandong.routing.many import Short

DANGER = "danger"
# What is no item of the list: a guide path, whose code is for programs.
GUIDE = "引导解释"
# What decides who comes out, and what the classifier learns from. Other fields are read by people alone.
DECISIVE = frozenset({"side", "kind"})
TAUGHT = frozenset({"class_name", "text", "side", "kind", "signals", "examples"})

What = Literal["side", "kind", "item", "nobody", "person"]
WHATS: dict[What, str] = {
    "side": "改变归口",
    "kind": "改变移交方式",
    "item": "改列其他条目",
    "nobody": "清单中无条目可依",
    "person": "改由人工判断",
}


@dataclass(frozen=True, slots=True)
class HandOver:
    """One hand-over of an order as it was. `item` is what was cited, "" for nothing; `state` how it stands now."""

    kind: str
    item: str
    version: str
    target: str
    state: str
    opened_at: datetime
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """One order as it was. `side` is that of the desk that took it; `version` the list that held then."""

    number: str
    at: datetime
    desk: str
    side: str
    county: str
    version: str
    handed: tuple[HandOver, ...] = ()

    @property
    def cited(self) -> HandOver | None:
        """The last hand-over that cited an item: what was said of the order in the end."""
        return next((one for one in reversed(self.handed) if one.item), None)

    @property
    def danger(self) -> HandOver | None:
        """The first hand-over as a danger."""
        return next((one for one in self.handed if one.kind == DANGER), None)


@dataclass(frozen=True)
class Lists:
    """The list that held and the one that is tried, item by item."""

    before: Mapping[str, ItemValues]
    after: Mapping[str, ItemValues]
    found: Differences = field(init=False)
    touched: frozenset[str] = field(init=False)
    asks: bool = field(init=False)

    def __post_init__(self) -> None:
        found = differences(self.before.values(), self.after.values())
        touched = {one.code for one in (*found.added, *found.removed)}
        touched |= {one.code for one in found.changed if any(f.name in TAUGHT for f in one.fields)}
        object.__setattr__(self, "found", found)
        object.__setattr__(self, "touched", frozenset(touched))
        # Where nothing the classifier learns from differs, both engines are one and need not be asked.
        object.__setattr__(self, "asks", bool(touched))


@dataclass(frozen=True, slots=True)
class Move:
    """What would have been otherwise. `item_from` and `item_to` may be equal or ""; `kind_to` how it would go out."""

    what: What
    side_from: str
    side_to: str
    item_from: str
    item_to: str
    kind_from: str
    kind_to: str
    why: str


def replayed(order: Happened, lists: Lists, said: tuple[Short, Short] | None) -> Move | None:
    """What the other list would have changed; None: as it happened.

    `said` is what the engines of the two lists say, None where they say the same.
    """
    cited = order.cited
    if cited is not None and cited.item in lists.before:
        return _of_cited(cited, lists, said)
    if cited is not None:
        return None  # an item of a list that is not ours: nothing of ours touches it
    return _of_uncited(order, lists, said) if said is not None else None


def _of_cited(cited: HandOver, lists: Lists, said: tuple[Short, Short] | None) -> Move | None:
    old, new = lists.before[cited.item], lists.after.get(cited.item)
    other = _drawn_away(cited.item, lists, said)
    if new is None:
        if other is None:
            why = f"所引条目{old.code}在新清单中删除，没有条目接替，须由人员确定归口"
            return Move("nobody", old.side, "", old.code, "", old.kind, "", why)
        why = f"所引条目{old.code}在新清单中删除，来电内容改由{other.code}“{other.text}”承接"
        return _between(old, other, why)
    if (old.side, old.kind) != (new.side, new.kind):
        return _between(old, new, f"所引条目{old.code}在新清单中{_changed(old, new)}")
    if other is not None:
        why = f"来电内容在新清单中归入{other.code}“{other.text}”，不再归入所引条目{old.code}"
        return _between(old, other, why)
    return None


def _drawn_away(cited: str, lists: Lists, said: tuple[Short, Short] | None) -> ItemValues | None:
    """The item of the new list that takes the order from the cited one; only if the old engine knew it as that."""
    if said is None or said[0].item != cited or said[1].item == cited or said[1].unsure:
        return None
    if said[1].item not in lists.touched and cited not in lists.touched:
        return None
    return lists.after.get(said[1].item)


def _of_uncited(order: Happened, lists: Lists, said: tuple[Short, Short] | None) -> Move | None:
    """An order nobody cited an item for: only where the two engines differ by an item that is touched."""
    if said is None:
        return None
    before, after = said
    if not {before.item, after.item} & lists.touched:
        return None
    old, new = lists.before.get(before.item), lists.after.get(after.item)
    kind_from, kind_to = (old.kind if old else ""), (new.kind if new else "")
    whole = (order.side, after.side, before.item, after.item, kind_from, kind_to)
    if after.unsure:
        if before.unsure:
            return None
        if old is not None and old.code not in lists.after:
            why = f"原可列入{old.code}“{old.text}”，该条目在新清单中删除，没有条目接替"
            return Move("nobody", order.side, "", old.code, "", old.kind, "", why)
        why = f"按原清单可判为{old.code if old is not None else GUIDE}，按新清单把握不足，须由人员判断"
        return Move("person", order.side, "", before.item, "", kind_from, "", why)
    why = _between_words(old, new)
    if before.side != after.side and after.side != order.side:
        return Move("side", *whole, why)
    if before.item == after.item:
        return None
    return Move("item", order.side, order.side, before.item, after.item, kind_from, kind_to, why)


def _between(old: ItemValues, new: ItemValues, why: str) -> Move:
    what: What = "side" if old.side != new.side else "kind" if old.code == new.code else "item"
    return Move(what, old.side, new.side, old.code, new.code, old.kind, new.kind, why)


def _between_words(old: ItemValues | None, new: ItemValues | None) -> str:
    if old is not None and new is not None and old.code == new.code:
        return f"来电内容属{old.code}“{old.text}”，该条目在新清单中{_changed(old, new) or '改了内容'}"
    name = f"{new.code}“{new.text}”" if new is not None else GUIDE
    return f"来电内容按原清单最接近{old.code if old is not None else GUIDE}，按新清单归入{name}"


def _changed(old: ItemValues, new: ItemValues) -> str:
    parts = []
    if old.side != new.side:
        parts.append(f"由{old.side}改归{new.side}")
    if old.kind != new.kind:
        parts.append("改变移交方式")
    return "、".join(parts)
