"""Slots: named sets of phrases, found in a text in one pass. Pure.

A slot table is text. A line `name kind: phrase phrase …` opens a slot, indented lines go on with it, `#` is a comment.
A phrase is written as people say it, with a little grammar: `(甲|乙)` either, `[甲乙]` either character, `x?` may be
missing, `_` up to three characters, `…` up to eight, neither across the end of a clause. Kinds:

* 背景  who and where: says nothing alone, no context undoes it
* 现状  a state that is seen now (叫不醒): only a past time in its own clause makes it past
* 发生  something that happens (打起来): a past time before it in the sentence makes it past, too
* 语境  words that say how the rest is meant (`context.py`)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import add

KINDS = ("背景", "现状", "发生", "语境")
_HEADER = re.compile(rf"(\S+) ({'|'.join(KINDS)}):(.*)")
_STOP = ",。;!?\\n:"
_SHORT, _LONG = f"[^{_STOP}]{{0,3}}?", f"[^{_STOP}]{{0,8}}?"
_OPEN = {"(": ")", "[": "]"}
_META = frozenset("([…_?.+*{|)]")


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    kind: str
    phrases: tuple[str, ...]


def slots(table: str) -> list[Slot]:
    """The slots of a table. Raises ValueError for a line that is none, and for a slot without phrases."""
    opened: list[tuple[str, str, list[str]]] = []
    for line in table.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        header = _HEADER.fullmatch(line)
        if header:
            opened.append((header[1], header[2], header[3].split()))
        elif line.startswith(" ") and opened:
            opened[-1][2].extend(line.split())
        else:
            raise ValueError(f"not a line of a slot table: {line}")
    if empty := [name for name, _, phrases in opened if not phrases]:
        raise ValueError(f"slots without phrases: {empty}")
    return [Slot(name, kind, tuple(dict.fromkeys(phrases))) for name, kind, phrases in opened]


def _closing(phrase: str, at: int) -> int:
    """Where the group that opens here closes."""
    depth, shut = 0, _OPEN[phrase[at]]
    for i in range(at, len(phrase)):
        depth += (phrase[i] == phrase[at]) - (phrase[i] == shut)
        if depth == 0:
            return i
    raise ValueError(f"a group is not closed: {phrase}")


def _choices(group: str) -> list[str]:
    """`甲|(乙|丙)丁` → 甲, (乙|丙)丁; of a set of characters each, `0-9` written out."""
    if group[0] == "[":
        return list(group[1:-1].replace("0-9", "0123456789"))
    parts, depth = [""], 0
    for char in group[1:-1]:
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _spread(phrase: str, at: int = 0) -> Iterator[str]:
    """The phrase written out until its first two characters are plain, as far as that can be."""
    head = phrase[at : at + 1]
    if not head or at == 2 or phrase.startswith("(?", at):
        yield phrase
    elif head in _OPEN:
        end = _closing(phrase, at)
        rest = phrase[end + 1 :]
        if rest[:1] in ("+", "*", "{"):
            if at == 0:
                for choice in _choices(phrase[at : end + 1]):
                    yield choice + phrase[at : end + 1] + "*" + rest[1:]
            else:
                yield phrase
            return
        choices = _choices(phrase[at : end + 1])
        if rest.startswith("?"):
            choices, rest = [*choices, ""], rest[1:]
        for choice in choices:
            yield from _spread(phrase[:at] + choice + rest, at)
    elif head in _META:
        yield phrase
    elif phrase[at + 1 : at + 2] == "?":
        yield from _spread(phrase[: at + 1] + phrase[at + 2 :], at + 1)
        yield from _spread(phrase[:at] + phrase[at + 2 :], at)
    else:
        yield from _spread(phrase, at + 1)


_GROUP = re.compile(r"\((?!\?)")


def _pattern(phrase: str) -> str:
    return _GROUP.sub("(?:", phrase).replace("_?", "_").replace("…", _LONG).replace("_", _SHORT)


Found = dict[int, list[tuple[int, int]]]


class _Pattern:
    """A phrase with grammar, compiled when its beginning first occurs: most notes need few of the tables."""

    __slots__ = ("_phrase", "asks", "match", "number")

    def __init__(self, number: int, phrase: str) -> None:
        self.number = number
        self._phrase = phrase
        self.asks = _asked_for(phrase)
        self.match: Callable[[str, int], re.Match[str] | None] = self._first_match

    def _first_match(self, text: str, at: int) -> re.Match[str] | None:
        self.match = re.compile(_pattern(self._phrase)).match
        return self.match(text, at)


class _Row:
    """What may begin at one beginning: plain words and patterns."""

    __slots__ = ("patterns", "words")

    def __init__(self) -> None:
        self.words: list[tuple[int, str, int]] = []
        self.patterns: list[_Pattern] = []


class Lexicon:
    """All slots, keyed by the first two characters of their phrases, so that a text is walked through once."""

    def __init__(self, given: list[Slot]) -> None:
        """Raises ValueError when two slots share a name or a phrase begins with a gap."""
        self.slots = given
        self.number = {slot.name: number for number, slot in enumerate(given)}
        if len(self.number) != len(given):
            names = [slot.name for slot in given]
            raise ValueError(f"slots defined twice: {sorted({n for n in names if names.count(n) > 1})}")
        self._rows: dict[str, _Row] = {}
        for number, slot in enumerate(given):
            for phrase in slot.phrases:
                self._enter(number, slot, phrase)

    def _enter(self, number: int, slot: Slot, phrase: str) -> None:
        if _META.isdisjoint(phrase):
            self._rows.setdefault(phrase[:2], _Row()).words.append((number, phrase, len(phrase)))
            return
        pattern = _Pattern(number, phrase)
        for key in sorted({_key(plain) for plain in _spread(phrase)}):
            if not key:
                raise ValueError(f"{slot.name}: {phrase} begins with a gap")
            self._rows.setdefault(key, _Row()).patterns.append(pattern)

    def scan(self, text: str) -> Found:
        """Where each slot's phrases stand: number of the slot → (start, end), in the order of the text."""
        found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        characters = frozenset(text)
        # From the end to the beginning, in each place what begins with two characters before what begins with one.
        pairs = list(map(self._rows.get, map(add, text, text[1:] + "\n")))
        singles = list(map(self._rows.get, text))
        for at in range(len(text) - 1, -1, -1):
            for row in (pairs[at], singles[at]):
                if row is None:
                    continue
                for number, word, length in row.words:
                    if length < 3 or text.startswith(word, at):
                        found[number].append((at, at + length))
                for pattern in row.patterns:
                    asks = pattern.asks
                    if not (asks and asks.isdisjoint(characters)) and (hit := pattern.match(text, at)):
                        found[pattern.number].append((at, hit.end()))
        for hits in found.values():
            hits.reverse()
        return dict(found)


def _key(plain: str) -> str:
    if not plain or plain[0] in _META:
        return ""
    return plain[:2] if len(plain) > 1 and plain[1] not in _META else plain[0]


def _asked_for(phrase: str) -> frozenset[str]:
    """Characters one of which a text must hold for the phrase to occur: the narrowest element after the beginning."""
    sets: list[frozenset[str]] = []
    at = 0
    while at < len(phrase):
        char = phrase[at]
        if char in _OPEN:
            end = _closing(phrase, at) + 1
            group = "" if phrase.startswith("(?", at) else phrase[at:end]
        else:
            end, group = at + 1, char
        if phrase[end : end + 1] not in ("?", "*") and group:
            heads = _heads(group)
            if heads:
                sets.append(heads)
        at = end
    return min(sets[1:], key=len, default=frozenset())


def _heads(element: str) -> frozenset[str]:
    """The first characters of an element; empty when they cannot be told, or may be the end of the text."""
    if element[0] in _OPEN:
        choices = _choices(element)
        heads = {choice[0] if choice and choice[0] not in _META else "" for choice in choices}
    else:
        heads = {"" if element in _META or element in "?+*{}|)]" else element}
    return frozenset() if "" in heads or "$" in heads else frozenset(heads)
