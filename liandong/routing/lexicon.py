"""The words of a note and the concepts they stand for, so that two notes meet without a shared word. Pure.

A line of the tables in lexicon_town.py, lexicon_life.py and lexicon_deeds.py is `concept rarity: word word …`. A word
may stand in several lines. Rarities are counted as those of characters in lexicon_little.py. Text is cut by the longest
word that is known; what no table knows stays as single characters: mostly names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from liandong.routing import lexicon_deeds, lexicon_life, lexicon_little, lexicon_town

# (word, its concepts): concepts are () for a word that tells nothing and None for a character no table knows.
Cut = tuple[tuple[str, frozenset[str] | None], ...]


def lines(table: str) -> Iterable[tuple[str, float, list[str]]]:
    """Concept, rarity and words of each line; a line that begins with a space goes on with the one before."""
    for line in table.strip().replace("\n ", " ").splitlines():
        head, _, words = line.partition(":")
        name, rarity = head.split()
        yield name, float(rarity), words.split()


TABLES = (lexicon_town.LINES, lexicon_life.LINES, lexicon_deeds.LINES)


def _tables() -> tuple[dict[str, frozenset[str]], dict[str, float]]:
    concepts: dict[str, set[str]] = defaultdict(set)
    rarities = {}
    for table in TABLES:
        for name, rarity, words in lines(table):
            rarities[name] = rarity
            for word in words:
                concepts[word].add(name)
    little = {word: frozenset[str]() for word in lexicon_little.LITTLE.split()}
    return little | {word: frozenset(names) for word, names in concepts.items()}, rarities


CONCEPTS, RARITIES = _tables()
# Concepts a clerk would name a matter by; the others are how it happened, when and to whom.
TOPICS = frozenset(name for table in TABLES[:2] for name, _, _ in lines(table))
CHARACTERS = {character: rarity for rarity, row in lexicon_little.RARITY.items() for character in row}
# Longest word that begins with a character.
_LONGEST: dict[str, int] = {}
for _word in CONCEPTS:
    _LONGEST[_word[0]] = max(len(_word), _LONGEST.get(_word[0], 0))


@lru_cache(maxsize=4096)
def cut(text: str) -> Cut:
    """The text in words, longest first; joined they are the text again."""
    found: list[tuple[str, frozenset[str] | None]] = []
    at, end = 0, len(text)
    while at < end:
        for length in range(min(_LONGEST.get(text[at], 0), end - at), 0, -1):
            word = text[at : at + length]
            if word in CONCEPTS:
                found.append((word, CONCEPTS[word]))
                at += length
                break
        else:
            found.append((text[at], None))
            at += 1
    return tuple(found)
