"""The words of a long note, indexed: what is left of them beside another note is found from what both share. Pure.

A note of ten thousand characters is compared with every order of three days at each pause in typing. Word by word
that takes seconds; from the few rows of characters both have, about the time of a short note.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from liandong.routing.gazetteer import Spot
from liandong.routing.lexicon import Cut

# So many characters in a row that both have are a name, mostly of a place.
RUN = 3


@dataclass(frozen=True, slots=True)
class Wording:
    """A note by its kinds of words (`kinds`: a word with its concepts, whatever its places).

    A use is a place of a word with what stands beside it; equal ones are one. `uses`: how many each kind has.
    `in_row`: row of characters → uses it lies over, but for words that say what happened. `in_spot`: for each place
    named, its core and the uses within its name. `of_letter`, `of_concept`: the kinds they are in.
    """

    letters: frozenset[str]
    rows: frozenset[str]
    uses: tuple[int, ...]
    kind_of: tuple[int, ...]
    in_row: dict[str, tuple[int, ...]]
    in_spot: tuple[tuple[str, tuple[int, ...]], ...]
    of_letter: dict[str, frozenset[int]]
    of_concept: dict[str, frozenset[int]]

    def hidden(self, rows: frozenset[str], text: str) -> frozenset[int]:
        """The kinds of which no use is left beside a note of that text, whose rows of characters are `rows`."""
        gone: set[int] = set()
        for row in self.rows & rows:
            gone.update(self.in_row.get(row, ()))
        for core, inside in self.in_spot:
            if core in text:
                gone.update(inside)
        times = Counter(self.kind_of[use] for use in gone)
        return frozenset(kind for kind, count in times.items() if count == self.uses[kind])

    def concepts(self, hidden: frozenset[int]) -> frozenset[str]:
        return frozenset(name for name, kinds in self.of_concept.items() if not kinds <= hidden)

    def saying(self, concepts: Iterable[str]) -> frozenset[int]:
        """The kinds that stand for one of the concepts."""
        return frozenset[int]().union(*[self.of_concept.get(name, frozenset()) for name in concepts])

    def left(self, letters: frozenset[str], hidden: frozenset[int]) -> frozenset[str]:
        """Those of the letters that a kind not hidden has."""
        return frozenset(one for one in letters & self.letters if not self.of_letter[one] <= hidden)


def rows_of(text: str) -> frozenset[str]:
    return frozenset(text[at : at + RUN] for at in range(len(text) - RUN + 1))


def wording(text: str, words: Cut, spots: tuple[Spot, ...], happens: frozenset[str]) -> Wording:
    """Index a note. `words` joined are the text; `happens`: concepts of what happened, which no row hides."""
    named = [(spot.core, at, at + len(spot.name)) for spot in spots if (at := _place(spot, text)) >= 0]
    kinds: dict[tuple[str, frozenset[str] | None], int] = {}
    found: dict[tuple[int, str, tuple[int, ...]], int] = {}
    at = 0
    for word in words:
        kind, end = kinds.setdefault(word, len(kinds)), at + len(word[0])
        inside = tuple(n for n, (_, begins, ends) in enumerate(named) if at < ends and begins < end)
        found.setdefault((kind, text[max(at - RUN + 1, 0) : end + RUN - 1], inside), len(found))
        at = end
    in_row, in_spot = defaultdict[str, list[int]](list), [list[int]() for _ in named]
    told = {kind: bool(concepts and concepts & happens) for (_, concepts), kind in kinds.items()}
    for (kind, around, inside), use in found.items():
        for row in () if told[kind] else rows_of(around):
            in_row[row].append(use)
        for n in inside:
            in_spot[n].append(use)
    kind_of = tuple(kind for kind, _, _ in found)
    times = Counter(kind_of)
    return Wording(
        letters=frozenset(filter(str.isalnum, text)),
        rows=rows_of(text),
        uses=tuple(times[kind] for kind in range(len(kinds))),
        kind_of=kind_of,
        in_row={row: tuple(uses) for row, uses in in_row.items()},
        in_spot=tuple((core, tuple(uses)) for (core, _, _), uses in zip(named, in_spot, strict=True)),
        of_letter=_by((one, kind) for (word, _), kind in kinds.items() for one in word if one.isalnum()),
        of_concept=_by((name, kind) for (_, concepts), kind in kinds.items() for name in concepts or ()),
    )


def _place(spot: Spot, text: str) -> int:
    """Where a place is named, for the first time; -1 for a name too short to tell."""
    return text.find(spot.name) if len(spot.core) > 1 else -1


def _by(pairs: Iterable[tuple[str, int]]) -> dict[str, frozenset[int]]:
    kinds = defaultdict[str, set[int]](set)
    for name, kind in pairs:
        kinds[name].add(kind)
    return {name: frozenset(those) for name, those in kinds.items()}
