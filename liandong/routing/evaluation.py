"""Everything `routing evaluate` measures, out of the rows that were there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from liandong.routing import trials
from liandong.routing.calibration import Rate
from liandong.routing.coldstart import Fields
from liandong.routing.decision import Engine, decide, no_danger
from liandong.routing.duplicates import alike
from liandong.routing.engine import Pack
from liandong.routing.pairing import counties_of
from liandong.routing.report import Measured
from liandong.routing.verdicts import Note

Found = Mapping[str, Sequence[Fields]]

SETS = ("labelled", "stream", "danger", "side", "pairs", "escalation")
# The column of which an appeal is asked, and what the appeals of the other folds teach.
COLUMNS: tuple[tuple[str, str, Callable[[Fields], Sequence[str]]], ...] = (
    ("tokens", "seg_text", lambda row: (row["seg_text"],)),
    ("raw text", "raw_text", lambda row: (row["raw_text"],)),
    ("titles", "title", lambda row: (row["raw_text"] or row["seg_text"].replace(" ", ""), row["title"])),
)
REAL: dict[str, Callable[[Fields], str]] = {
    "labelled": lambda row: row["raw_text"] or row["seg_text"].replace(" ", ""),
    "stream": lambda row: f"{row['留言主题']}。{row['留言详情']}",
}


def measure(engine: Engine, pack: Pack, found: Found, folds: int) -> Measured:
    """Measure what can be measured with the rows of `found`, by the name of the file without its ending."""
    rows = ", ".join(f"{len(rows):,} rows of {name}" for name, rows in found.items())
    about = f"Model {engine.model}, list {engine.list_version} with {len(engine.topics)} items and guide paths; {rows}."
    measured = Measured(about, absent=[name for name in SETS if name not in found])
    if "labelled" in found:
        _appeals(measured, found["labelled"], folds)
    _dangers(measured, engine, found)
    if "side" in found:
        measured.sides = trials.sides(found["side"], trials.decided(found["side"], engine))
    if "pairs" in found:
        short = counties_of(pack["divisions"])
        measured.pairs = trials.twins(found["pairs"], lambda one, other: alike(one.text, other.text, short).holds)
    if "escalation" in found:
        measured.escalation = trials.escalations(found["escalation"], lambda text: engine.escalated(text).holds)
    topics = list(engine.topics.values())
    measured.examples = trials.by_example(topics, pack["notes"], pack["duties"], folds)
    measured.classes = {topic.code: topic.class_name for topic in topics}
    return measured


def _appeals(measured: Measured, rows: Sequence[Fields], folds: int) -> None:
    for name, column, taught in COLUMNS:
        # A title is asked of a model that learnt all other folds, whether those rows have a title or not.
        known = rows if name == "titles" else [row for row in rows if row[column].strip()]
        asked = [row[column].strip() for row in known]
        measured.labelled[name] = trials.crossed(known, asked, "label", "neardup_group", taught, folds)


def _dangers(measured: Measured, engine: Engine, found: Found) -> None:
    if engine.danger is no_danger:
        measured.absent.append("the danger gate")
        return
    if "danger" in found:
        measured.danger = trials.alarms(found["danger"], lambda text: decide(Note(text), engine).danger)
        measured.danger_plain = trials.alarms(found["danger"], trials.plain)
    rules: dict[str, int] = {}
    for name, text_of in REAL.items():
        texts = [text_of(row) for row in found.get(name, ())]
        flagged = [made for text in texts if (made := decide(Note(text), engine)).danger]
        for made in flagged:
            rule = made.reasons[0].rule
            rules[rule] = rules.get(rule, 0) + 1
        if texts:
            words = sum(trials.plain(text) for text in texts)
            measured.real[name] = Rate(len(flagged), len(texts)), Rate(words, len(texts))
    measured.real_rules = rules
    measured.weights = getattr(engine.learned, "version", "")
