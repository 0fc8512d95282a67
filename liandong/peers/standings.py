"""What follows from the transfers of a matter as one node knows them: who is responsible, how its own orders stand,
which clocks run here. Pure, and asked again after every step, so that no order of arrival can make a difference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from liandong.peers.holdings import Held, Note
from liandong.transfer.baton import Heard
from liandong.transfer.notes import hear
from liandong.transfer.responsibility import Duty, responsible
from liandong.transfer.states import CLOCKS, KINDS, SENDING_BACK

OPEN_ORDER = frozenset({"handling", "handed", "answered"})


def passes(held: Held) -> bool:
    """Whether acceptance of the transfer ends the origin's duty for the matter."""
    return KINDS[held.replica.kind].passes and not held.beside


def duties(transfers: Iterable[Held]) -> list[Duty]:
    """The open transfers of a matter as far as responsibility goes."""
    return [
        Duty(
            transfer=one.replica.transfer,
            parent=one.parent,
            origin=one.replica.origin,
            target=one.replica.target,
            passes=passes(one),
            origin_duty=one.replica.origin_duty,
            target_duty=one.replica.target_duty,
        )
        for one in transfers
        if not one.replica.ended
    ]


def responsible_for(first_desk: str, transfers: Iterable[Held]) -> tuple[str, ...]:
    """The desks responsible for the matter by what this node knows; never empty."""
    return responsible(first_desk, duties(transfers))


def order_state(desk: str, first_desk: str, state: str | None, transfers: Sequence[Held]) -> str | None:
    """How the desk's own order stands, `state` being how it stood; None where the desk has none.

    An order that its desk has closed stays so, unless the desk takes the matter once more.
    """
    inward = [t for t in transfers if t.replica.target == desk and t.replica.target_duty and not t.replica.ended]
    if (state is None or state == "closed") and not any(t.replica.state == "accepted" for t in inward):
        return state
    outward = [t for t in transfers if t.replica.origin == desk and passes(t) and not t.replica.ended]
    if any(t.replica.target_duty and not t.replica.origin_duty for t in outward):
        return "handed"
    if inward:
        return "answered" if all(t.replica.state == "concluded" for t in inward) else "handling"
    if outward:
        return "handling"
    if desk != first_desk:
        return "closed"  # it came by a transfer and goes with it
    return "closed" if state == "handed" and _last_ended(desk, transfers) == "confirmed" else "handling"


def _last_ended(desk: str, transfers: Iterable[Held]) -> str | None:
    ended = [t for t in transfers if t.replica.origin == desk and passes(t) and t.replica.ended]
    return max(ended, key=lambda t: (t.steps[-1].step.at, t.replica.transfer)).replica.state if ended else None


def heard(held: Held) -> Heard:
    """What the notes written since the last step say: each author's in the author's own order."""
    fresh = [note for note in held.notes if note.after_seq == held.replica.seq]
    if not fresh:
        return _NOTHING
    fresh.sort(key=_by_author)
    return hear((note.kind, note.body) for note in fresh)


_NOTHING = Heard()


def _by_author(note: Note) -> tuple[str, tuple[int, int]]:
    return note.author, note.number


def sendings_back(transfers: Iterable[Held]) -> int:
    """How often the matter was sent back; what a middle desk passes back is no new refusal."""
    return sum(
        1
        for held in transfers
        if held.replica.sent_back
        for signed in held.steps
        if signed.step.verb in SENDING_BACK and not signed.step.body.get("passed_from")
    )


def came_back(middle: Held, transfers: Iterable[Held]) -> str:
    """The onward transfer that the desk in the middle has back, with none open; "" where it has none."""
    below = [t.replica for t in transfers if t.parent == middle.replica.transfer]
    back = [r.transfer for r in below if r.state in ("returned", "withdrawn")]
    return back[-1] if back and all(r.ended for r in below) else ""


def clocks_here(held: Held, own: Collection[str]) -> Mapping[str, datetime]:
    """The clocks of the last step that run at a node with the desks `own`.

    A clock runs where it acts: `conclude_by` at the target, the others at the origin. Beside that it runs at the target
    while that is responsible and the origin is elsewhere: a duty must not hang on a clock of another node (I6). There
    it only urges.
    """
    replica = held.replica
    if replica.ended or replica.state is None:
        return {}
    said = held.steps[-1].step.deadlines
    found = {}
    for clock in CLOCKS[replica.state]:
        if clock == "objection_until" or clock not in said:
            continue
        if acts_here(clock, held, own) or (replica.target_duty and replica.target in own):
            found[clock] = said[clock]
    return found


def acts_here(clock: str, held: Held, own: Collection[str]) -> bool:
    """Whether the desk for which `clock` acts is one of `own`; otherwise the clock only urges there."""
    return (held.replica.target if clock == "conclude_by" else held.replica.origin) in own
