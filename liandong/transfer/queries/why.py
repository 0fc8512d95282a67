"""Why a matter was handed over and sent back: the words of the list that held at the moment of each step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from liandong.audit.by import By
from liandong.intake.models import Matter
from liandong.routing.errors import NoListInForce
from liandong.routing.models import ListItem
from liandong.routing.queries import cited, version_in_force
from liandong.transfer.models import StepRow
from liandong.transfer.queries.story import steps_of, visible_of_matter
from liandong.transfer.states import SENDING_BACK

HANDING_OVER = ("offer", "open", "offer_again")
GROUNDED = (*HANDING_OVER, *sorted(SENDING_BACK), "contest")
_SAID = ("reason", "signal", "basis")


@dataclass(frozen=True, slots=True)
class Ground:
    """What one step rested on. `version`: of the list that held then; `code` and `item`: what was cited of it.

    `item` is None where nothing was cited, or what another system cited stands in no list of ours; `said` is what was
    written beside.
    """

    step: StepRow
    version: str
    code: str
    item: ListItem | None
    said: str


def why(by: By, matter: Matter, at: datetime | None = None) -> list[Ground]:
    """The grounds of every hand-over and refusal of the matter up to `at` (None: until now), the oldest first.

    Only of transfers the actor may see. Raises NotAllowed.
    """
    transfers = visible_of_matter(by, matter)
    return grounds(step for step in steps_of(transfers) if at is None or step.at <= at)


def grounds(steps: Iterable[StepRow]) -> list[Ground]:
    """`why` for steps already read, in their order. A hand-over that is corrected keeps what it does not say anew."""
    found, kept = [], dict[int, dict[str, Any]]()
    for step in steps:
        if step.verb not in GROUNDED:
            continue
        body = {name: value for name, value in step.body.items() if value}
        if step.verb in HANDING_OVER:
            body = kept[step.transfer_id] = {**kept.get(step.transfer_id, {}), **body}
        found.append(_ground(step, body))
    return found


def _ground(step: StepRow, body: dict[str, Any]) -> Ground:
    code = str(body.get("list_item", ""))
    version = str(body.get("list_version", "")) or _version(step.at)
    said = next((str(body[name]) for name in _SAID if body.get(name)), "")
    return Ground(step, version, code, cited(version, code) if code else None, said)


def _version(at: datetime) -> str:
    try:
        return version_in_force(at)
    except NoListInForce:
        return ""
