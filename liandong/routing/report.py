"""The page that says how good routing is (docs/routing-evaluation.md), out of what the trials measured. Pure.

What was not there to be measured is named as absent; no figure is carried over from another run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from liandong.routing.calibration import Bin, Rate, confusion, reliability
from liandong.routing.trials import Alarms, Guesses, Sides

HEAD = """# How good routing is

Written by `liandong routing evaluate`; every figure is of this run. Sets that were absent are named. The sets of our
own (`tests/routing/sets`) are synthetic, by one hand that saw the list's signals but no rule. They are not fully blind:
the comparison of pairs was fitted on the odd rows of pairs.csv, so its figures over all rows flatter it, and totals of
pairs.csv and side.csv were looked at while choosing; how often danger.csv, side.csv and escalation.csv were measured
while the gates grew, the README beside them says. The labelled appeals are real ones of another city, read in place and
never copied, as are those of the stream. How many of both are flagged as danger was looked at while the bars were
chosen.
Rates stand with their 95 % interval (Wilson).
"""
# The goal for danger on our own notes.
FOUND, FALSE = 0.98, 0.01
# What others reached, leak-free (macro-F1); from the README beside the data.
ANCHORS = {"tokens": 0.917, "raw text": 0.900, "titles": 0.836}


@dataclass
class Measured:
    """What one run measured; None where the data was absent."""

    about: str
    labelled: dict[str, Guesses] = field(default_factory=dict)
    examples: Guesses | None = None
    classes: Mapping[str, str] = field(default_factory=dict)  # code of an item → its class
    danger: Mapping[str, Alarms] | None = None
    danger_plain: Mapping[str, Alarms] | None = None
    real: dict[str, tuple[Rate, Rate]] = field(default_factory=dict)  # flagged by the gate, by the plain list
    real_rules: Mapping[str, int] = field(default_factory=dict)
    weights: str = ""  # which weights of danger decided
    reading: Sequence[Mapping[str, str]] = ()  # what somebody found who read the flagged appeals of a run
    sides: Sides | None = None
    pairs: Mapping[str, Alarms] | None = None
    escalation: Mapping[str, Alarms] | None = None
    absent: list[str] = field(default_factory=list)


def page(measured: Measured) -> str:
    """The whole page in Markdown."""
    parts = [HEAD, measured.about]
    if measured.absent:
        parts.append("**Absent in this run:** " + "; ".join(measured.absent) + ".")
    parts += [_labelled(measured), _danger(measured), _sides(measured), _pairs(measured), _examples(measured)]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _labelled(measured: Measured) -> str:
    if not measured.labelled:
        return ""
    rows = [
        (
            name,
            f"{one.score.count:,}",
            f"{one.score.accuracy:.4f}",
            f"**{one.score.macro_f1:.4f}**",
            f"{ANCHORS[name]:.3f}",
            f"{one.at(0.8):.3f}",
            f"{one.at(0.95):.3f}",
            f"{one.expected_error:.3f}",
        )
        for name, one in measured.labelled.items()
    ]
    raw = measured.labelled.get("raw text")
    told = "" if raw is None else f"\n\nHow far a confidence can be believed (raw text):\n\n{_bins(raw)}"
    return (
        "## The learner on labelled appeals\n\nSeven labels, five folds, near-duplicates kept on one side. Titles are "
        "asked of a model that learnt the other folds' texts and titles.\n\n"
        + _table(
            ("texts", "count", "accuracy", "macro-F1", "anchor", "right at 80 %", "right at 95 %", "calibration error"),
            rows,
        )
        + told
    )


def _danger(measured: Measured) -> str:
    if measured.danger is None:
        return ""
    plain = measured.danger_plain or {}
    parts = ["## Danger (S3.4)\n\nOur own notes, half of them with traps. The plain list is thirty-five words.\n"]
    parts.append(_alarm_table("notes", measured.danger, plain, ("",)))
    parts.append(_goal(measured.danger))
    by_class = [name for name in measured.danger if name.startswith("class ")]
    parts.append("\nBy class, what was found:\n\n" + _alarm_table("class", measured.danger, plain, by_class))
    traps = [name for name in measured.danger if name.startswith("trap ")]
    parts.append("\nBy trap:\n\n" + _alarm_table("trap", measured.danger, plain, traps))
    if measured.real:
        rows = [(name, told(gate), told(words)) for name, (gate, words) in measured.real.items()]
        parts.append(
            "\nReal appeals flagged as danger (nearly none is one):\n\n"
            + _table(("appeals", "gate", "plain list"), rows)
        )
    if measured.real_rules:
        common = sorted(measured.real_rules.items(), key=lambda one: (-one[1], one[0]))[:15]
        parts.append("\nThe rules that flagged them: " + ", ".join(f"{rule} {count}" for rule, count in common) + ".")
    if measured.real:
        parts.append("\n" + _reading(measured))
    return "\n".join(parts)


def _goal(danger: Mapping[str, Alarms]) -> str:
    """Whether the goal is reached, and where dangers were missed."""
    every = danger[""]
    reached = every.found.share >= FOUND and every.false.share <= FALSE
    missed = {
        name.removeprefix("class "): one.found.total - one.found.count
        for name, one in danger.items()
        if name.startswith("class ") and one.found.count < one.found.total
    }
    worst = ", ".join(f"{name} {count}" for name, count in sorted(missed.items(), key=lambda one: (-one[1], one[0])))
    told = f"{FOUND:.0%} found and at most {FALSE:.0%} false"
    goal = f"The goal, {told}, is reached." if reached else f"**The goal, {told}, is missed.**"
    return f"\n{goal} Dangers missed, by class: {worst or 'none'}."


def _reading(measured: Measured) -> str:
    """What the flagged appeals were, as somebody read them, and of which run that was."""
    if not measured.reading:
        return "Nobody has read what was flagged."
    kinds: dict[str, dict[str, int]] = {}
    for row in measured.reading:
        kinds.setdefault(row["kind"], {})[row["appeals"]] = int(row["count"])
    names = sorted({row["appeals"] for row in measured.reading})
    on, weights = measured.reading[0]["read_on"], measured.reading[0]["weights"]
    sums = {name: sum(counts.get(name, 0) for counts in kinds.values()) for name in names}
    same = weights == measured.weights and all(
        name in measured.real and measured.real[name][0].count == total for name, total in sums.items()
    )
    of = "this run" if same else "**an earlier run, not of this one**"
    table = _table(
        ("what they were", *names),
        [(kind, *(str(counts.get(name, 0)) for name in names)) for kind, counts in kinds.items()],
    )
    return f"Each of them read once, {on}, with the weights {weights}: a reading of {of}.\n\n{table}"


def _sides(measured: Measured) -> str:
    one = measured.sides
    if one is None:
        return ""
    side = one.side
    figures = [
        ("side", f"{side.score.accuracy:.3f}", f"macro-F1 {side.score.macro_f1:.3f}"),
        ("side, surest 80 %", f"{side.at(0.8):.3f}", ""),
        ("side, surest 60 %", f"{side.at(0.6):.3f}", ""),
        ("calibration error of the side", f"{side.expected_error:.3f}", ""),
        ("decided without a person", told(one.sure), f"right: {told(one.right_when_sure)}"),
        ("left to a person", told(Rate(one.sure.total - one.sure.count, one.sure.total)),
         f"best guess right: {told(one.right_when_unsure)}"),
        ("item as the set's author hints", told(one.item), "hints name items of the list of 2023"),
        ("unit, first suggestion", told(one.unit), ""),
        ("unit, among three", told(one.unit_in_three), ""),
        ("county", told(one.county), ""),
        ("nature", f"{one.nature.score.accuracy:.3f}", f"macro-F1 {one.nature.score.macro_f1:.3f}"),
        ("stability leads found (S3.6)", told(one.lead.found), f"false: {told(one.lead.false)}"),
    ]  # fmt: skip
    return "\n\n".join(
        (
            "## Side, unit, nature, leads",
            _table(("what", "right", ""), figures),
            "Side, told (down) and guessed (across):",
            _confusion(side),
            "How far the confidence of the side can be believed:",
            _bins(side),
            "Nature, told (down) and guessed (across):",
            _confusion(one.nature),
        )
    )


def _pairs(measured: Measured) -> str:
    parts = []
    if measured.pairs is not None:
        parts.append("## Duplicates\n\nFound among pairs about one event, false among the others.\n")
        parts.append(_alarm_table("kind", measured.pairs, {}, list(measured.pairs)))
    if measured.escalation is not None:
        parts.append("\n## Escalation in a unit's progress note (S3.7)\n")
        parts.append(_alarm_table("trap", measured.escalation, {}, list(measured.escalation)))
    return "\n".join(parts)


def _examples(measured: Measured) -> str:
    one = measured.examples
    if one is None:
        return ""
    classes: dict[str, list[bool]] = {}
    for code, right in zip(one.truth, one.right.tolist(), strict=True):
        classes.setdefault(measured.classes.get(code, code), []).append(right)
    rates = {name: Rate(sum(hits), len(hits)) for name, hits in classes.items()}
    rows = [(name, told(rate)) for name, rate in sorted(rates.items(), key=lambda pair: pair[1].share)]
    return (
        "## The list on itself\n\nEach example of an item, asked of a model that knew the item's other examples and no "
        f"signal words: the item itself was named first for {told(Rate(int(one.right.sum()), len(one.truth)))} "
        f"of {len(set(one.truth))} items and guide paths. By class, worst first:\n\n" + _table(("class", "right"), rows)
    )


def told(rate: Rate) -> str:
    """83.0 % (79–86 %), 166 of 200."""
    if not rate.total:
        return "–"
    low, high = rate.interval
    return f"{rate.share:.1%} ({low:.1%} to {high:.1%}), {rate.count} of {rate.total}"


def _alarm_table(title: str, ours: Mapping[str, Alarms], plain: Mapping[str, Alarms], names: Iterable[str]) -> str:
    columns = [title, "found", "false"] + (["found, plain list", "false, plain list"] if plain else [])
    rows = []
    for name in names:
        line = [name.split(" ", 1)[-1] or "all", told(ours[name].found), told(ours[name].false)]
        if plain:
            line += [told(plain[name].found), told(plain[name].false)]
        rows.append(line)
    return _table(columns, rows)


def _confusion(guesses: Guesses) -> str:
    counts = confusion(guesses.truth, guesses.guessed)
    labels = sorted({one for pair in counts for one in pair})
    return _table(
        ("", *labels), [(down, *(str(counts.get((down, across), 0)) for across in labels)) for down in labels]
    )


def _bins(guesses: Guesses) -> str:
    def line(one: Bin) -> tuple[str, ...]:
        return f"{one.low:.1f} to {one.high:.1f}", str(one.count), f"{one.confidence:.3f}", f"{one.right:.3f}"

    table = reliability(guesses.confidence, guesses.right)
    return _table(("confidence", "texts", "mean confidence", "right"), map(line, table))


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
