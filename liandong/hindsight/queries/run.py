"""Working a replay off: the orders of a stretch under the list that held and under the one that is tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from liandong.hindsight import tally
from liandong.hindsight.moves import Lists, Move, replayed
from liandong.hindsight.queries.past import Past, engine_for, items_of, keys_between, limits, stretch, taken
from liandong.hindsight.tally import Moved
from liandong.kernel import clock
from liandong.kernel.ids import local_day
from liandong.routing.decision import Engine
from liandong.routing.items import ItemValues
from liandong.routing.many import Short, may_differ
from liandong.routing.models import ListVersion
from liandong.routing.queries import county
from liandong.routing.verdicts import Note

# So many notes are compared at a time: their runs stand in memory together.
TOGETHER = 500


@dataclass
class Run:
    """A replay in this process: `reached` is the last order seen, `counts` what the orders up to it add up to."""

    since: date
    until: date
    version: str
    items: tuple[ItemValues, ...]
    first: int
    last: int
    reached: int
    counts: dict[str, Any] = field(default_factory=tally.empty)

    def __post_init__(self) -> None:
        self._lists: dict[str, Lists] = {}
        self._held = frozenset(ListVersion.objects.values_list("code", flat=True))
        self._day = local_day(clock.now())

    @property
    def over(self) -> bool:
        return self.reached >= self.last

    def go_on(self) -> None:
        """Work one stretch off."""
        past, self.reached = stretch(self.since, self.until, self.reached, self.last)
        groups: dict[str, list[Past]] = {}
        for one in past:
            groups.setdefault(self._version_of(one), []).append(one)
        for version, group in groups.items():
            moved, asked = self._moved(version, group) if version else ([], 0)
            tally.add(self.counts, [one.order for one in group], moved, asked)

    def result(self) -> dict[str, Any]:
        """What the whole of it came to."""
        return tally.result(self.counts, taken(self.since, self.until), limits())

    def _version_of(self, one: Past) -> str:
        """The list by which it was decided: that of the citation, else the one that held when it came in."""
        cited = one.order.cited
        return cited.version if cited is not None and cited.version in self._held else one.order.version

    def _moved(self, version: str, group: Sequence[Past]) -> tuple[list[Moved], int]:
        if version not in self._lists:
            held = items_of([version])[version]
            self._lists[version] = Lists(held, {item.code: item for item in self.items})
        lists = self._lists[version]
        if not lists.asks:
            return [], 0
        in_order = partial(sorted, key=lambda item: item.code)
        before = engine_for(version, tuple(in_order(lists.before.values())), self._day)
        after = engine_for(f"{self.version}*", tuple(in_order(self.items)), self._day)
        moved, asked = [], 0
        for begin in range(0, len(group), TOGETHER):
            some = group[begin : begin + TOGETHER]
            said: dict[int, tuple[Short, Short]] = {}
            for apart in may_differ([one.text for one in some], before, after, lists.touched):
                pair = apart.settled(self._note(some[apart.at]), before, after)
                if pair[0] != pair[1]:
                    said[apart.at] = pair
            asked += len(some)
            for at, one in enumerate(some):
                move = replayed(one.order, lists, said.get(at))
                if move is not None:
                    moved.append(self._around(one, move, lists, before))
        return moved, asked

    @staticmethod
    def _note(one: Past) -> Note:
        return Note(one.text, at=one.order.at, division=county(one.order.county))

    def _around(self, one: Past, move: Move, lists: Lists, engine: Engine) -> Moved:
        """The units for either item, by one directory, and whether the gate holds whatever the list says."""
        note = self._note(one)
        where = engine.locate(note).county

        def unit(item: ItemValues | None) -> str:
            found = engine.units(note.text, item.code, item.class_name, where) if item is not None else ()
            return found[0].code if found else ""

        old, new = lists.before.get(move.item_from), lists.after.get(move.item_to)
        danger = one.order.danger
        gate = danger is not None and engine.danger(note, engine.learned or (lambda _: 0.0)).holds
        return Moved(one.order, move, unit(old), unit(new), gate)


def begun(since: date, until: date, version: str, items: Sequence[ItemValues]) -> Run:
    """A replay from its beginning."""
    first, last = keys_between(since, until)
    return Run(since, until, version, tuple(items), first, last, first)
