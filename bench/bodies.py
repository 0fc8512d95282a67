"""Orders to send: distinct, of the length people speak, put together from the city pack's synthetic notes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

import orjson

NOTES = Path(__file__).resolve().parent.parent / "cities" / "xinzhou" / "notes.csv"
STREETS = ("和平西街", "长征西街", "七一南路", "新建北路", "利民西街", "云中南路", "雁门西大道", "慕山北路")


def notes() -> list[tuple[str, str]]:
    """(title, text) of the notes that reach 12345."""
    with NOTES.open(encoding="utf-8-sig", newline="") as file:
        return [(row["title"][:80], row["text"]) for row in csv.DictReader(file) if row["desk"] == "12345"]


def orders(seed: str) -> Iterator[bytes]:
    """Endless work orders as JSON without line breaks; no two with the same text, phone or number of the sender's."""
    rng, texts = Random(seed), notes()
    for number in count():
        (title, first), (_, second) = rng.choice(texts), rng.choice(texts)
        house = f"{rng.choice(STREETS)}{rng.randrange(1, 400)}号{rng.randrange(1, 40)}号楼"
        yield orjson.dumps(
            {
                "kind": "work",
                "external_id": f"{seed}-{number}",
                "channel": "phone",
                "nature": rng.choice(("help", "consult", "complaint")),
                "title": title,
                "content": f"来电人反映：{house}，{first}另外，{second}来电编号{number}。",
                "place": {"division": "140902", "address": house, "longitude": 112.73, "latitude": 38.42},
                "caller": {"name": "张" + rng.choice("伟芳娜敏静丽强磊"), "phone": f"138{rng.randrange(10**8):08d}"},
                "work": {"visit_wanted": True},
            }
        )
