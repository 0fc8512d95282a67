"""One state table a life-cycle: states with their Chinese labels, edges with a letter, a verb and a label. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from liandong.kernel.errors import NoSuchEdge


@dataclass(frozen=True, slots=True)
class Edge:
    """One lettered edge. `source` None opens the life-cycle."""

    letter: str
    verb: str
    source: str | None
    target: str
    label: str


@dataclass(frozen=True)
class Lifecycle:
    name: str
    states: Mapping[str, str]
    ends: frozenset[str]
    edges: tuple[Edge, ...]

    @cached_property
    def _by_source_and_verb(self) -> dict[tuple[str | None, str], Edge]:
        return {(e.source, e.verb): e for e in self.edges}

    def edge(self, state: str | None, verb: str) -> Edge:
        """The edge `verb` out of `state`. Raises NoSuchEdge when the table has none."""
        try:
            return self._by_source_and_verb[(state, verb)]
        except KeyError:
            label = self.states.get(state, state) if state else "未建立"
            raise NoSuchEdge(f"当前状态为“{label}”，不能进行此操作，请刷新后查看最新状态。", verb=verb) from None

    def out_of(self, state: str) -> tuple[Edge, ...]:
        return tuple(e for e in self.edges if e.source == state)
