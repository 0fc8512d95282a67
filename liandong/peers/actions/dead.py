"""死信: somebody looks at a message that took no effect, lets it try again, or puts it aside with a note.

Two people at once do it once: the row is locked, and who comes second with the version they saw finds it moved on and
does nothing. That is no failure; they are told what became of it.
"""

from __future__ import annotations

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.kernel import clock
from liandong.kernel.errors import Invalid, NotFound
from liandong.kernel.mover import move
from liandong.kernel.telling import write
from liandong.peers.actions.taking import FORGOTTEN, work
from liandong.peers.facts import traffic_with
from liandong.peers.models import Incoming
from liandong.peers.queries.desk import MANAGE
from liandong.peers.states import INCOMING

AT_ONCE = 100  # of one reason by one click: a person waits for the page
NOTE_LONGEST = 200


def try_again(*, by: By, incoming: int, version: int) -> tuple[Incoming, bool]:
    """Let the message try once more. Returns it as it is then, and whether this call did it.

    False: somebody was faster, or it was tried since the actor saw it (`version`). Raises NotAllowed, NotFound.
    """
    by.needs(MANAGE)
    with transaction.atomic():
        row = _locked(incoming)
        tried = row.version == version and row.state in ("dead", "set_aside")
        if tried:
            _retry(by, row)
    if tried:
        _work([row])
    return row, tried


def try_all(*, by: By, peer: str, code: str) -> list[Incoming]:
    """Let messages of the peer that are dead for one reason try again, the urgent first, `AT_ONCE` at most.

    Those that somebody else has under the hand are left to them. Returns what was tried, as it is then.
    Raises NotAllowed.
    """
    by.needs(MANAGE)
    with transaction.atomic():
        dead = Incoming.objects.select_for_update(skip_locked=True).filter(state="dead", peer=peer, code=code)
        rows = list(dead.order_by("-urgent", "serial", "id")[:AT_ONCE])
        for row in rows:
            _retry(by, row)
    _work(rows)
    return rows


@transaction.atomic
def set_aside(*, by: By, incoming: int, version: int, note: str) -> tuple[Incoming, bool]:
    """Put a dead message aside: it was looked into, and `note` says what came of it. Returns as `try_again`.

    Raises NotAllowed, NotFound, Invalid (no note).
    """
    by.needs(MANAGE)
    note = note.strip()
    if not note or len(note) > NOTE_LONGEST:
        raise Invalid(f"请填写处理说明，不超过{NOTE_LONGEST}字。", field="note")
    row = _locked(incoming)
    if row.version != version or row.state != "dead":
        return row, False
    move(row, INCOMING, "set_aside", changes={"aside_by": by.name, "aside_at": clock.now(), "aside_note": note})
    _record("message.set_aside", by, row, row.code, handled=note)
    write([traffic_with(row.peer)])
    return row, True


def _locked(incoming: int) -> Incoming:
    found = Incoming.objects.select_for_update().filter(pk=incoming).first()
    if found is None:
        raise NotFound
    return found


def _retry(by: By, row: Incoming) -> None:
    why = row.code
    move(row, INCOMING, "retry", changes=FORGOTTEN)
    _record("message.retried", by, row, why)


def _record(kind: str, by: By, row: Incoming, code: str, **more: str) -> None:
    detail = {"message": row.message, "serial": row.serial, "subject": row.subject, "code": code, **more}
    record(kind, by=by, subject=f"node:{row.peer}", detail=detail)


def _work(rows: list[Incoming]) -> None:
    """After the commit: from here on the worker takes over whatever a crash leaves undone (`settle_stored`)."""
    for row in rows:
        work(row)
        row.refresh_from_db()
    with transaction.atomic():
        write([traffic_with(peer) for peer in sorted({row.peer for row in rows})])
