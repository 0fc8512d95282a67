"""Work done at the same time on a second connection, as another worker would."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connections

PATIENCE = 20.0


def another_connection(work: Callable[[], object]) -> None:
    """Run `work` to its end in a thread with a connection of its own; what it raises is raised here."""
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as why:  # noqa: BLE001 - handed to the caller below
            trouble.append(why)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "the other worker is stuck behind a lock"
    if trouble:
        raise trouble[0]
