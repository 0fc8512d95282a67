"""All slots in one lexicon, so that a note is walked through once whatever is asked of it. Pure."""

from __future__ import annotations

from functools import lru_cache

from liandong.routing import (
    context_words,
    dangers_control,
    dangers_fire,
    dangers_lives,
    dangers_places,
    dangers_roads,
    dangers_signs,
    dangers_violence,
    escalations,
    leads,
    people_words,
)
from liandong.routing.context import Reading
from liandong.routing.phrases import Lexicon, slots

_TABLES = (
    context_words.WORDS,
    context_words.FIGURES,
    people_words.WORDS,
    dangers_control.SLOTS,
    dangers_fire.SLOTS,
    dangers_places.SLOTS,
    dangers_lives.SLOTS,
    dangers_violence.SLOTS,
    dangers_roads.SLOTS,
    dangers_signs.SLOTS,
    leads.SLOTS,
    escalations.SLOTS,
)

# So many readings are kept: the notes of a batch, since they are read, scored together and then asked about in turn.
KEPT = 32

LEXICON = Lexicon([slot for table in _TABLES for slot in slots(table)])


@lru_cache(maxsize=KEPT)
def read(text: str) -> Reading:
    """The reading of a text; the last few are kept, since danger, stability and escalation are asked in a row."""
    return Reading(text, LEXICON)
