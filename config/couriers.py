"""The couriers of a worker: a thread for each peer, so that one who is slow or away holds up no other."""

from __future__ import annotations

import logging
import threading
from functools import partial

from config.loops import LEAVE_WITHIN, Loop

log = logging.getLogger("liandong.worker")

PEERS_LOOK = 5.0  # how often it is looked whether a node has joined the table
COURIER_LOOK = 1.0  # a notice usually comes sooner


class Couriers:
    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._threads: dict[str, threading.Thread] = {}

    def tend(self) -> int:
        """Have a courier for each peer there is."""
        from liandong.identity.queries import other_nodes
        from liandong.kernel.notices import wait_for
        from liandong.peers.actions import turn
        from liandong.peers.notices import OUTGOING

        for peer in other_nodes():
            if peer.code not in self._threads:
                loop = Loop(f"courier-{peer.code}", partial(turn, peer.code), partial(wait_for, OUTGOING, COURIER_LOOK))
                thread = threading.Thread(target=loop.run, args=(self._stop,), name=loop.name, daemon=True)
                self._threads[peer.code] = thread
                thread.start()
        return 0

    def rest(self) -> None:
        """Until the next look; at the stop, until all have come to the end of their turn or the time is over."""
        if self._stop.wait(PEERS_LOOK):
            for thread in self._threads.values():
                thread.join(LEAVE_WITHIN / 2)
                if thread.is_alive():
                    log.warning("%s 未及时结束", thread.name)
