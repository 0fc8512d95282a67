"""The engine of decisions put together from the rows of a city pack, without a database: the cold start. Pure.

Rows come in as they stand in the pack's files, by file name without its ending.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from liandong.routing import escalation, stability
from liandong.routing.classifier import Classifier
from liandong.routing.coldstart import Fields, Lesson, Topic, guides, items, lessons, told_natures, version_in_force
from liandong.routing.danger import barred
from liandong.routing.decision import Bars, Engine
from liandong.routing.errors import NoListInForce
from liandong.routing.learned_score import foreseeing
from liandong.routing.learning import Recipe, learn
from liandong.routing.levels import Steps
from liandong.routing.locality import areas, assigner, duties, locator
from liandong.routing.mixing import Hearing, Score

# The weights of the learned scores, beside the tables.
DANGER_WEIGHTS, LEAD_WEIGHTS = "danger_weights.json", "lead_weights.json"
ESCALATION_WEIGHTS = "escalation_weights.json"
WEIGHTS = (DANGER_WEIGHTS, LEAD_WEIGHTS, ESCALATION_WEIGHTS)
Pack = Mapping[str, Sequence[Fields]]

# The files the engine is made of; no pack carries townships, a city hands in its own.
FILES = (
    *("list_versions", "list_items", "codes", "guides", "notes", "natures"),
    *("duties", "units", "divisions", "townships", "parameters"),
)
# The sharpness was found by leaving out each example in turn; see docs/routing-evaluation.md.
LISTED = Recipe(penalty=0.1, sharpness={"item": 22.0, "side": 3.0, "nature": 4.0})


def topics_of(pack: Pack, version: str) -> list[Topic]:
    """The items of the version and the guide paths."""
    return items(pack["list_items"], version) + guides(pack["codes"], pack["guides"])


def from_pack(
    pack: Pack,
    day: str,
    learnt: Classifier | None = None,
    danger_score: Score | None = None,
    lead_score: Score | None = None,
    escalation_score: Score | None = None,
) -> Engine:
    """The engine for `day` (YYYY-MM-DD), with a model that was trained, or one learnt here. Raises NoListInForce.

    The scores are those the pack was taught, beside the rules of danger, of leads and of escalation.
    """
    version = version_in_force(pack["list_versions"], day)
    if not version:
        raise NoListInForce
    topics, held = topics_of(pack, version), _held(pack["parameters"], day)
    notes = (*pack["notes"], *told_natures(pack.get("natures", ())))
    classifier = learnt or classifier_of(lessons(topics, notes, pack["duties"]), f"清单{version}")
    return Engine(
        list_version=version,
        classifier=classifier,
        topics={topic.code: topic for topic in topics},
        bars=bars(pack["parameters"], day),
        steps=steps(pack["parameters"], day),
        danger=barred(Hearing.of(held, "danger")),
        lead=stability.listener(lead_score, Hearing.of(held, "lead")),
        escalated=escalation.listener(escalation_score, Hearing.of(held, "escalation")),
        learned=danger_score,
        foresee=foreseeing((danger_score, lead_score)),
        locate=locator(areas(pack["divisions"], pack.get("townships", ()))),
        units=assigner(duties(pack["duties"], pack["units"], day)),
    )


def classifier_of(taught: Sequence[Lesson], version: str, recipe: Recipe = LISTED) -> Classifier:
    """A classifier with the heads item, side and, if anything teaches it, nature. Raises ValueError without lessons."""
    heads = {
        "item": [one.item for one in taught],
        "side": [one.side for one in taught],
        "nature": [one.nature for one in taught],
    }
    if not any(heads["nature"]):
        del heads["nature"]
    asked = np.array([one.spoken for one in taught])
    return learn([one.text for one in taught], heads, recipe, version=version, asked=asked)


def bars(rows: Sequence[Fields], day: str) -> Bars:
    """From which confidence on no person is asked, by the parameters of the day."""
    held, usual = _held(rows, day), Bars()
    return Bars(
        side=held.get("routing_side_sure", usual.side),
        item=held.get("routing_item_sure", usual.item),
        restrained=held.get("routing_gate_restrains", usual.restrained),
    )


def steps(rows: Sequence[Fields], day: str) -> Steps:
    """From how many dead on a level of response begins, by the parameters of the day."""
    held, usual = _held(rows, day), Steps()
    return Steps(
        larger=int(held.get("level_larger_dead", usual.larger)),
        major=int(held.get("level_major_dead", usual.major)),
        extreme=int(held.get("level_extreme_dead", usual.extreme)),
    )


def _held(rows: Sequence[Fields], day: str) -> dict[str, float]:
    return {
        row["name"]: float(row["value"])
        for row in rows
        if row["effective_from"] <= day and (not row["effective_to"] or day < row["effective_to"])
    }
