"""Many notes decided together come out as each of them alone, to the last bit and the last reason."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from liandong.routing.batches import TOGETHER, decide_all
from liandong.routing.classifier import Classifier
from liandong.routing.commands import pack, scores
from liandong.routing.decision import Engine, decide
from liandong.routing.engine import from_pack
from liandong.routing.grams import grams, runs
from liandong.routing.keytable import KeyTable
from liandong.routing.learned_score import LearnedScore
from liandong.routing.traits import Traits
from liandong.routing.verdicts import Note

ROOT = Path(__file__).resolve().parents[3]
SETS = ROOT / "tests" / "routing" / "sets"
DAY = "2026-11-26"
STRANGE = ["", " ", "，。！", "hello", "😀😀", "漏", "漏 水", "12345", "停水\n停电", "\ud800漏水", "　"]
STRANGE += ["着 火 了 救命" * 900]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return from_pack(pack("xinzhou"), DAY, None, *scores("xinzhou"))


def texts() -> list[str]:
    """All we have, by program: the pack's notes, examples, and the sets of danger and of sides."""
    found = [row["text"] for row in pack("xinzhou")["notes"]]
    found += [one for row in pack("xinzhou")["list_items"] for one in row["examples"].split("|")]
    for name in ("danger", "side"):
        with (SETS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found += [row["text"] for row in csv.DictReader(file)]
    return found + STRANGE


def apart(notes: list[Note], engine: Engine) -> list[int]:
    """The positions at which both ways differ in anything: never the texts, which nobody is to read."""
    together = list(decide_all(notes, engine))
    assert len(together) == len(notes)
    return [at for at, note in enumerate(notes) if together[at] != decide(note, engine)]


def test_every_note_is_decided_together_as_it_is_alone(engine: Engine) -> None:
    notes = [Note(text) for text in texts()]
    assert len(notes) > 1500
    assert apart(notes, engine) == []


def test_what_came_with_a_note_counts_in_a_batch_as_well(engine: Engine) -> None:
    told = texts()[: TOGETHER + 7]
    notes = [Note(text, division="140902" if at % 2 else "", callers=1 + at % 3) for at, text in enumerate(told)]
    notes += [Note(text, nature="praise") for text in told]
    assert apart(notes, engine) == []


def test_without_scores_and_without_gates_it_is_the_same() -> None:
    bare = from_pack(pack("xinzhou"), DAY)
    assert apart([Note(text) for text in texts()[::5]], bare) == []


def test_a_batch_is_the_same_whatever_stands_beside_a_note(engine: Engine) -> None:
    notes = [Note(text) for text in texts()[::7]]
    backwards = list(decide_all(reversed(notes), engine))
    assert backwards == list(decide_all(notes, engine))[::-1]
    assert list(decide_all([], engine)) == []


def test_decisions_come_a_batch_at_a_time(engine: Engine) -> None:
    taken: list[int] = []

    def stream() -> object:
        for at in range(3 * TOGETHER):
            taken.append(at)
            yield Note(f"{at}号楼停水了")

    decided = decide_all(stream(), engine)  # type: ignore[arg-type]
    next(decided)
    assert len(taken) == TOGETHER


@pytest.mark.parametrize("widest", [1, 2, 3, 4])
def test_runs_are_those_of_each_text(widest: int) -> None:
    told = texts()[::4] + STRANGE
    many = runs(told, widest)
    for at, text in enumerate(told):
        own = slice(many.begins[at], many.begins[at + 1])
        found = np.repeat(many.keys[own], many.counts[own]).tolist()
        assert found == sorted(grams(text, widest).tolist())


def test_many_are_read_as_each_alone(engine: Engine) -> None:
    told = texts()[::3] + STRANGE
    classifier: Classifier = engine.classifier
    seen = classifier.read_many(runs(told, classifier.widest))
    for at, text in enumerate(told):
        one, alone = seen.one(at, text), classifier.read(text)
        assert one.known == alone.known
        for name in ("ids", "values", "scores"):
            assert getattr(one, name).tobytes() == getattr(alone, name).tobytes(), (at, name)


def test_a_score_says_the_same_whether_it_was_foreseen_and_whoever_shares_its_traits() -> None:
    told = texts()[::3]
    tables = [(ROOT / "cities" / "xinzhou" / f"{name}_weights.json").read_bytes() for name in ("danger", "lead")]
    known = Traits()
    shared = [LearnedScore.load(table, known) for table in tables]
    own = [LearnedScore.load(table) for table in tables]
    expected = [[score.heard(text) for text in told] for score in own]
    assert [[score.heard(text) for text in told] for score in shared] == expected
    for begin in range(0, len(told), 10):
        some = told[begin : begin + 10]
        looked = known.of_many(some)
        for score, alone in zip(shared, expected, strict=True):
            score.foresee(some, looked)
            assert [score.heard(text) for text in some] == alone[begin : begin + 10]
    assert [score.dump() for score in shared] == tables


def test_many_have_the_traits_of_each_alone_even_where_a_text_holds_the_signs_of_traits() -> None:
    known = Traits()
    for name in ("danger", "lead"):
        LearnedScore.load((ROOT / "cities" / "xinzhou" / f"{name}_weights.json").read_bytes(), known)
    odd = ["»停水", "〈", "〈?停", "^停水$", "停水 ^", "\0停\0水", "\U0010ffff水", "1234号", ",,,", "停,", "水" * 200]
    told = texts()[::3] + odd + ["着火了，" * 60]
    looked = known.of_many(told)
    assert looked.parts == [len(known.of(text)) for text in told]
    found = list(zip(looked.owners.tolist(), looked.numbers.tolist(), strict=True))
    alone = [(at, n) for at, own in enumerate(o for text in told for o in known.of(text)) for n in set(own.tolist())]
    assert [one for one in found if one[1]] == sorted(one for one in alone if one[1])


def test_a_table_of_keys_finds_what_was_displaced_and_nothing_else() -> None:
    keys = np.arange(1, 4001, dtype=np.uint64) * np.uint64(7)
    numbers = np.arange(1, 4001, dtype=np.int32)
    table = KeyTable(keys, numbers)
    assert table.numbers(keys).tolist() == numbers.tolist()
    assert not table.numbers(keys + np.uint64(1)).any()
    assert table.numbers(np.zeros(0, dtype=np.uint64)).tolist() == []
    assert not KeyTable(keys[:0], numbers[:0]).numbers(keys).any()
