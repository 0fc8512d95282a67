"""A loop of the worker: round after round on a thread and a connection of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

log = logging.getLogger("liandong.worker")

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
LEAVE_WITHIN = 10.0  # what is running then is a transaction the database will undo


# When each loop of this process last came round; the pulse writes it where others can read it.
ROUNDS: dict[str, datetime] = {}


@dataclass(frozen=True, slots=True)
class Loop:
    """`work` does one round and says how much it did; after an idle round `rest` waits for more or for the stop."""

    name: str
    work: Callable[[], int]
    rest: Callable[[], object]

    def run(self, stop: threading.Event) -> None:
        """Round after round until the stop. A database that went away is waited for, longer and longer."""
        from django.db import Error, connection

        pause = FIRST_PAUSE
        while not stop.is_set():
            try:
                did = self.work()
                ROUNDS[self.name] = datetime.now(UTC)
                if not did:
                    self.rest()
                pause = FIRST_PAUSE
            except Error as why:
                log.warning("%s：数据库不可用，%g 秒后重试：%s", self.name, pause, str(why).strip())
                connection.close()
                stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            except Exception:
                # A defect in one round must end neither the thread nor the other loops; the log has its whole story.
                log.exception("%s：本轮处理出错，%g 秒后重试", self.name, pause)
                stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        connection.close()
