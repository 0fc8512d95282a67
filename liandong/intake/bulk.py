"""What may be done to several orders at once, and to which of them. Pure.

Each row still goes through the action of a single one. Taking over, refusing and whatever concerns a danger is looked
at one by one: there is no verb for it here.
"""

from __future__ import annotations

from dataclasses import dataclass

# As many as a page shows: what nobody has looked at is not acted on.
MOST = 50


@dataclass(frozen=True, slots=True)
class Verb:
    label: str
    right: str
    what: str


VERBS = {
    "confirm": Verb("批量确认办结", "order.close", "逐单确认办结。已答复且无异议的单由此办结。"),
    "urge": Verb("批量催办", "note.add", "逐单催办已移交对方的事项，催办记在移交上，对方可见。"),
}


def why_not(verb: str, *, own: bool, state: str, danger: bool, transfers: int) -> str:
    """Why the verb cannot be done to an order among several; empty when it can.

    `transfers` is how many open hand-overs of the order's desk its matter has.
    """
    if not own:
        return "不是本台的单"
    if verb == "confirm":
        if state != "answered":
            return "尚未答复，不能确认办结"
        if danger:
            return "险情须逐件打开核实后办结"
        return "尚有移交未结束" if transfers else ""
    return "" if transfers else "没有在途的移交可催"
