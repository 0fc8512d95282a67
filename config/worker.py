"""`liandong worker`: what happens by itself: facts are followed, clocks run out, the trail is sealed.

Each loop is a thread with a connection of its own, so none waits for another: a long batch of facts does not hold up
the clock of a danger, nor does the sealer. Several workers may run side by side; rows are claimed, not shared.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
from collections.abc import Sequence
from functools import partial
from types import FrameType

import django

from config.couriers import Couriers
from config.loops import LEAVE_WITHIN, Loop
from config.pulse import PULSE_LOOK, beat, over
from config.setback import LOOK, Setback

log = logging.getLogger("liandong.worker")

FACTS_AT_ONCE = 50  # a batch is one transaction: short, so that what comes behind it is soon taken
FACTS_LOOK = 0.2  # seconds; a notice usually comes sooner
DUE_AT_ONCE = 20
DUE_LOOK = 0.5
WORDS_LOOK = 1.0  # at three thousand orders a second the list of new words is full after one and a half
INCOMING_AT_ONCE = 200  # a batch is one transaction, and one commit
# So many seconds a batch is added to: as long waits a danger that came meanwhile, and who works on one of its matters.
INCOMING_WITHIN = 0.25
RECONCILE_LOOK = 10.0  # a notice usually comes sooner
INCOMING_LOOK = 1.0  # a notice usually comes sooner
SEAL_LOOK = 3.0
TIDY_LOOK = 30.0


def main(argv: Sequence[str]) -> int:
    """Work until SIGTERM or SIGINT. Returns 0 for a clean stop, 1 when a loop did not come to its end in time."""
    argparse.ArgumentParser(prog="liandong worker", description="后台处理：事实、到期时限、审计封签").parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    stop = threading.Event()
    stopped_by(stop)
    threads = [threading.Thread(target=one.run, args=(stop,), name=one.name, daemon=True) for one in loops(stop)]
    for thread in threads:
        thread.start()
    log.warning("后台处理已启动：%s", "、".join(thread.name for thread in threads))
    stop.wait()
    for thread in threads:
        thread.join(LEAVE_WITHIN)
    late = [thread.name for thread in threads if thread.is_alive()]
    _leave()
    log.warning("后台处理已停止%s", f"，未及时结束：{'、'.join(late)}" if late else "")
    return 1 if late else 0


def _leave() -> None:
    from django.db import Error

    try:
        over()
    except Error as why:
        log.warning("后台处理停止时未能登记：%s", str(why).strip())  # the rows go after a day


def stopped_by(stop: threading.Event) -> None:
    """Let SIGTERM and SIGINT set `stop`."""

    def asked(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)


def loops(stop: threading.Event) -> list[Loop]:
    """The loops of one worker: facts, one for the due columns of each area, the words, the sealer, the broom.

    And the couriers and what takes in, where this is a node with a channel to others.
    """
    from config.clocks import CLOCKS
    from config.reactions import REACTIONS, tell
    from liandong.audit.actions import seal_waiting
    from liandong.intake.actions import sort_words_in
    from liandong.kernel.duework import DueColumn, run_due
    from liandong.kernel.notices import wait_for
    from liandong.kernel.outbox import CHANNEL, handle_waiting
    from liandong.kernel.telling import tidy
    from liandong.peers.actions import lengthen, reconcile_due, settle_stored, tell_tables
    from liandong.peers.channels.registry import is_connected
    from liandong.peers.notices import INCOMING, RECONCILING

    def due(columns: list[DueColumn]) -> int:
        return sum(run_due(column, limit=DUE_AT_ONCE) for column in columns)

    def reconcile() -> int:
        return lengthen() + tell_tables() + reconcile_due()

    facts = partial(handle_waiting, REACTIONS, limit=FACTS_AT_ONCE, tell=tell)
    found = [Loop("facts", facts, partial(wait_for, CHANNEL, FACTS_LOOK))]
    for area in dict.fromkeys(column.model._meta.app_label for column in CLOCKS):
        columns = [column for column in CLOCKS if column.model._meta.app_label == area]
        found.append(Loop(f"due-{area}", partial(due, columns), partial(stop.wait, DUE_LOOK)))
    found.append(Loop("words", sort_words_in, partial(stop.wait, WORDS_LOOK)))
    if is_connected():
        couriers = Couriers(stop)
        found.append(Loop("courier", couriers.tend, couriers.rest))
        found.append(Loop("reconcile", reconcile, partial(wait_for, RECONCILING, RECONCILE_LOOK)))
        found.append(
            Loop(
                "incoming",
                partial(settle_stored, limit=INCOMING_AT_ONCE, within=INCOMING_WITHIN),
                partial(wait_for, INCOMING, INCOMING_LOOK),
            )
        )
    found.append(Loop("seal", lambda: int(seal_waiting() is not None), partial(stop.wait, SEAL_LOOK)))
    found.append(Loop("pulse", beat, partial(stop.wait, PULSE_LOOK)))
    found.append(Loop("setback", Setback().look, partial(stop.wait, LOOK)))
    found.append(Loop("tidy", tidy, partial(stop.wait, TIDY_LOOK)))
    return found
